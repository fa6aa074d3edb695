"""Every error as a problem document: which error has which status, and the handlers that answer."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from schemas.errors import (
    BrokerFull,
    Conflict,
    FieldError,
    FoldlineError,
    Forbidden,
    InProgress,
    InvalidInput,
    NotFound,
    QueueFull,
    RateLimited,
    StoreFull,
    Unauthenticated,
    Unavailable,
    UnusableBroker,
    WrongStore,
)
from schemas.problems import FieldProblem, Problem, ProblemType
from schemas.validation import said

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# A request can have a million things wrong with it; nobody reads more than these.
MAX_ERRORS = 20
MAX_PART_LENGTH = 100
# Details quote what was sent, which can be megabytes.
MAX_DETAIL_LENGTH = 1000
RETRY_AFTER_S = 5
# HEAD is answered by the routes of GET.
_AS_ROUTED = {"HEAD": "GET"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class Kind(NamedTuple):
    """A kind of problem: its status and type."""

    status: int
    type: ProblemType


# Not in OF_STATUS, where 400 is for bodies.
UNREADABLE = Kind(400, ProblemType.MALFORMED_REQUEST)
_MALFORMED = Kind(400, ProblemType.MALFORMED_BODY)
_UNAUTHENTICATED = Kind(401, ProblemType.UNAUTHENTICATED)
_FORBIDDEN = Kind(403, ProblemType.FORBIDDEN)
_NOT_FOUND = Kind(404, ProblemType.NOT_FOUND)
_NOT_ALLOWED = Kind(405, ProblemType.METHOD_NOT_ALLOWED)
_NOT_ACCEPTABLE = Kind(406, ProblemType.NOT_ACCEPTABLE)
_TOO_SLOW = Kind(408, ProblemType.TOO_SLOW)
_TOO_LARGE = Kind(413, ProblemType.TOO_LARGE)
_UNSUPPORTED = Kind(415, ProblemType.UNSUPPORTED_MEDIA_TYPE)
_UNKNOWN_HOST = Kind(421, ProblemType.UNKNOWN_HOST)
_INVALID = Kind(422, ProblemType.INVALID_INPUT)
_CONFLICT = Kind(409, ProblemType.CONFLICT)
_RATE_LIMITED = Kind(429, ProblemType.RATE_LIMITED)
_QUEUE_FULL = Kind(429, ProblemType.QUEUE_FULL)
_INTERNAL = Kind(500, ProblemType.INTERNAL)
_UNAVAILABLE = Kind(503, ProblemType.UNAVAILABLE)
_BROKER_FULL = Kind(507, ProblemType.BROKER_FULL)
_STORE_FULL = Kind(507, ProblemType.STORE_FULL)

# What each error is answered with; the nearest class along the inheritance counts.
OF_ERROR: Mapping[type[FoldlineError], Kind] = {
    InvalidInput: _INVALID,
    NotFound: _NOT_FOUND,
    Unauthenticated: _UNAUTHENTICATED,
    Forbidden: _FORBIDDEN,
    RateLimited: _RATE_LIMITED,
    QueueFull: _QUEUE_FULL,
    Conflict: _CONFLICT,
    Unavailable: _UNAVAILABLE,
    BrokerFull: _BROKER_FULL,
    StoreFull: _STORE_FULL,
    FoldlineError: _INTERNAL,
}
OF_STATUS: Mapping[int, Kind] = {
    kind.status: kind
    for kind in (
        _MALFORMED,
        _UNAUTHENTICATED,
        _FORBIDDEN,
        _NOT_FOUND,
        _NOT_ALLOWED,
        _NOT_ACCEPTABLE,
        _TOO_SLOW,
        _TOO_LARGE,
        _UNSUPPORTED,
        _UNKNOWN_HOST,
        _INVALID,
        _CONFLICT,
        _QUEUE_FULL,
        _INTERNAL,
        _UNAVAILABLE,
        _STORE_FULL,
    )
}


def problem_response(
    kind: Kind,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a problem document.

    Args:
        kind: status and type.
        detail: one sentence on what went wrong this time.
        errors: the fields concerned; only the first ``MAX_ERRORS`` are listed.
        headers: further headers of the answer.
    """
    return _sent(_document(kind, detail, errors), headers or {})


def _sent(problem: Problem, headers: Mapping[str, str]) -> Response:
    return Response(
        problem.model_dump_json(), problem.status, media_type=MEDIA_TYPE, headers=dict(headers)
    )


def problem_of(error: FoldlineError) -> Problem:
    """What an error is answered with."""
    kind = next(OF_ERROR[cls] for cls in type(error).__mro__ if cls in OF_ERROR)
    if isinstance(error, InvalidInput):
        return _document(kind, _summary(error.errors), error.errors)
    detail = str(error)
    if isinstance(error, StoreFull):
        detail = "the store has no room left: somebody has to make some"
    elif isinstance(error, BrokerFull):
        detail = (
            "the broker has no memory for more jobs, as the rest is kept for those that wait: "
            "whoever runs this service has to give it more"
        )
    elif isinstance(error, UnusableBroker):
        detail = "the broker cannot be used as it is set up: whoever runs this service has to look"
    elif isinstance(error, WrongStore):
        detail = "the store belongs to another broker: whoever runs this service has to look"
    elif isinstance(error, Unavailable):
        detail = f"there is no answer from the {error.part}; try again in a few seconds"
    return _document(kind, detail)


def headers_of(error: FoldlineError) -> dict[str, str]:
    """The headers of that answer."""
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, RateLimited):
        return {"Retry-After": str(math.ceil(error.wait_s))}
    # Places in the queue become free as jobs are done; nobody knows when.
    passing = isinstance(error, (Unavailable, QueueFull, InProgress))
    # What is full has no seconds to wait for: people have to make room.
    wait = passing and not isinstance(error, (BrokerFull, StoreFull))
    return {"Retry-After": str(RETRY_AFTER_S)} if wait else {}


def problem_of_question(
    error: InvalidInput | ValidationError, place: tuple[str | int, ...]
) -> Problem:
    """Why one question of many was refused: its fields as if it were alone, and in words where."""
    found, count = errors_of_question(error)
    return _document(_INVALID, _summary([placed(found[0], place)], count=count), found)


def placed(error: FieldError, place: tuple[str | int, ...]) -> FieldError:
    """An error of the question at this place as one of all of them."""
    path = error.path if error.path[: len(place)] == place else (*place, *error.path)
    return FieldError(path=path, detail=error.detail)


def errors_of_question(error: InvalidInput | ValidationError) -> tuple[list[FieldError], int]:
    """The first things wrong with one question of many, and how many there are."""
    if isinstance(error, InvalidInput):
        return [_readable(entry) for entry in error.errors[:MAX_ERRORS]], len(error.errors)
    reported = error.errors(include_url=False, include_input=False)
    found = [
        _readable(FieldError(path=entry["loc"], detail=said(entry)))
        for entry in reported[:MAX_ERRORS]
    ]
    return found, len(reported)


def _document(kind: Kind, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    listed = [
        FieldProblem(field=error.field, pointer=error.pointer, detail=error.detail)
        for error in map(_readable, errors[:MAX_ERRORS])
    ]
    detail = encodable(_short(detail))
    return Problem.of(kind.type, status=kind.status, detail=detail, errors=listed)


def install_handlers(app: FastAPI) -> None:
    """Answer every error of the routes, and of routing itself, with a problem document."""
    app.add_exception_handler(FoldlineError, _foldline_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)


async def _foldline_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FoldlineError)
    if isinstance(error, Unavailable):
        # The reason names hosts and directories: for the log, not for the client.
        logger.warning("%s %s: %s", request.method, request.url.path, error)
    return _sent(problem_of(error), headers_of(error))


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    reported = error.errors()
    errors = [_field_error(entry) for entry in reported[:MAX_ERRORS]]
    return problem_response(_INVALID, _summary(errors, count=len(reported)), errors=errors)


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = OF_STATUS.get(error.status_code)
    if kind is None:
        kind = Kind(error.status_code, ProblemType.INTERNAL)
    detail, headers = error.detail, dict(error.headers or {})
    if kind is _NOT_FOUND:
        detail = f"there is nothing at {request.url.path}"
    elif kind is _NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
        detail = f"{request.method} is not possible here; possible: {headers['Allow']}"
    return problem_response(kind, detail, headers=headers)


def _allowed(request: Request) -> list[str]:
    """Every method of this path; Starlette itself would name those of its first route only."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": _AS_ROUTED.get(method, method)})[0]
            is Match.FULL
            for route in request.app.router.routes
        )
    ]


def _field_error(entry: Mapping[str, Any]) -> FieldError:
    """What pydantic reports, as a field error.

    The first part of its path says only whether it was in the body, the query or the path.
    """
    return FieldError(path=tuple(entry["loc"][1:]), detail=said(entry))


def _summary(errors: Sequence[FieldError], *, count: int | None = None) -> str:
    count = len(errors) if count is None else count
    first = _readable(errors[0])
    sentence = f"{first.field or 'the body'}: {first.detail}"
    if count == 1:
        return sentence
    listed = f"; the first {MAX_ERRORS} are listed" if count > MAX_ERRORS else ""
    return f"{sentence} (and {count - 1} more{listed})"


def _readable(error: FieldError) -> FieldError:
    """The error with a path that can be sent: a client may name its fields as it likes."""
    path = tuple(
        encodable(part)[:MAX_PART_LENGTH] if isinstance(part, str) else part for part in error.path
    )
    return FieldError(path=path, detail=encodable(_short(error.detail)))


def _short(detail: str) -> str:
    return detail if len(detail) <= MAX_DETAIL_LENGTH else detail[:MAX_DETAIL_LENGTH] + "…"


def encodable(text: str) -> str:
    """The text without lone surrogates, which JSON can escape and UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
