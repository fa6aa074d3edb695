"""Group commit: what many requests want on disk at the same time is written together.

A request alone pays what it always paid. Of many at once each pays for its own samples, and all of
them share the sync of the directory, the way to the broker and its sync.

References:
    J. Gray, A. Reuter: Transaction Processing, 1993, section 9.4.7, on group commit.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from schemas.errors import FoldlineError, QueueFull, StoreFull
from schemas.jobs import JobRecord
from storage.settings import Stores

# One group is written while the next is being collected.
WRITERS = 2
MOST_TOGETHER = 64


@dataclass(frozen=True)
class _Entry:
    record: JobRecord
    content: bytes
    written: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class GroupCommit:
    """Puts new jobs with their inputs on disk, in groups."""

    def __init__(self, stores: Stores, *, max_waiting: int) -> None:
        """Write to these stores.

        Args:
            stores: everybody's.
            max_waiting: most jobs that may wait for a worker.
        """
        self._stores = stores
        self._max_waiting = max_waiting
        self._waiting: list[_Entry] = []
        self._writers: set[asyncio.Task[None]] = set()

    async def keep(self, record: JobRecord, content: bytes) -> None:
        """Return when the job, and its input of this content, are on disk.

        Raises:
            QueueFull: too many jobs wait.
            BrokerFull: the broker has no memory for it.
            Unavailable: broker or store does not answer.
        """
        entry = _Entry(record, content)
        self._waiting.append(entry)
        if len(self._writers) < WRITERS:
            self._writers.add(asyncio.create_task(self._write_all()))
        await entry.written

    async def _write_all(self) -> None:
        this = asyncio.current_task()
        assert this is not None
        try:
            await self._write_what_waits()
        finally:
            # At once after the last look: who comes next must not count on this writer.
            self._writers.discard(this)

    async def _write_what_waits(self) -> None:
        while self._waiting:
            group = self._waiting[:MOST_TOGETHER]
            del self._waiting[:MOST_TOGETHER]
            try:
                outcomes = await run_in_threadpool(self._outcomes, group)
            except Exception as error:  # noqa: BLE001  # each request answers for itself
                outcomes = [error] * len(group)
            for entry, outcome in zip(group, outcomes, strict=True):
                if entry.written.done():
                    continue  # its request has ended: the client is gone
                if outcome is None:
                    entry.written.set_result(None)
                else:
                    entry.written.set_exception(outcome)

    def _outcomes(self, group: Sequence[_Entry]) -> list[Exception | None]:
        """Write a group; for each what went wrong."""
        try:
            return self._write(group)
        except StoreFull as error:
            # For a smaller one there may be room.
            if len(group) == 1:
                return [error]
            return [outcome for entry in group for outcome in self._outcomes([entry])]
        except FoldlineError as error:
            return [error] * len(group)

    def _write(self, group: Sequence[_Entry]) -> list[Exception | None]:
        """The samples first, then the jobs: whoever finds a job finds all it needs."""
        self._stores.binding.bind()
        # Whoever cannot be taken anyhow costs no sync: a full queue is when there is least time.
        room = max(0, self._max_waiting - self._stores.ledger.waiting())
        records = [entry.record for entry in group[:room]]
        self._stores.room.check(new=len(records))
        inputs: dict[str, dict[str, bytes]] = defaultdict(dict)
        for entry in group[:room]:
            inputs[entry.record.tenant][entry.record.input.name] = entry.content
        for tenant, contents in inputs.items():
            self._stores.artifacts.of(tenant).put_inputs(contents)
        kept = self._stores.ledger.add(records, max_waiting=self._max_waiting)
        for record, is_kept in zip(records, kept, strict=True):
            if not is_kept:
                self._stores.artifacts.of(record.tenant).delete_inputs([record.input.name])
        kept += [False] * (len(group) - len(kept))
        return [None if is_kept else QueueFull(self._max_waiting) for is_kept in kept]
