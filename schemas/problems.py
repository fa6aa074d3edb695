"""Problem documents (RFC 9457): the one shape of every error answer, and their types."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import Field

from schemas.strict import Document


class ProblemType(StrEnum):
    """Every kind of problem the API answers with, as the URI of its type."""

    INVALID_INPUT = "urn:foldline:problem:invalid-input"
    MALFORMED_REQUEST = "urn:foldline:problem:malformed-request"
    MALFORMED_BODY = "urn:foldline:problem:malformed-body"
    TOO_SLOW = "urn:foldline:problem:too-slow"
    TOO_LARGE = "urn:foldline:problem:too-large"
    NOT_FOUND = "urn:foldline:problem:not-found"
    METHOD_NOT_ALLOWED = "urn:foldline:problem:method-not-allowed"
    NOT_ACCEPTABLE = "urn:foldline:problem:not-acceptable"
    UNKNOWN_HOST = "urn:foldline:problem:unknown-host"
    UNSUPPORTED_MEDIA_TYPE = "urn:foldline:problem:unsupported-media-type"
    UNAUTHENTICATED = "urn:foldline:problem:unauthenticated"
    FORBIDDEN = "urn:foldline:problem:forbidden"
    RATE_LIMITED = "urn:foldline:problem:rate-limited"
    CONFLICT = "urn:foldline:problem:conflict"
    QUEUE_FULL = "urn:foldline:problem:queue-full"
    UNAVAILABLE = "urn:foldline:problem:unavailable"
    BROKER_FULL = "urn:foldline:problem:broker-full"
    STORE_FULL = "urn:foldline:problem:store-full"
    WORKER_LOST = "urn:foldline:problem:worker-lost"
    INTERNAL = "urn:foldline:problem:internal"


# What people read. RFC 9457 wants the same at every occurrence of a type.
TITLES: Mapping[ProblemType, str] = {
    ProblemType.INVALID_INPUT: "Invalid input",
    ProblemType.MALFORMED_REQUEST: "The request cannot be read",
    ProblemType.MALFORMED_BODY: "The body cannot be read",
    ProblemType.TOO_SLOW: "Too slow",
    ProblemType.TOO_LARGE: "Too large",
    ProblemType.NOT_FOUND: "Not found",
    ProblemType.METHOD_NOT_ALLOWED: "Method not allowed",
    ProblemType.NOT_ACCEPTABLE: "Not acceptable",
    ProblemType.UNKNOWN_HOST: "Not by this name",
    ProblemType.UNSUPPORTED_MEDIA_TYPE: "Unsupported media type",
    ProblemType.UNAUTHENTICATED: "Who are you?",
    ProblemType.FORBIDDEN: "Not with this key",
    ProblemType.RATE_LIMITED: "Too many requests",
    ProblemType.CONFLICT: "Conflict",
    ProblemType.QUEUE_FULL: "Too many jobs wait",
    ProblemType.UNAVAILABLE: "Unavailable",
    ProblemType.BROKER_FULL: "The broker is full",
    ProblemType.STORE_FULL: "The store is full",
    ProblemType.WORKER_LOST: "The worker was lost",
    ProblemType.INTERNAL: "Internal error",
}


class FieldProblem(Document):
    """One thing wrong with one field of the request."""

    field: str = Field(examples=["samples.x.3"])
    pointer: str = Field(examples=["/samples/x/3"])
    detail: str


class Problem(Document):
    """An error answer."""

    type: ProblemType
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(default_factory=list)

    @classmethod
    def of(
        cls, kind: ProblemType, *, status: int, detail: str, errors: Sequence[FieldProblem] = ()
    ) -> "Problem":
        """A problem of this type, under the title of its type."""
        return cls(type=kind, title=TITLES[kind], status=status, detail=detail, errors=list(errors))
