"""The notifier process: takes deliveries that are due, and makes them, some at a time."""

import asyncio
import logging
import os
import random
import secrets
import signal
import socket
import sys
from collections import Counter
from functools import partial

from notifier.delivery import Outcome, Post, Verdict
from notifier.payload import body_of, data_of
from notifier.reasons import Reason
from notifier.settings import NotifierSettings
from schemas.errors import NotFound, Unavailable
from storage.batches import RedisBatchLedger
from storage.connection import connect
from storage.jobs import RedisJobLedger
from storage.outbox import Delivery, Outbox
from storage.ports import BatchLedger, JobLedger
from storage.settings import StorageSettings
from telemetry import logs
from telemetry.settings import LogSettings

logger = logging.getLogger(__name__)

# All that failed when a receiver went down do not come back in the same moment.
JITTER = 0.1
# A receiver may ask to be left alone for as long; more would be for ever.
LONGEST_WAIT_S = 86_400.0


class Notifier:
    """Makes deliveries until it is asked to leave; for one event loop.

    Attributes:
        name: who it is, in the log and in the broker.
    """

    def __init__(
        self,
        outbox: Outbox,
        ledger: JobLedger,
        batches: BatchLedger,
        post: Post,
        settings: NotifierSettings,
    ) -> None:
        """Take nothing yet."""
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._outbox = outbox
        self._data_of = partial(
            data_of, ledger=ledger, batches=batches, root_path=settings.root_path
        )
        self._post = post
        self._settings = settings
        self._leaving = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Delivery] = {}

    def leave(self) -> None:
        """Take no more deliveries, and end soon."""
        self._leaving.set()

    async def run(self) -> None:
        """Make deliveries until asked to leave."""
        leaving = asyncio.create_task(self._leaving.wait())
        while not self._leaving.is_set():
            for delivery in await self._claim():
                task = asyncio.create_task(self._deliver(delivery))
                self._under_way[task] = delivery
            await asyncio.wait(
                {leaving, *self._under_way},
                timeout=self._settings.look_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            self._forget_done()
        await self._end()

    async def _claim(self) -> list[Delivery]:
        """As many as there is room for; asked for none, the broker still hears that we live."""
        try:
            return await asyncio.to_thread(
                self._outbox.claim,
                self.name,
                free=self._settings.at_once - len(self._under_way),
                lease_s=self._settings.lease_s,
                under_way=Counter(delivery.tenant for delivery in self._under_way.values()),
            )
        except Unavailable as error:
            logger.warning("no deliveries are taken: %s", error)
            return []

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            outcome = await self._attempt(delivery)
            await asyncio.to_thread(self._note, delivery, outcome)
        except Unavailable as error:
            # When its lease is over it is due again.
            logger.warning("delivery %s: left as it is: %s", delivery.id, error)
        except Exception:  # the door: one delivery must not end the others
            logger.exception("delivery %s: left as it is, for an error of ours", delivery.id)

    async def _attempt(self, delivery: Delivery) -> Outcome:
        if delivery.attempts > self._most_attempts:
            # Whoever tried ended before they could say why.
            reason = delivery.last_error or Reason.WITHOUT_A_WORD
            return Outcome(Verdict.HOPELESS, reason)
        try:
            data = await asyncio.to_thread(self._data_of, delivery.subject, delivery.tenant)
        except NotFound as error:
            return Outcome(Verdict.HOPELESS, Reason.FORGOTTEN, detail=str(error))
        signers = await asyncio.to_thread(self._outbox.secrets.of, delivery.tenant)
        body = body_of(delivery, data)
        return await self._post.send(delivery.id, delivery.url, body=body, secrets=signers.all)

    def _note(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write down what has become of an attempt."""
        tried = f"delivery {delivery.id}, attempt {delivery.attempts}"
        if outcome.verdict is Verdict.DELIVERED:
            self._outbox.delivered(delivery)
            logger.info("%s: %s", tried, outcome)
        elif outcome.verdict is Verdict.FAILED and delivery.attempts < self._most_attempts:
            wait_s = self._wait_s(delivery.attempts, outcome)
            self._outbox.retry(delivery, outcome.reason, in_s=wait_s)
            logger.warning("%s: %s; again in %.0f s", tried, outcome, wait_s)
        else:
            self._outbox.give_up(delivery, outcome.reason)
            # That something was deleted before it was told is nobody's mistake.
            level = logging.INFO if outcome.reason == Reason.FORGOTTEN else logging.ERROR
            logger.log(level, "%s: %s; given up", tried, outcome)

    @property
    def _most_attempts(self) -> int:
        return len(self._settings.retry_waits_s) + 1

    def _wait_s(self, attempts: int, outcome: Outcome) -> float:
        planned = self._settings.retry_waits_s[attempts - 1] * random.uniform(1, 1 + JITTER)
        return max(planned, min(outcome.not_before_s, LONGEST_WAIT_S))

    def _forget_done(self) -> None:
        for task in [task for task in self._under_way if task.done()]:
            del self._under_way[task]
            task.result()

    async def _end(self) -> None:
        """Let what is under way end; what does not is given back, for the next notifier."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=self._settings.grace_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        try:
            for task in late:
                delivery = self._under_way[task]
                await asyncio.to_thread(self._outbox.retry, delivery, Reason.INTERRUPTED, in_s=0)
        except Unavailable as error:
            logger.warning("%d deliveries were not given back: %s", len(late), error)


async def run(storage: StorageSettings, settings: NotifierSettings) -> None:
    """Make deliveries until a signal asks to leave.

    Raises:
        ValueError: the broker's address makes no sense.
    """
    connection = connect(storage.redis_url)
    notifier = Notifier(
        Outbox(connection),
        RedisJobLedger(connection),
        RedisBatchLedger(connection),
        Post(settings),
        settings,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, notifier.leave)
    logger.info("notifier %s: ready", notifier.name)
    await notifier.run()
    logger.info("notifier %s: left", notifier.name)


def main() -> None:
    """Start a notifier from the environment: the ``foldline notifier`` behind the scenes."""
    try:
        logs.configure(LogSettings())
        asyncio.run(run(StorageSettings(), NotifierSettings()))
    except ValueError as error:
        sys.exit(f"Error: {error}")
