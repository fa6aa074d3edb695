"""Pages of an index: a sorted set whose names begin with their time, all with the score 0."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import redis

from schemas.filters import ListFilter
from schemas.ids import first_id
from storage.connection import text

T = TypeVar("T")

# Names from the first up to before the second; None is no bound.
Span = tuple[str | None, str | None]


def owner(tenant: str | None) -> str:
    """Whose index is meant.

    Raises:
        ValueError: everybody's, and each has an index of its own.
    """
    if tenant is None:
        raise ValueError("a list is one tenant's: ask of(tenant)")
    return tenant


def span_of(kind: str, wanted: ListFilter) -> Span:
    """Which ids of this kind were made in the time that is wanted."""
    return first_id(kind, wanted.created_from), first_id(kind, wanted.created_before)


def hashes(connection: redis.Redis, names: Iterable[str]) -> list[dict[bytes, bytes]]:
    """Hashes by their keys, read together; empty where there is none."""
    pipeline = connection.pipeline(transaction=False)
    for name in names:
        pipeline.hgetall(name)
    return pipeline.execute()


def wanted_page(
    connection: redis.Redis,
    index: str,
    read: Callable[[Sequence[str]], Sequence[T | None]],
    *,
    limit: int,
    cursor: str | None,
    span: Span,
    at_once: int,
    most: int,
) -> tuple[list[T], str | None]:
    """What is wanted of an index, newest first, from after the cursor; and the next page's cursor.

    Args:
        connection: to the broker; its errors are raised as they are.
        index: the sorted set.
        read: makes entries of names; None of each that is not wanted, or not there any more.
        limit: how many entries at most.
        cursor: where the page before ended.
        span: which names are looked at.
        at_once: how many names are read together.
        most: after so many names the page ends, however short it is.
    """
    found: list[T] = []
    for _ in range(max(1, most // at_once)):
        names, following = _newest(connection, index, limit=at_once, cursor=cursor, span=span)
        for name, entry in zip(names, read(names), strict=True):
            if entry is None:
                continue
            found.append(entry)
            if len(found) == limit:
                more = name != names[-1] or following is not None
                return found, name if more else None
        if following is None:
            return found, None
        cursor = following
    return found, cursor


def _newest(
    connection: redis.Redis,
    index: str,
    *,
    limit: int,
    cursor: str | None,
    span: Span,
) -> tuple[list[str], str | None]:
    """Names, newest first, from after the cursor; and the cursor of the next page.

    Args:
        connection: to the broker; its errors are raised as they are.
        index: the sorted set.
        limit: how many names at most.
        cursor: the last name of the page before.
        span: only names that are not before the first, and before the second.
    """
    # All scores are 0, so the set is ordered by name.
    earliest, latest = span
    start = "+" if latest is None else f"({latest}"
    if cursor is not None:
        start = f"({cursor}" if latest is None else min(start, f"({cursor}")
    end = "-" if earliest is None else f"[{earliest}"
    found = connection.zrevrangebylex(index, start, end, start=0, num=limit + 1)
    members = [text(member) for member in found]
    return members[:limit], members[limit - 1] if len(members) > limit else None
