"""The queue of fits in RQ: only ids travel through it, and what RQ has lost can be told."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import redis
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError
from rq.executions import WORKER_EXECUTIONS_KEY_TEMPLATE
from rq.job import Job
from rq.job import JobStatus as RqStatus

from storage.keys import FIT_QUEUE, FIT_TASK, SWEEP_LOCK
from storage.redis_store import translated

# A job that has crashed its worker this often is not tried again.
MAX_ATTEMPTS = 3
# How long RQ remembers a job that is done. Not 0: RQ would delete at once all it knows of the job,
# and with it the sign of life of another worker that has taken the same job over.
RESULT_TTL_S = 600
# How long RQ remembers a job it gave up: long enough for the sweep of a worker to find it.
FAILURE_TTL_S = 7 * 86_400
NO_TIMEOUT = -1
# A worker that dies while it looks after lost jobs blocks the others for this long.
SWEEP_LOCK_S = 30.0
# Arguments are ids, so JSON does; RQ's default is pickle. Worker and queue must agree.
SERIALIZER = "json"


class Standing(StrEnum):
    """What RQ knows of a job."""

    HELD = "held"
    """It waits in the queue, or a worker has it."""

    UNKNOWN = "unknown"
    """RQ has never heard of it, or no longer."""

    STRAY = "stray"
    """RQ has a record of it but no worker will ever take it."""

    FAILED = "failed"
    """RQ has given it up: it crashed its worker ``MAX_ATTEMPTS`` times."""


class FitQueue:
    """The one queue of fits. Every method raises ``Unavailable`` when the broker is away."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._queue = Queue(FIT_QUEUE, connection=connection, serializer=SERIALIZER)

    def enqueue(self, job_id: str) -> None:
        """Have a worker fit this job; does nothing if the queue has it already."""
        with translated():
            try:
                self._queue.enqueue(
                    FIT_TASK,
                    job_id,
                    job_id=job_id,
                    unique=True,
                    job_timeout=NO_TIMEOUT,
                    result_ttl=RESULT_TTL_S,
                    failure_ttl=FAILURE_TTL_S,
                    # Without an interval, which would need a scheduler process.
                    retry=Retry(max=MAX_ATTEMPTS - 1),
                )
            except DuplicateJobError:
                return

    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        with translated():
            return int(self._redis.llen(self._queue.key))

    def standings(self, job_ids: Iterable[str]) -> dict[str, Standing]:
        """What RQ knows of these jobs, all at one moment."""
        ids = list(job_ids)
        with translated():
            # One transaction: RQ moves ids between these lists in single steps, so that whatever
            # it holds is in one of them at any moment, but not if they are read one by one.
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.lrange(self._queue.key, 0, -1)
            pipeline.lrange(self._queue.intermediate_queue_key, 0, -1)
            pipeline.zrange(self._queue.started_job_registry.key, 0, -1)
            for job_id in ids:
                key = Job.key_for(job_id)
                pipeline.exists(key)
                pipeline.hget(key, "status")
            queued, taken, started, *records = pipeline.execute()
        # A member of the registry is "<job id>:<execution id>".
        held = {member.decode().partition(":")[0] for member in (*queued, *taken, *started)}
        return {
            job_id: Standing.HELD if job_id in held else _standing(exists, status)
            for job_id, exists, status in zip(ids, records[::2], records[1::2], strict=True)
        }

    def forget(self, job_id: str) -> None:
        """Drop RQ's record of a job, so that it can be enqueued afresh."""
        with translated():
            self._redis.delete(Job.key_for(job_id))

    @contextmanager
    def sweeping(self) -> Iterator[bool]:
        """Be the only one who looks after lost jobs; False when somebody else is at it."""
        lock = self._redis.lock(SWEEP_LOCK, timeout=SWEEP_LOCK_S)
        with translated():
            ours = lock.acquire(blocking=False)
        try:
            yield ours
        finally:
            if ours:
                with translated():
                    lock.release()

    def release(self, worker_name: str) -> None:
        """Give back what a dead worker held, without waiting for its heartbeat to run out.

        RQ then does what it does for any abandoned job: another attempt, or failure after the last.
        """
        with translated():
            self._expire(self._executions(worker_name))

    def hand_back(self, worker_name: str) -> None:
        """Enqueue afresh what a worker held that we killed ourselves: no fault of the job's."""
        with translated():
            self._enqueue_afresh(self._executions(worker_name))

    def hand_back_all(self) -> None:
        """The same for every worker; only for a broker that no worker can be using.

        Whatever ended them all at once, a crash of the machine say, was not the jobs' doing.
        """
        with translated():
            held: Any = self._redis.zrange(self._queue.started_job_registry.key, 0, -1)
            self._enqueue_afresh(held)

    def _enqueue_afresh(self, executions: Iterable[bytes]) -> None:
        for execution in executions:
            self._redis.zrem(self._queue.started_job_registry.key, execution)
            job_id = execution.decode().partition(":")[0]
            self.forget(job_id)
            self.enqueue(job_id)

    def _executions(self, worker_name: str) -> set[bytes]:
        """What this worker is at, each as "<job id>:<execution id>"."""
        members: Any = self._redis.smembers(WORKER_EXECUTIONS_KEY_TEMPLATE.format(worker_name))
        return set(members)

    def _expire(self, executions: Iterable[Any]) -> None:
        registry = self._queue.started_job_registry
        for execution in executions:
            self._redis.zadd(registry.key, {execution: 1}, xx=True)
        registry.cleanup()


def _standing(exists: int, status: bytes | None) -> Standing:
    if not exists:
        return Standing.UNKNOWN
    if status is not None and status.decode() == RqStatus.FAILED:
        return Standing.FAILED
    return Standing.STRAY
