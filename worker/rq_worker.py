"""RQ's worker, of which ``foldline worker`` has one for each core, or one for a GPU.

It waits for what RQ hands out and forks a work horse for each, which fits; it has never computed
anything itself, and never asked a store or a GPU, so that a fork finds nothing half done. Whatever
ends a horse ends that horse alone.
"""

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from functools import cached_property
from typing import Any

import redis
from rq import Queue, SpawnWorker, Worker
from rq.executions import Execution
from rq.job import Job

from hosting import tether
from schemas.errors import Unavailable
from schemas.jobs import JobStatus
from storage.connection import connect_patiently
from storage.job_queue import SERIALIZER, JobQueue, allow_retry, subject_of
from storage.jobs import RedisJobLedger
from storage.keys import QUEUE
from storage.lost_jobs import LostJobs
from storage.setbacks import Setback
from storage.settings import StorageSettings
from telemetry import logs
from telemetry.settings import LogSettings
from worker import tasks
from worker.leaving import LEAVING
from worker.settings import WorkerSettings

logger = logging.getLogger(__name__)

# RQ waits for a job this much less than its worker's time to live.
_RQ_WAIT_MARGIN_S = 15
# Seconds between two signs of life, and that an idle worker waits before it looks after the others.
_BEAT_S = 1
# What a worker takes at most, however busy the machine, from taking a job to saying so.
_MOMENT_S = 1.0
# Seconds between two looks for a broker.
_LOOKS_EVERY_S = 0.5


class _FitWorker(Worker):
    """What is ours in it; the settings come from the environment, as those of its horses do."""

    max_connection_wait_time = 1.0
    log_result_lifespan = False

    # Made once: to hash the scripts anew for every look takes longer than the look.

    @cached_property
    def _job_queue(self) -> JobQueue:
        return JobQueue(self.connection)

    @cached_property
    def _ledger(self) -> RedisJobLedger:
        return RedisJobLedger(self.connection, queue=self._job_queue)

    @cached_property
    def _lost_jobs(self) -> LostJobs:
        return LostJobs(self.connection)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds of silence after which RQ hands a job out again; RQ's own are a minute more."""
        return WorkerSettings().lost_after_s

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Give a sign of life, if the broker is there: the horse goes on without."""
        try:
            super().maintain_heartbeats(job, execution)
        except redis.RedisError as error:
            logger.warning("worker %s: no sign of life given: %s", self.name, error)

    def run_maintenance_tasks(self) -> None:
        """Look for jobs of others who are gone, and for jobs that RQ does not know.

        A broker that has just come back knows nobody: everybody's signs of life are as old as its
        absence. So that is left until all had time to speak.
        """
        settings = WorkerSettings()
        try:
            if self._ledger.up_s() >= settings.lost_after_s:
                super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
                self._lost_jobs.look_if_due(
                    every_s=settings.sweep_s, stuck_after_s=settings.lost_after_s
                )
            else:
                self.last_cleaned_at = None
        except Unavailable as error:
            logger.warning("worker %s: lost jobs were not looked for: %s", self.name, error)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Fork a horse; or put the job back: RQ asks whether to begin anything only while idle."""
        if self._job_queue.is_suspended():
            self._job_queue.return_taken([job.id])
        else:
            super().execute_job(job, queue)

    def handle_work_horse_killed(
        self,
        job: Job,
        retpid: int,
        ret_val: int,
        rusage: Any,  # noqa: ANN401
    ) -> None:
        """Tell the ledger: what the horse had in work waits again, or has failed once too often."""
        moved = self._ledger.give_back_all(job.id, setback=Setback.CRASH)
        for job_id, status in moved.items():
            with logs.about(job_id=job_id):
                logger.error("job %s: its process died, status %s; now %s", job_id, ret_val, status)
        allow_retry(job, allowed=moved.get(subject_of(job.id)) is not JobStatus.FAILED)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:  # noqa: ANN401
        """Say in the log what a task could not settle; why a job has failed was said there."""
        if not isinstance(exc_info[1], tasks.Failed):
            with logs.about(job_id=subject_of(job.id)):
                logger.error("job %s: an error of ours", subject_of(job.id), exc_info=exc_info[1])

    def set_shutdown_requested_date(self) -> None:
        """Tell RQ, if the broker is there: this runs within a signal, while the horse goes on."""
        with suppress(redis.RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    def teardown(self) -> None:
        """End, and put back what RQ had taken from the queue when a signal came between."""
        with suppress(redis.RedisError):
            self._return_taken()
        super().teardown()  # type: ignore[no-untyped-call]

    def _return_taken(self) -> None:
        held = self._job_queue.handed_out()
        if taken := held.between - held.started:
            # Another worker says within a moment that it has begun.
            time.sleep(_MOMENT_S)
            held = self._job_queue.handed_out()
            self._job_queue.return_taken(taken & held.between - held.started)

    def handle_warm_shutdown_request(self) -> None:
        """Ask the horse to leave, too."""
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)

    def setup_work_horse_signals(self) -> None:
        """In the horse: end what is begun when asked to leave, and end with the worker."""
        grace_s = WorkerSettings().grace_s
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        LEAVING.listen(grace_s)
        if self._stop_requested:
            # Asked between the fork and now, when the handler was the worker's.
            LEAVING.ask(grace_s)
        if sys.platform == "linux":
            tether.tie(signal.SIGKILL, self.pid or os.getppid())


class ForkingWorker(_FitWorker, Worker):
    """With horses that begin within milliseconds."""


class SpawningWorker(_FitWorker, SpawnWorker):
    """With horses that are loaded anew: a fork is not safe on macOS."""


def _await(connection: redis.Redis) -> None:
    """Return when the broker is there."""
    while True:
        try:
            connection.ping()
        except redis.RedisError as error:
            logger.warning("the worker waits for the broker: %s", error)
            time.sleep(_LOOKS_EVERY_S)
        else:
            return


def kind_for(platform: str) -> type[ForkingWorker] | type[SpawningWorker]:
    """The kind of worker for ``sys.platform``."""
    return SpawningWorker if platform == "darwin" else ForkingWorker


def main(name: str) -> None:
    """Work until a signal asks to leave.

    Args:
        name: of the worker, like no other before.
    """
    logs.configure(LogSettings())
    settings = WorkerSettings()
    connection = connect_patiently(StorageSettings().redis_url)
    _await(connection)
    worker = kind_for(sys.platform)(
        [QUEUE],
        name=name,
        connection=connection,
        serializer=SERIALIZER,
        worker_ttl=_RQ_WAIT_MARGIN_S + _BEAT_S,
        job_monitoring_interval=_BEAT_S,
        maintenance_interval=settings.sweep_s,
    )
    # RQ tells the life of every job in ten lines, and each failure of one in two.
    worker.work(logging_level="ERROR")
