"""The queue in RQ, which hands out the work: a job of RQ's for each job, and turns for batches.

A job of RQ's carries ids. What it is about is in the ledger, which gives a job to one holder at a
time: the job of RQ's that it was handed out by. So a job that is enqueued once too often is handed
out for nothing, and that is all.
"""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis
from rq import Queue, Retry, Worker
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.queue import EnqueueData

from storage.connection import text, translated
from storage.keys import FIT_BATCH, FIT_JOB, QUEUE, SUSPENDED

# RQ's default is pickle. Worker and queue must agree.
SERIALIZER = "json"
# Between the id of a job or batch and what tells several jobs of RQ's for it apart.
_MARK = "-"
# A fit has its own time limit.
_NO_TIMEOUT = -1
# What RQ keeps of a job that it has done serves nobody but who looks at that very moment; of one
# that failed, who wants to know why.
_RESULT_KEPT_S = 5
_FAILURE_KEPT_S = 86_400
# How often a job is tried is the ledger's to say; RQ only hands out again what was cut short.
_MOST_RUNS = 1_000_000
_RETRY = Retry(max=_MOST_RUNS, enqueue_at_front=True)


@dataclass(frozen=True)
class HandedOut:
    """What RQ holds at one moment: ids of its jobs.

    Attributes:
        waiting: in the queue.
        between: taken from the queue, by a worker that may not have said so yet.
        started: in work, by workers that give signs of life.
        silent: in work as well, each with how many seconds ago its worker should have given one.
    """

    waiting: frozenset[str]
    between: frozenset[str]
    started: frozenset[str]
    silent: Mapping[str, float]


class JobQueue:
    """The one queue. Raises the errors of the Redis client, unless it says otherwise.

    One, because RQ takes a job from several queues in a way that can lose it. A batch has only a
    few turns in it at a time, so that what comes alone waits for these and not for all of a batch:
    each turn that begins puts the next one behind everything else.
    """

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._queue = Queue(QUEUE, connection=connection, serializer=SERIALIZER)

    def put(self, job_ids: Iterable[str], pipeline: redis.client.Pipeline) -> None:
        """Enqueue new jobs, each under its own id."""
        data = [_data(FIT_JOB, job_id, job_id) for job_id in job_ids]
        if data:
            self._queue.enqueue_many(data, pipeline=pipeline)

    def put_back(
        self, job_ids: Sequence[str], pipeline: redis.client.Pipeline | None = None
    ) -> None:
        """Enqueue jobs in front of all others: they had their turn.

        Under new ids, because RQ may have them still under those that they had.
        """
        # The last one put in front is the first one there.
        data = [_data(FIT_JOB, job_id, _marked(job_id), at_front=True) for job_id in job_ids[::-1]]
        if data:
            self._queue.enqueue_many(data, pipeline=pipeline)

    def put_turns(
        self, batch_id: str, count: int, pipeline: redis.client.Pipeline | None = None
    ) -> None:
        """Enqueue turns of a batch: each takes the next of its jobs that wait."""
        data = [_data(FIT_BATCH, batch_id, _marked(batch_id)) for _ in range(count)]
        self._queue.enqueue_many(data, pipeline=pipeline)

    def handed_out(self) -> HandedOut:
        """What RQ holds, all of it at the same moment."""
        pipeline = self._redis.pipeline()
        self.ask_what_is_handed_out(pipeline)
        return self.told_handed_out(pipeline.execute())

    def ask_what_is_handed_out(self, pipeline: redis.client.Pipeline) -> None:
        """Ask, together with something else."""
        pipeline.lrange(self._queue.key, 0, -1)
        pipeline.lrange(self._queue.intermediate_queue_key, 0, -1)
        pipeline.zrange(self._queue.started_job_registry.key, 0, -1, withscores=True)

    @staticmethod
    def told_handed_out(answers: Sequence[Sequence[Any]]) -> HandedOut:
        """The answers to that."""
        waiting, between, executions = answers
        now_s = time.time()
        # Each is followed by the id of its execution; one job may have several.
        until_s = {text(entry).partition(":")[0]: at_s for entry, at_s in executions}
        return HandedOut(
            waiting=frozenset(map(text, waiting)),
            between=frozenset(map(text, between)),
            started=frozenset(rq_id for rq_id, at_s in until_s.items() if at_s >= now_s),
            silent={rq_id: now_s - at_s for rq_id, at_s in until_s.items() if at_s < now_s},
        )

    def between_since_s(self, rq_id: str) -> float | None:
        """When RQ first saw that a job is stuck on its way to a worker, in s since 1970."""
        seen = self._queue.intermediate_queue.get_first_seen(rq_id)
        return None if seen is None else seen.timestamp()

    def forget_started(self) -> None:
        """Have RQ forget what was in work, or on its way there: those who had it are gone."""
        self._redis.delete(
            self._queue.intermediate_queue_key,
            self._queue.started_job_registry.key,
            # One of them may have been looking for lost jobs, which keeps others from it.
            self._queue.registry_cleaning_key,
        )

    def forget_worker(self, name: str) -> None:
        """Have RQ hand out again at once what a worker had in work, which has just died.

        Raises:
            Unavailable: the broker is away; RQ finds out by itself when it is back.
        """
        with translated():
            key = Worker.redis_worker_namespace_prefix + name
            worker = Worker.find_by_key(key, connection=self._redis, serializer=SERIALIZER)
            if worker is None:
                return
            started = self._queue.started_job_registry
            for execution in worker.get_current_executions():
                # As if its time had been over long ago.
                self._redis.zadd(started.key, {execution.composite_key: 1}, xx=True)
            started.cleanup()
            worker.register_death()  # type: ignore[no-untyped-call]

    def return_taken(self, rq_ids: Iterable[str]) -> None:
        """Put jobs that were taken, and not begun, in front of all others again."""
        pipeline = self._redis.pipeline()
        for rq_id in rq_ids:
            self._queue.push_job_id(rq_id, pipeline=pipeline, at_front=True)
            pipeline.lrem(self._queue.intermediate_queue_key, 1, rq_id)
        pipeline.execute()

    def drop_between(self, rq_id: str) -> None:
        """Take one that is stuck out of there."""
        self._queue.intermediate_queue.remove(rq_id)

    def is_suspended(self) -> bool:
        """Whether workers are told to begin nothing."""
        return bool(self._redis.exists(SUSPENDED))

    def stop(self, rq_id: str) -> None:
        """Have the process killed that works on a job, if one does."""
        with suppress(NoSuchJobError, InvalidJobOperation):
            send_stop_job_command(self._redis, rq_id, serializer=SERIALIZER)

    def remove(self, rq_id: str) -> None:
        """Take a job that waits out of the queue."""
        with suppress(NoSuchJobError):
            Job.fetch(rq_id, connection=self._redis, serializer=SERIALIZER).delete()


def subject_of(rq_id: str) -> str:
    """The id of the job or the batch that a job of RQ's is about."""
    return rq_id.partition(_MARK)[0]


def is_first_run(rq_job: Job) -> bool:
    """Whether RQ hands a job of its out for the first time, and not again."""
    return rq_job.retries_left == _MOST_RUNS


def is_requeued(rq_job: Job) -> bool:
    """Whether a job of RQ's had failed for good, and somebody has told RQ to run it again."""
    return rq_job.retries_left == 0


def allow_retry(rq_job: Job, *, allowed: bool) -> None:
    """Decide whether RQ hands a job of its out once more, after this run has failed."""
    rq_job.retries_left = max(rq_job.retries_left or 0, 1) if allowed else 0


def _marked(subject: str) -> str:
    return f"{subject}{_MARK}{secrets.token_hex(4)}"


def _data(task: str, subject: str, rq_id: str, *, at_front: bool = False) -> EnqueueData:
    return Queue.prepare_data(
        task,
        args=(subject,),
        job_id=rq_id,
        timeout=_NO_TIMEOUT,
        result_ttl=_RESULT_KEPT_S,
        failure_ttl=_FAILURE_KEPT_S,
        retry=_RETRY,
        at_front=at_front,
    )
