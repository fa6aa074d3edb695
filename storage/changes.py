"""Hearing at once when a job changes: one subscription serves everybody who waits."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
import redis.asyncio

from storage.keys import CHANGES

logger = logging.getLogger(__name__)

# While the broker is away.
TRIES_EVERY_S = 1.0
# Whoever waits looks by itself as often, in case a message was lost.
LOOKS_EVERY_S = 2.0


class Changes:
    """Wakes those who wait for a job; for one event loop.

    A message says only that something is new: what, is in the ledger.
    """

    def __init__(self, redis_url: str) -> None:
        """Listen to nothing yet."""
        self._redis_url = redis_url
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def listen(self) -> None:
        """Pass on messages until cancelled."""
        while True:
            try:
                await self._pass_on()
            except (redis.RedisError, OSError) as error:
                logger.warning("changes of jobs are not heard: %s", error)
                await asyncio.sleep(TRIES_EVERY_S)

    @contextmanager
    def of(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever this job changes."""
        event = asyncio.Event()
        self._waiting[job_id].add(event)
        try:
            yield event
        finally:
            self._waiting[job_id].discard(event)
            if not self._waiting[job_id]:
                del self._waiting[job_id]

    async def _pass_on(self) -> None:
        async with (
            redis.asyncio.Redis.from_url(self._redis_url) as connection,
            connection.pubsub() as subscription,
        ):
            await subscription.subscribe(CHANGES)
            async for message in subscription.listen():
                if message["type"] == "message":
                    for event in self._waiting.get(message["data"].decode(), ()):
                        event.set()


async def next_change(event: asyncio.Event, *, within_s: float = LOOKS_EVERY_S) -> None:
    """Wait for the event and clear it; for at most this long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within_s)
    event.clear()
