"""What a list is asked for in its address."""

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from schemas.batches import BatchFilter, BatchStatus
from schemas.jobs import JobFilter, JobStatus
from schemas.models import ModelFilter
from service.labels import labels_of

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _dated(given: str) -> str:
    """Refuse what pydantic would take for seconds since 1970."""
    if not _DATE.match(given):
        raise PydanticCustomError("no_time", "is not a time of RFC 3339, as in 2026-01-31T12:00Z")
    return given


def _in_utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


Time = Annotated[datetime, BeforeValidator(_dated), AfterValidator(_in_utc)]
Moment = Annotated[Time | None, Query(description="RFC 3339; UTC unless it says otherwise.")]
Name = Annotated[str | None, Query(description="The whole name.")]
Search = Annotated[
    str | None, Query(min_length=1, description="A part of the name, in either case.")
]
Labels = Annotated[
    list[str] | None,
    Query(description="`key:value`; may be given several times, and all of them are had."),
]
_ANY_OF_THESE = "May be given several times: any of these."


def wanted_jobs(
    status: Annotated[list[JobStatus] | None, Query(description=_ANY_OF_THESE)] = None,
    name: Name = None,
    search: Search = None,
    metadata: Labels = None,
    met: Annotated[
        bool | None,
        Query(description="Whether the model holds the target; no job without a model is wanted."),
    ] = None,
    created_from: Moment = None,
    created_before: Moment = None,
) -> JobFilter:
    """Which jobs are wanted.

    Raises:
        InvalidInput: metadata that is no key and value.
    """
    return JobFilter(
        status=frozenset(status or ()),
        name=name,
        search=search,
        metadata=labels_of(metadata or ()),
        met=met,
        created_from=created_from,
        created_before=created_before,
    )


def wanted_batches(
    status: Annotated[list[BatchStatus] | None, Query(description=_ANY_OF_THESE)] = None,
    name: Name = None,
    search: Search = None,
    metadata: Labels = None,
    created_from: Moment = None,
    created_before: Moment = None,
) -> BatchFilter:
    """Which batches are wanted.

    Raises:
        InvalidInput: metadata that is no key and value.
    """
    return BatchFilter(
        status=frozenset(status or ()),
        name=name,
        search=search,
        metadata=labels_of(metadata or ()),
        created_from=created_from,
        created_before=created_before,
    )


def wanted_models(
    name: Annotated[
        str | None,
        Query(description="The name of the job that was first to ask; others' names are theirs."),
    ] = None,
    search: Search = None,
    metadata: Annotated[
        list[str] | None,
        Query(
            description="`key:value`, of the job that was first to ask; may be given several "
            "times. A job that asked the same later (`cached`) has its labels to itself."
        ),
    ] = None,
    met: Annotated[bool | None, Query(description="Whether the target is met.")] = None,
    created_from: Moment = None,
    created_before: Moment = None,
) -> ModelFilter:
    """Which models are wanted.

    Raises:
        InvalidInput: metadata that is no key and value.
    """
    return ModelFilter(
        name=name,
        search=search,
        metadata=labels_of(metadata or ()),
        met=met,
        created_from=created_from,
        created_before=created_before,
    )
