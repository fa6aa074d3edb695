"""Cursors: where a page of a list ended, wrapped so that nobody takes them apart."""

import base64
import binascii
from typing import Annotated

from fastapi import Query

from schemas.errors import FieldError, InvalidInput

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Entries of the page.")]
Cursor = Annotated[
    str | None,
    Query(
        description="The next_cursor of the page before; leave out for the first.",
        json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"},
    ),
]


def wrap(position: str | None) -> str | None:
    """Turn a position in a list of the ledger into a cursor; None stays None."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def unwrap(cursor: str | None) -> str | None:
    """Turn a cursor back into a position.

    Raises:
        InvalidInput: this is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        text = position.decode("ascii")
    except (UnicodeError, binascii.Error):
        text = ""
    if not (text and text.isprintable()):
        raise InvalidInput(
            FieldError(
                path=("cursor",),
                detail="is not a cursor: pass on the next_cursor of a page as it is",
            )
        )
    return text
