"""What went wrong, as the service says it (RFC 9457)."""

from enum import StrEnum
from typing import Annotated

from foldline_client.documents.base import KNOWN_FIRST, Document


class ProblemType(StrEnum):
    """Every kind of problem that is known."""

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


class FieldProblem(Document):
    """One thing wrong with one field of a request."""

    field: str
    pointer: str
    detail: str


class Problem(Document):
    """What went wrong (RFC 9457)."""

    type: Annotated[ProblemType | str, KNOWN_FIRST]
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
