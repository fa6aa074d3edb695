"""The parameters in an address: one that an operation does not have is refused, not passed over."""

from difflib import get_close_matches
from typing import Any

from fastapi import Depends, Request

from schemas.errors import FieldError, InvalidInput
from service.problems import MAX_ERRORS


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
        elif taken[name].get("type") != "array" and len(given.getlist(name)) > 1:
            errors.append(FieldError(path=(name,), detail="is there twice; give it once"))
        # An address has room for ten thousand, and to guess what each was meant to be takes time.
        if len(errors) == MAX_ERRORS:
            break
    if errors:
        raise InvalidInput(*errors)


KNOWN_ONLY = Depends(_check)


def _taken(request: Request) -> dict[str, dict[str, Any]]:
    """The schemas of the parameters that the operation declares, by their names."""
    path = request.app.openapi()["paths"][request.scope["route"].path_format]
    declared = path[request.method.lower()].get("parameters", ())
    return {entry["name"]: entry["schema"] for entry in declared if entry["in"] == "query"}


def _unknown(name: str, taken: list[str]) -> str:
    if not taken:
        return "is not a parameter here: there are none"
    meant = "".join(f", did you mean {close}?" for close in get_close_matches(name, taken, n=1))
    return f"is not a parameter here{meant or ';'} possible: {', '.join(taken)}"
