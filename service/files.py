"""Answers that are files: in which form, as what they are declared, and what browsers call them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Header, Response

from service.caching import immutable
from service.declarations import Declared, shown
from service.negotiation import preferred

F = TypeVar("F", bound=StrEnum)

# What browsers show; all else they save.
SHOWN = ("application/json", "text/csv")

Accept = Annotated[str | None, Header(include_in_schema=False)]


def form_by_type(types: Mapping[F, str], accept: str | None) -> F:
    """The form that the Accept header likes best.

    Args:
        types: the media type of each form, in the order of our own preference.
        accept: the header, None when there is none.

    Raises:
        HTTPException: 406, none of them is acceptable.
    """
    media_type = preferred(accept, list(types.values()))
    return next(form for form, offered in types.items() if offered == media_type)


def content_of(types: Iterable[str], **texts: str) -> dict[str, Declared]:
    """The declared content of an answer in several forms but JSON: no example of what is no text.

    Args:
        types: the media types.
        texts: examples by the last part of the media type.
    """
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        media_type: shown(texts[name], media_type)[media_type] if name in texts else binary
        for media_type in types
        if (name := media_type.rpartition("/")[2]) != "json"
    }


def download(content: bytes, media_type: str, *, name: str, if_none_match: str | None) -> Response:
    """A file that never changes.

    Args:
        content: the file.
        media_type: what it is.
        name: what a browser is to call it, in letters that need no quoting.
        if_none_match: the header of the request.
    """
    response = immutable(content, media_type, if_none_match)
    if media_type not in SHOWN:
        response.headers["Content-Disposition"] = f'attachment; filename="foldline-{name}"'
    return response
