"""Problem documents (RFC 9457): the one shape of every error answer, and their types."""

from enum import StrEnum

from pydantic import Field

from schemas.strict import Document


class ProblemType(StrEnum):
    """Every kind of problem the API answers with, as the URI of its type."""

    INVALID_INPUT = "urn:foldline:problem:invalid-input"
    MALFORMED_BODY = "urn:foldline:problem:malformed-body"
    TOO_LARGE = "urn:foldline:problem:too-large"
    NOT_FOUND = "urn:foldline:problem:not-found"
    METHOD_NOT_ALLOWED = "urn:foldline:problem:method-not-allowed"
    NOT_ACCEPTABLE = "urn:foldline:problem:not-acceptable"
    UNSUPPORTED_MEDIA_TYPE = "urn:foldline:problem:unsupported-media-type"
    UNAUTHENTICATED = "urn:foldline:problem:unauthenticated"
    FORBIDDEN = "urn:foldline:problem:forbidden"
    RATE_LIMITED = "urn:foldline:problem:rate-limited"
    CONFLICT = "urn:foldline:problem:conflict"
    QUEUE_FULL = "urn:foldline:problem:queue-full"
    UNAVAILABLE = "urn:foldline:problem:unavailable"
    STORE_FULL = "urn:foldline:problem:store-full"
    WORKER_LOST = "urn:foldline:problem:worker-lost"
    INTERNAL = "urn:foldline:problem:internal"


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
