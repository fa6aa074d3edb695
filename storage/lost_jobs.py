"""Jobs that wait or run in the ledger and that RQ does not know: they are enqueued again.

There are instants at which RQ loses a job: a worker that dies between taking one and saying so, a
batch whose turn dies before it has put the next one, an operator who empties the queue. Nothing
that was accepted is lost by them: the ledger is the record, and what it has is compared with what
RQ has, both of the same moment.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import redis

from schemas.batches import place_of_item
from schemas.jobs import JobStatus
from storage import keys
from storage.connection import text, translated
from storage.job_queue import HandedOut, JobQueue, subject_of
from storage.jobs import RedisJobLedger
from storage.setbacks import Setback

logger = logging.getLogger(__name__)

# Seconds that RQ's own search has for a job whose worker fell silent, before this one finds it.
RQ_FINDS_WITHIN_S = 3.0


class LostJobs:
    """Finds and enqueues them. Every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Look at the broker on this connection."""
        self._redis = connection
        self._queue = JobQueue(connection)
        self._ledger = RedisJobLedger(connection, queue=self._queue)

    def look_if_due(self, *, every_s: int, stuck_after_s: float) -> None:
        """Enqueue them, unless somebody has looked within so many seconds."""
        with translated():
            due = self._redis.set(keys.LOST_SOUGHT, "", nx=True, ex=every_s)
        if due:
            self.look(stuck_after_s=stuck_after_s)

    def look(self, *, stuck_after_s: float) -> None:
        """Enqueue what RQ does not know.

        Args:
            stuck_after_s: seconds that a job may be on its way to a worker.
        """
        with translated():
            waiting, running, held = self._read()
            # RQ looks for these itself, but leaves that to one worker: if that dies, or is frozen,
            # in the middle of it, no other does so for a quarter of an hour.
            silent = {rq_id for rq_id, for_s in held.silent.items() if for_s < RQ_FINDS_WITHIN_S}
            known = held.waiting | held.started | silent | self._on_their_way(held, stuck_after_s)
            for holder in {holder for holder in running.values() if holder not in known}:
                moved = self._ledger.give_back_all(holder, setback=Setback.LOSS)
                logger.warning("%s: its worker is gone: %s", holder, moved)
                # All but its own are enqueued by that.
                own = subject_of(holder)
                if moved.get(own) is JobStatus.QUEUED:
                    waiting.append(own)
            self._enqueue(waiting, known)

    def take_back_all(self) -> None:
        """Let all wait again that was in work: those who had it are gone, and not by its fault."""
        with translated():
            self._queue.forget_started()
            self._ledger.give_back_all(None)
            self.look(stuck_after_s=0.0)

    def _read(self) -> tuple[list[str], dict[str, str], HandedOut]:
        pipeline = self._redis.pipeline()
        pipeline.zrange(keys.WAITING, 0, -1)
        pipeline.hgetall(keys.RUNNING)
        self._queue.ask_what_is_handed_out(pipeline)
        waiting, running, *held = pipeline.execute()
        return (
            [text(job_id) for job_id in waiting],
            {text(job_id): text(holder) for job_id, holder in running.items()},
            self._queue.told_handed_out(held),
        )

    def _on_their_way(self, held: HandedOut, stuck_after_s: float) -> set[str]:
        """Those that a worker is about to begin with; what is stuck there is taken out."""
        found = set()
        for rq_id in held.between - held.started - set(held.silent):
            since = self._queue.between_since_s(rq_id)
            if since is not None and time.time() - since >= stuck_after_s:
                self._queue.drop_between(rq_id)
            else:
                found.add(rq_id)
        return found

    def _enqueue(self, waiting: Sequence[str], known: Iterable[str]) -> None:
        subjects = {subject_of(rq_id) for rq_id in known}
        alone, of_batches = [], defaultdict(list)
        for job_id in waiting:
            if job_id not in subjects:
                batch_id, index = place_of_item(job_id)
                if batch_id is None:
                    alone.append(job_id)
                else:
                    of_batches[batch_id].append((index, job_id))
        for batch_id, items in of_batches.items():
            # What is behind it was handed out once, and is by itself now.
            begun: Any = self._redis.hget(keys.BATCH_PREFIX + batch_id, "next")
            alone += [job_id for index, job_id in items if index < int(begun or 0)]
            if batch_id not in subjects and any(index >= int(begun or 0) for index, _ in items):
                logger.warning("%s: RQ had no turn of it: enqueued again", batch_id)
                self._queue.put_turns(batch_id, 1)
        if alone:
            logger.warning("RQ did not know %d jobs that wait: enqueued again", len(alone))
            self._queue.put_back(alone)
