"""JSON as it is sent, within limits: refused before its values take memory, or its errors time."""

import json
from collections import Counter
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from schemas.errors import FieldError, InvalidInput

# More than any object of a request has: metadata takes 16.
MAX_MEMBERS = 64
TWICE = "is there twice; an object has each field once"
# Of each sample a question has at most so many numbers.
_COLUMNS = 4
# Names, labels and the webhook of a question may have 20,000 commas and brackets in them.
_MARKS_BESIDES = 32 * 1024


class _Members(dict[str, Any]):
    """An object as it was sent.

    Attributes:
        repeated: the first of its fields that is there twice; None if each is there once.
    """

    repeated: str | None = None


def load_json(text: str | bytes) -> Any:  # noqa: ANN401
    """What ``json.loads`` makes of a text, with a note for ``check_members`` of repeated fields."""
    return json.loads(text, object_pairs_hook=_members)


def _members(pairs: list[tuple[str, Any]]) -> _Members:
    found = _Members(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        found.repeated = next(name for name, count in counts.items() if count > 1)
    return found


def parse_json(body: bytes, max_points: int) -> Any:  # noqa: ANN401
    """The document in a body.

    Raises:
        RequestValidationError: there is none.
        HTTPException: 400, it is no JSON, with the place; or no text, or nested too deep, or has
            endless numbers.
        InvalidInput: there are more values, or members of an object, than any document here has; or
            an object has one twice.
    """
    if not body:
        raise RequestValidationError(
            [{"type": "missing", "loc": ("body",), "msg": "Field required"}]
        )
    check_values(body, max_points)
    try:
        document = load_json(body)
    except json.JSONDecodeError as error:
        raise no_json(f"{error.msg} at character {error.pos}") from error
    except (ValueError, RecursionError) as error:
        # Bytes that are no UTF-8, nesting too deep, numbers of 5,000 digits.
        raise no_json(str(error)) from error
    check_members(document)
    return document


def no_json(reason: str) -> HTTPException:
    """The refusal of a body that is no JSON."""
    return HTTPException(400, f"the body is not JSON: {reason}")


def check_values(content: bytes, max_points: int) -> None:
    """Refuse more values than so many samples take, before they take memory: up to 100 bytes each.

    Commas and opening brackets are counted, of which there is one for each value; those in texts,
    too.

    Raises:
        InvalidInput: of the document as a whole.
    """
    most = _COLUMNS * max_points + _MARKS_BESIDES
    if sum(map(content.count, (b",", b"[", b"{"))) > most:
        detail = f"has more values than {max_points} samples take, the most there may be"
        raise InvalidInput(FieldError(path=(), detail=detail))


def check_members(document: object) -> None:
    """Refuse objects of many members before each unknown one becomes an error of its own.

    A million errors would keep the service busy for ten seconds, to list twenty of them. Of members
    of one name only the last would be heeded: they are refused, too.

    Raises:
        InvalidInput: naming the first such object, or member.
    """
    pending: list[tuple[tuple[str, ...], object]] = [((), document)]
    while pending:
        path, value = pending.pop()
        if not isinstance(value, dict):
            continue
        if len(value) > MAX_MEMBERS:
            detail = f"has {len(value)} fields; no object here has more than {MAX_MEMBERS}"
            raise InvalidInput(FieldError(path=path, detail=detail))
        if isinstance(value, _Members) and value.repeated is not None:
            raise InvalidInput(FieldError(path=(*path, value.repeated), detail=TWICE))
        pending.extend(((*path, name), inner) for name, inner in value.items())
