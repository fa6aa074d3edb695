"""Pages of an index: a sorted set whose names begin with their time, all with the score 0."""

import redis

from storage.records import text


def owner(tenant: str | None) -> str:
    """Whose index is meant.

    Raises:
        ValueError: everybody's, and each has an index of its own.
    """
    if tenant is None:
        raise ValueError("a list is one tenant's: ask of(tenant)")
    return tenant


def newest(
    connection: redis.Redis,
    index: str,
    *,
    limit: int,
    cursor: str | None,
    span_ms: tuple[int | None, int | None] = (None, None),
) -> tuple[list[str], str | None]:
    """Names, newest first, from after the cursor; and the cursor of the next page.

    Args:
        connection: to the broker; its errors are raised as they are.
        index: the sorted set.
        limit: how many names at most.
        cursor: the last name of the page before.
        span_ms: only names that begin with a time from the first up to before the second.
    """
    # All scores are 0, so the set is ordered by name.
    earliest, latest = span_ms
    start = "+" if latest is None else f"({latest:015d}"
    if cursor is not None:
        start = f"({cursor}" if latest is None else min(start, f"({cursor}")
    end = "-" if earliest is None else f"[{earliest:015d}"
    found = connection.zrevrangebylex(index, start, end, start=0, num=limit + 1)
    members = [text(member) for member in found]
    return members[:limit], members[limit - 1] if len(members) > limit else None
