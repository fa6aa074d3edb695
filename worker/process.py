"""The worker process: RQ's in-process worker, with signs of life while it fits.

In-process, because torch takes a second to import and does not survive a fork once it has used
threads or a GPU. The price: a crash takes the worker with it. Hence the short time to live of its
jobs, the beats that renew it, and the sweep that finds what got lost.
"""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import redis
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.utils import now
from rq.worker import WorkerStatus

from schemas.errors import Unavailable
from storage.fit_queue import SERIALIZER, FitQueue
from storage.keys import FIT_QUEUE
from storage.ports import JobLedger
from storage.settings import StorageSettings, connect, open_stores
from worker.recovery import sweep
from worker.settings import WorkerSettings
from worker.tasks import WORKPLACE, Workplace

logger = logging.getLogger(__name__)

# RQ waits for a job this much less than its worker's time to live.
_RQ_WAIT_MARGIN_S = 15


class FitWorker(SimpleWorker):
    """A worker for the one queue of fits.

    One queue, because RQ takes a job from several queues in a way that can lose it.
    """

    def __init__(
        self, connection: redis.Redis, *, ledger: JobLedger, settings: WorkerSettings
    ) -> None:
        """Set up the worker; ``work`` starts it.

        Args:
            connection: to the broker, for RQ; waits as long as RQ likes.
            ledger: our record of the jobs.
            settings: name and intervals.
        """
        super().__init__(
            [FIT_QUEUE],
            name=settings.name,
            connection=connection,
            serializer=SERIALIZER,
            worker_ttl=_RQ_WAIT_MARGIN_S + settings.sweep_s,
            maintenance_interval=settings.sweep_s,
        )
        self.stopping = threading.Event()
        self._settings = settings
        self._ledger = ledger
        self._fits = FitQueue(connection)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds after the last beat until the job counts as abandoned."""
        return self._settings.lost_after_s

    def subscribe(self) -> None:
        """Listen to no commands: none of RQ's can reach a fit in this process."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Leave: at once when idle; when busy, as soon as the fit has noticed."""
        self.stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do one job, with beats."""
        execution = self.prepare_execution(job)
        with self._beating(job, execution):
            self.perform_job(job, queue, execution)
        if self.stopping.is_set():
            # What was stopped goes back to the queue now rather than at the next sweep.
            self._sweep()
        self.set_state(WorkerStatus.IDLE)

    def clean_registries(self) -> None:
        """Look after lost jobs: RQ's own maintenance, then our sweep."""
        self._sweep()
        self.last_cleaned_at = now()  # type: ignore[assignment]  # RQ declares it None

    def _sweep(self) -> None:
        try:
            with self._fits.sweeping() as ours:
                if not ours:
                    return
                # RQ's own lock outlives a worker that died holding it by 15 minutes. Under ours,
                # whoever may still hold it is dead.
                for queue in self.queues:
                    queue.release_maintenance_lock()  # type: ignore[no-untyped-call]
                super().clean_registries()  # type: ignore[no-untyped-call]
                sweep(self._ledger, self._fits)
        except Unavailable as error:
            logger.warning("could not look after lost jobs: %s", error)

    @contextmanager
    def _beating(self, job: Job, execution: Execution) -> Iterator[None]:
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self._settings.beat_s):
                try:
                    self.maintain_heartbeats(job, execution)
                except redis.RedisError as error:
                    # The next beat may get through; without any, another worker takes over.
                    logger.warning("job %s: no sign of life sent: %s", job.id, error)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def run(storage: StorageSettings, settings: WorkerSettings) -> None:
    """Work until a signal asks to leave."""
    connection: Any = redis.Redis.from_url(storage.redis_url)
    stores = open_stores(storage)
    worker = FitWorker(connection, ledger=stores.ledger, settings=settings)
    WORKPLACE.set(Workplace(stores=stores, stopping=worker.stopping.is_set))
    logger.info("worker %s: ready", settings.name)
    # RQ tells the life of every job in ten lines; ours are two.
    worker.work(logging_level="WARNING")
    logger.info("worker %s: left", settings.name)


def main() -> None:
    """Start a worker from the environment: the ``foldline worker`` behind the scenes."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    storage = StorageSettings()
    try:
        connect(storage.redis_url).ping()
    except (redis.RedisError, ValueError) as error:
        sys.exit(f"Error: the broker does not answer: {error}")
    run(storage, WorkerSettings())
