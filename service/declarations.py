"""What routes declare in OpenAPI of their answers: headers, examples, and problems."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from schemas.errors import (
    FieldError,
    FoldlineError,
    Forbidden,
    InProgress,
    InvalidInput,
    QueueFull,
    RateLimited,
    StoreFull,
    Unauthenticated,
    Unavailable,
)
from schemas.problems import Problem
from service.paging import MAX_LIMIT
from service.problems import MEDIA_TYPE, OF_STATUS, headers_of, problem_of

JSON = "application/json"
Declared = dict[str, Any]
Responses = dict[int | str, Declared]


def _header(description: str, example: str | int, *, always: bool = True) -> Declared:
    schema = {"type": "integer" if isinstance(example, int) else "string"}
    return {"description": description, "required": always, "schema": schema, "example": example}


REQUEST_ID = _header(
    "The id that the request came with in this header, or else was given; the log has it.",
    "5e9a1cb6f2ad4c3b8f1d7c06e43b9a58",
)
CREATED = {
    "Location": _header("Where it is from now on.", "/v1/jobs/job_019c13e9a400c5d1f0b2e6a78394"),
    "Preference-Applied": _header(
        "How long the answer was waited for at most, if `Prefer` asked for it.",
        "wait=30",
        always=False,
    ),
    "Idempotent-Replayed": _header(
        "true: this is the answer that the first request with the same `Idempotency-Key` got.",
        "true",
        always=False,
    ),
}
IMMUTABLE = {
    "ETag": _header("Of the content, for `If-None-Match`.", '"5891b5b522d5df086d0ff0b110fbd9d2"'),
    "Cache-Control": _header("It never changes.", "private, max-age=31536000, immutable"),
    "Vary": _header("What the answer depends on besides its address.", "Accept"),
}
NOT_MODIFIED: Responses = {304: {"description": "You have it already.", "headers": IMMUTABLE}}
DOWNLOAD = {
    **IMMUTABLE,
    "Content-Disposition": _header(
        "What browsers are to call the file, where it is not text.",
        'attachment; filename="foldline-5891b5b522d5.onnx"',
        always=False,
    ),
}
# What a stream is sent with, as FastAPI does for events.
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
STREAM = {
    "Cache-Control": _header("Nothing in between may keep it.", UNBUFFERED["Cache-Control"]),
    "X-Accel-Buffering": _header("Nor may a proxy hold it back.", UNBUFFERED["X-Accel-Buffering"]),
}
_OF_PROBLEMS = {
    "Retry-After": _header("When to try again, in seconds.", 5),
    "WWW-Authenticate": _header("How to say who you are.", "Bearer"),
}
_ACCEPT = {"Accept": _header("What is taken instead.", "application/json", always=False)}


def invalid(field: str, detail: str) -> InvalidInput:
    """A field that is wrong, by its path with dots."""
    return InvalidInput(FieldError(tuple(field.split(".")), detail))


BAD_LIMIT = invalid("limit", f"must be at most {MAX_LIMIT}")
# What each status most often means: of those that are errors of ours, and of the others.
_USUAL: Mapping[int, FoldlineError] = {
    401: Unauthenticated("a key is needed: send Authorization: Bearer and the key"),
    403: Forbidden("this takes a key of scope admin; this one's is submit"),
    422: invalid("nmae", "is not a parameter here: there are none"),
    429: RateLimited(rate=100, wait_s=0.5),
    503: Unavailable("broker", "it is not said why"),
    507: StoreFull("it is not said of what"),
}
_OTHERS: Mapping[int, str] = {
    400: "the body is not JSON: Expecting value at character 12",
    406: "this is offered as application/json or text/csv, not as 'text/html'",
    408: "nothing more of the body has come for 30 seconds",
    413: "the body has more than the 16777216 bytes this service takes",
    415: "the body must not be compressed: send it without Content-Encoding",
    421: "this service may not be asked by the name 'rebound.example'; whoever runs it can allow "
    "that in FOLDLINE_ALLOWED_HOSTS",
    500: "something went wrong here; the log of the service has the details",
}


def shown(example: BaseModel | str, media_type: str = JSON) -> dict[str, Declared]:
    """The content of an answer, with an example."""
    if isinstance(example, str):
        return {media_type: {"schema": {"type": "string"}, "example": example}}
    # As text, which is read again in the end: FastAPI would leave out every null.
    return {media_type: {"example": example.model_dump_json()}}


def problem_responses(*causes: int | FoldlineError) -> Responses:
    """What a route declares of its problems.

    Args:
        causes: what can go wrong: a status if it is the usual thing, else the error. There may be
            several of one status.
    """
    declared: Responses = {}
    for cause in causes:
        problem, headers = _problem(cause)
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        response = declared.setdefault(
            problem.status,
            {"description": problem.title, "headers": {}, "content": {MEDIA_TYPE: content}},
        )
        if problem.title not in response["description"]:
            response["description"] += f" / {problem.title}"
        response["headers"].update(headers)
        name = problem.type.rpartition(":")[2]
        example = {"value": problem.model_dump(mode="json")}
        response["content"][MEDIA_TYPE]["examples"][name] = example
    return declared


def _problem(cause: int | FoldlineError) -> tuple[Problem, dict[str, Declared]]:
    """An example of a problem, and the headers it comes with."""
    if isinstance(cause, int) and cause in _OTHERS:
        problem = Problem.of(OF_STATUS[cause].type, status=cause, detail=_OTHERS[cause])
        return problem, _ACCEPT if cause == 415 else {}
    error = _USUAL[cause] if isinstance(cause, int) else cause
    return problem_of(error), {name: _OF_PROBLEMS[name] for name in headers_of(error)}


# Of whatever is submitted.
SUBMISSION_PROBLEMS = problem_responses(
    400,
    InProgress("the first request with this Idempotency-Key is still being answered"),
    408,
    415,
    invalid("target.tolerance", "must be at least 0"),
    429,
    QueueFull(100_000),
    503,
    507,
)
