"""The parameters in an address: one that an operation does not have is refused, not passed over."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from fastapi import Depends, Request
from fastapi.openapi.utils import get_openapi

from schemas.errors import FieldError, InvalidInput
from service.problems import MAX_ERRORS

# Which parameters each operation takes, by path and method, and whether one takes many values.
_declared: dict[tuple[str, str], dict[str, bool]] = {}


async def _check(request: Request) -> None:
    """Refuse parameters that would not be heeded.

    Raises:
        InvalidInput: one is unknown, or there twice where one value is taken.
    """
    given = request.query_params
    if not given:
        return
    taken = _taken(request)
    errors = []
    for name in given:
        if name not in taken:
            errors.append(FieldError(path=(name,), detail=_unknown(name, list(taken))))
        elif not taken[name] and len(given.getlist(name)) > 1:
            errors.append(FieldError(path=(name,), detail="is there twice; give it once"))
        # An address has room for ten thousand, and to guess what each was meant to be takes time.
        if len(errors) == MAX_ERRORS:
            break
    if errors:
        raise InvalidInput(*errors)


KNOWN_ONLY = Depends(_check)


def _taken(request: Request) -> dict[str, bool]:
    """The parameters that the operation declares, and whether each takes many values."""
    route = request.scope["route"]
    operation = route.path_format, request.method.lower()
    if operation not in _declared:
        # Of this one operation: the document of all takes a third of a second.
        paths = get_openapi(title=route.name, version="", routes=[route])["paths"]
        _declared[operation] = _in_query(paths[operation[0]][operation[1]].get("parameters", ()))
    return _declared[operation]


def _in_query(declared: Sequence[dict[str, Any]]) -> dict[str, bool]:
    """Parameters of an OpenAPI document that stand in the query, and whether each is an array."""
    return {
        entry["name"]: any(
            kind.get("type") == "array" for kind in entry["schema"].get("anyOf", [entry["schema"]])
        )
        for entry in declared
        if entry["in"] == "query"
    }


def _unknown(name: str, taken: list[str]) -> str:
    if not taken:
        return "is not a parameter here: there are none"
    meant = "".join(f", did you mean {close}?" for close in get_close_matches(name, taken, n=1))
    return f"is not a parameter here{meant or ';'} possible: {', '.join(taken)}"
