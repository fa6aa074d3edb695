"""What a list is asked for in its address."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from schemas.errors import FieldError, InvalidInput
from schemas.models import ModelFilter


def wanted_models(
    name: Annotated[str | None, Query(description="The name of the job that made it.")] = None,
    metadata: Annotated[
        list[str] | None,
        Query(description="`key:value`, of the job that made it; may be given several times."),
    ] = None,
    met: Annotated[bool | None, Query(description="Whether the target is met.")] = None,
    created_from: Annotated[
        datetime | None, Query(description="RFC 3339; UTC unless it says otherwise.")
    ] = None,
    created_before: Annotated[
        datetime | None, Query(description="RFC 3339; UTC unless it says otherwise.")
    ] = None,
) -> ModelFilter:
    """Which models are wanted.

    Raises:
        InvalidInput: metadata without a colon.
    """
    labels = {}
    for pair in metadata or ():
        key, colon, value = pair.partition(":")
        if not colon:
            detail = f"is {pair!r}; give key:value"
            raise InvalidInput(FieldError(path=("metadata",), detail=detail))
        labels[key] = value
    return ModelFilter(
        name=name,
        metadata=labels,
        met=met,
        created_from=_in_utc(created_from),
        created_before=_in_utc(created_before),
    )


def _in_utc(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)
