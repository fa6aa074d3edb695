"""Hearing at once when a job or a batch changes: one connection serves everybody who waits."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import redis
import redis.asyncio

from storage.connection import connect_to_listen
from storage.keys import CHANGES

logger = logging.getLogger(__name__)

# While the broker is away.
TRIES_EVERY_S = 1.0


class Changes:
    """Wakes those who wait for a job or a batch; for one event loop.

    A message says only that something is new: what, is in the ledger. Only what is waited for is
    listened to, so that the jobs that nobody follows cost nothing here.
    """

    def __init__(self, redis_url: str) -> None:
        """Listen to nothing yet."""
        self._redis_url = redis_url
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._others_wait = asyncio.Event()

    async def listen(self) -> None:
        """Pass on messages until cancelled."""
        while True:
            try:
                await self._pass_on()
            except* (redis.RedisError, OSError) as errors:
                logger.warning("changes of jobs are not heard: %s", errors.exceptions[0])
                await asyncio.sleep(TRIES_EVERY_S)

    @contextmanager
    def of(self, subject: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the job or batch with this id changes."""
        event = asyncio.Event()
        self._waiting[subject].add(event)
        self._others_wait.set()
        try:
            yield event
        finally:
            self._waiting[subject].discard(event)
            if not self._waiting[subject]:
                del self._waiting[subject]
                self._others_wait.set()

    async def _pass_on(self) -> None:
        async with (
            connect_to_listen(self._redis_url) as connection,
            connection.pubsub() as subscription,
            asyncio.TaskGroup() as tasks,
        ):
            # Nothing is ever sent there: a subscription to nothing at all would end.
            await subscription.subscribe(CHANGES)
            tasks.create_task(self._keep_up(subscription))
            async for message in subscription.listen():
                # The word that one is subscribed now counts, too: what happened before was missed.
                subject = message["channel"].decode().removeprefix(CHANGES)
                for event in self._waiting.get(subject, ()):
                    event.set()

    async def _keep_up(self, subscription: redis.asyncio.client.PubSub) -> None:
        """Listen to what is waited for, and to nothing else."""
        heard: set[str] = set()
        while True:
            self._others_wait.clear()
            wanted = {CHANGES + subject for subject in self._waiting}
            if fresh := wanted - heard:
                await subscription.subscribe(*fresh)
            if stale := heard - wanted:
                await subscription.unsubscribe(*stale)
            heard = wanted
            await self._others_wait.wait()
