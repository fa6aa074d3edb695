"""Waiting until something has ended, by asking again and again.

Nothing is held open meanwhile: no connection that breaks, no proxy that keeps the news to itself.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from foldline_client.documents.batches import Batch
from foldline_client.documents.jobs import Job
from foldline_client.effects import Flow, Pause
from foldline_client.errors import RateLimited, WaitTimeout

P = TypeVar("P", Job, Batch)

SHORTEST_S = 0.05
LONGEST_S = 1.0
# The share of the time so far that is waited for the next look: nobody waits for much longer than
# it takes, and what takes long is not asked for often.
SHARE = 0.1


def until_final(
    first: P,
    look: Callable[[], Flow[P]],
    *,
    timeout: float | None,
    report: Callable[[P], None],
) -> Flow[P]:
    """A job or a batch when it has ended.

    Args:
        first: as it is now.
        look: asks for it again.
        timeout: seconds to wait at most; None for as long as it takes.
        report: is told how far it is, each time.

    Raises:
        WaitTimeout: it has not ended within that time.
    """
    began_at, current = time.monotonic(), first
    while True:
        report(current)
        if current.is_final:
            return current
        elapsed = time.monotonic() - began_at
        if timeout is not None and elapsed >= timeout:
            raise WaitTimeout(current, timeout)
        yield Pause(pause_s(elapsed, timeout))
        # Many that wait with one key can be too many together. It lives, so the next look may do.
        with suppress(RateLimited):
            current = yield from look()


def pause_s(elapsed: float, timeout: float | None) -> float:
    """Seconds until the next look, after so many; the last one is when the time is over."""
    pause = min(max(SHORTEST_S, SHARE * elapsed), LONGEST_S)
    return pause if timeout is None else min(pause, timeout - elapsed)
