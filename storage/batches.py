"""The ledger of batches in Redis: one hash a batch, its jobs beside it."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import redis
from redis.commands.core import Script

from schemas.batches import BatchCounts, BatchFilter, BatchRecord, Refusal, item_id
from schemas.errors import NotFound, QueueFull, Unavailable
from schemas.jobs import FINAL, JobRecord
from storage import batch_scripts, keys, scripts
from storage.connection import text, translated
from storage.indexes import hashes, owner, span_of, wanted_page
from storage.job_queue import JobQueue
from storage.jobs import claims
from storage.ports import ANY_BATCH, Claim
from storage.records import accepted_ms, flat, from_fields, now_json, to_fields

# What is written of a batch that is never accepted, because its service died, is gone after this.
UNACCEPTED_KEPT_S = 3600
# Where a job stands among those that wait is told as if the jobs of a batch had come one after the
# other, so much apart: with turns, that is about what it comes to.
SPACING_MS = 20.0
# While a script runs the broker answers nobody: half a second for ten thousand jobs.
CANCELLED_AT_ONCE = 500
# Of a batch so many turns wait in the queue at a time: what comes alone waits for these, and not
# for all of the batch.
TURNS = 4
# A turn on a CPU takes so many jobs at most.
JOBS_A_TURN = 16
# Batches that are looked at for one page, and at once: each takes as long as several jobs.
MOST_LOOKED_AT, STRETCH = 1_000, 100
_COUNTED = ("queued", "running", "succeeded", "failed", "cancelled")
# What may change after a batch was accepted, as JSON, beside its counts.
_CHANGING = ("finished_at", "cancelled_at", "webhook_delivery")


class RedisBatchLedger:
    """A ``BatchLedger`` in Redis."""

    def __init__(
        self,
        connection: redis.Redis,
        *,
        tenant: str | None = None,
        queue: JobQueue | None = None,
        registered: Mapping[str, Script] | None = None,
    ) -> None:
        """Use this connection, which must not decode responses.

        Args:
            connection: to the broker.
            tenant: whose batches there are; None for everybody's.
            queue: of another ledger on this connection.
            registered: its scripts.
        """
        self._redis = connection
        self._tenant = tenant
        self._queue = queue or JobQueue(connection)
        self._scripts = registered or scripts.registered(
            connection, batch_scripts.ACCEPT, batch_scripts.CANCEL, batch_scripts.CLAIM_NEXT
        )

    def of(self, tenant: str) -> "RedisBatchLedger":
        """The same ledger, for one tenant."""
        return RedisBatchLedger(
            self._redis, tenant=tenant, queue=self._queue, registered=self._scripts
        )

    def write(
        self, batch_id: str, records: Sequence[JobRecord], refusals: Sequence[Refusal]
    ) -> None:
        """Note jobs and refusals of a batch that is still being read; nobody sees them yet.

        Does nothing once the batch is accepted: another try, under the same id, was faster.
        """
        refused = _refused(batch_id)
        with self._unless_accepted(batch_id) as pipeline:
            for record in records:
                waits = record.status not in FINAL
                place = accepted_ms(record) + SPACING_MS * (record.index or 0) if waits else ""
                job = keys.job_key(record.id)
                pipeline.hset(job, mapping=to_fields(record, place=place))  # type: ignore[arg-type]
                pipeline.expire(job, UNACCEPTED_KEPT_S)
            for refusal in refusals:
                pipeline.hset(refused, str(refusal.index), refusal.model_dump_json())
            if refusals:
                pipeline.expire(refused, UNACCEPTED_KEPT_S)

    def discard(self, batch_id: str, total: int) -> bool:
        """Remove what was noted of a batch; False, and nothing is done, if it is accepted."""
        with self._unless_accepted(batch_id) as pipeline:
            names = [keys.job_key(item_id(batch_id, index)) for index in range(total)]
            pipeline.unlink(_refused(batch_id), *names)
        return not self._accepted(batch_id)

    def _accepted(self, batch_id: str) -> bool:
        with translated():
            return bool(self._redis.hexists(keys.BATCH_PREFIX + batch_id, "question"))

    @contextmanager
    def _unless_accepted(self, batch_id: str) -> Iterator[redis.client.Pipeline]:
        """A pipeline that is executed at the end unless the batch is accepted by then."""
        with translated(), self._redis.pipeline() as pipeline:
            pipeline.watch(keys.BATCH_PREFIX + batch_id)  # type: ignore[no-untyped-call]
            accepted = self._accepted(batch_id)
            pipeline.multi()
            yield pipeline
            if not accepted:
                with suppress(redis.WatchError):
                    pipeline.execute()

    def accept(self, record: BatchRecord, *, max_waiting: int) -> None:
        """Let the jobs of a batch wait, all at once; does nothing if it was accepted before.

        Raises:
            QueueFull: so many jobs would wait that none is taken.
            Unavailable: not everything that was noted is there any more; try again.
        """
        fields = {
            "question": record.model_dump_json(exclude={"counts", *_CHANGING}),
            "total": str(record.counts.total),
            "refused": str(record.counts.refused),
            "tenant": record.tenant,
        }
        if record.webhook is not None:
            fields["webhook_url"] = str(record.webhook.url)
            fields["webhook_events"] = " ".join(record.webhook.events or ())
        with translated():
            pipeline = self._redis.pipeline()
            self._scripts[batch_scripts.ACCEPT](
                keys=[keys.batches_of(record.tenant)],
                args=[record.id, record.counts.total, max_waiting, now_json(), *flat(fields)],
                client=pipeline,
            )
            # Of a batch that is not taken there is nothing to claim.
            turns = min(TURNS, math.ceil(record.counts.total / JOBS_A_TURN))
            self._queue.put_turns(record.id, turns, pipeline)
            taken = pipeline.execute()[0]
        if taken < 0:
            raise Unavailable("broker", f"the jobs of {record.id} are not all there")
        if not taken:
            raise QueueFull(max_waiting)

    def claim_next(self, batch_id: str, *, holder: str, count: int) -> tuple[list[Claim], int]:
        """Claim the next jobs of a batch that wait; and how many of its places come after these."""
        with translated():
            left, *claimed = self._scripts[batch_scripts.CLAIM_NEXT](
                args=[batch_id, holder, now_json(), count]
            )
        return claims(claimed), int(left)

    def get(self, batch_id: str) -> BatchRecord:
        """The batch with this id; raises ``NotFound``."""
        with translated():
            fields: Any = self._redis.hgetall(keys.BATCH_PREFIX + batch_id)
        record = _record(fields) if fields else None
        if record is None or self._tenant not in (None, record.tenant):
            raise NotFound("batch", batch_id)
        return record

    def page(
        self, *, limit: int, cursor: str | None, wanted: BatchFilter = ANY_BATCH
    ) -> tuple[list[BatchRecord], str | None]:
        """Batches that are wanted, newest first, from after the cursor; and the next page's cursor.

        A page ends early where many batches in a row are not wanted, as of ``ModelList``.
        """

        def read(ids: Sequence[str]) -> list[BatchRecord | None]:
            found = hashes(self._redis, (keys.BATCH_PREFIX + batch_id for batch_id in ids))
            # One whose time is over may be forgotten between the two looks.
            records = [_record(fields) if fields else None for fields in found]
            return [record if record and wanted.holds(record) else None for record in records]

        with translated():
            return wanted_page(
                self._redis,
                keys.batches_of(owner(self._tenant)),
                read,
                limit=limit,
                cursor=cursor,
                span=span_of("batch", wanted),
                at_once=limit if wanted.is_of_time_alone else STRETCH,
                most=MOST_LOOKED_AT,
            )

    def refusals(self, batch_id: str, indices: Sequence[int] | None = None) -> list[Refusal]:
        """The refusals of a batch in order; only those with these indices, if any are given."""
        with translated():
            if indices is None:
                found: Any = self._redis.hvals(_refused(batch_id))
            else:
                found = self._redis.hmget(_refused(batch_id), [str(index) for index in indices])
        refusals = [Refusal.model_validate_json(entry) for entry in found if entry is not None]
        return sorted(refusals, key=lambda refusal: refusal.index)

    def jobs(self, batch_id: str, indices: Sequence[int]) -> list[JobRecord | None]:
        """The jobs at these places of a batch; None where the question was refused."""
        with translated():
            found = hashes(
                self._redis, (keys.job_key(item_id(batch_id, index)) for index in indices)
            )
        return [from_fields(fields) if fields else None for fields in found]

    def ended(self, batch_id: str, *, start: int, count: int) -> list[int]:
        """The places of jobs that have ended, in the order of their ends, from the start-th on."""
        name = keys.BATCH_PREFIX + batch_id + keys.BATCH_ENDED
        with translated():
            found: Any = self._redis.lrange(name, start, start + count - 1)
        return [int(index) for index in found]

    def cancel(self, batch_id: str) -> bool:
        """End every job of a batch that has not ended; False if the batch had ended already."""
        total = self.get(batch_id).counts.total
        cancel = self._scripts[batch_scripts.CANCEL]
        with translated():
            for start in range(0, total, CANCELLED_AT_ONCE):
                if not cancel(args=[batch_id, start, start + CANCELLED_AT_ONCE - 1, now_json()]):
                    return start > 0
        return True


def _refused(batch_id: str) -> str:
    return keys.BATCH_PREFIX + batch_id + keys.BATCH_REFUSED


def _record(fields: Mapping[bytes, bytes]) -> BatchRecord:
    values = {text(name): text(value) for name, value in fields.items()}
    counts = {name: int(values.get(name, 0)) for name in ("total", "refused", *_COUNTED)}
    changing = {name: json.loads(values[name]) for name in _CHANGING if name in values}
    question = json.loads(values["question"])
    return BatchRecord.model_validate(
        question | changing | {"counts": BatchCounts.model_validate(counts)}
    )
