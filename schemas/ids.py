"""Ids of jobs and batches: they begin with the time at which what they name was created."""

import secrets
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


def new_id(kind: str) -> str:
    """A new id; those of one kind sort by the time of their creation, to the microsecond."""
    return f"{kind}_{_digits(time.time_ns() // 1_000)}{secrets.token_hex(7)[1:]}"


def created_at(identity: str) -> datetime:
    """When that with this id, which ``new_id`` made, was created."""
    digits = identity.partition("_")[2]
    return _EPOCH + timedelta(
        milliseconds=int(digits[:12], 16), microseconds=int(digits[12:15], 16)
    )


def first_id(kind: str, moment: datetime | None) -> str | None:
    """What the ids of all that was created at this moment or later are not before."""
    return None if moment is None else f"{kind}_{_digits(max(0, (moment - _EPOCH) // _US))}"


def _digits(us: int) -> str:
    """Microseconds since 1970: 12 digits of milliseconds, and 3 for the rest."""
    return f"{us // 1_000:012x}{us % 1_000:03x}"
