"""The worker process: one for each machine, or GPU; RQ wakes it, the ledger has its jobs.

RQ's in-process worker, because a GPU does not survive a fork once it has been used, nor do threads.
"""

import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

import redis
from redis.client import Pipeline
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.utils import now
from rq.worker import WorkerStatus

from schemas.errors import Unavailable, WrongStore
from storage.connection import connect, connect_patiently
from storage.keys import WAKE_QUEUE
from storage.settings import StorageSettings, Stores, open_stores
from storage.wake_ups import SERIALIZER
from telemetry import logs
from telemetry.settings import LogSettings
from worker.desk import Desk
from worker.numerics.devices import choose_device
from worker.numerics.pool.pool import FitPool, cores
from worker.presence import Presence
from worker.rest import Rest
from worker.retention import Retention
from worker.settings import WorkerSettings
from worker.tasks import DESK, work

logger = logging.getLogger(__name__)

# RQ waits for a job this much less than its worker's time to live.
_RQ_WAIT_MARGIN_S = 15
# RQ takes no part in finding lost jobs: its own signs of life may be rare.
_DAY_S = 86_400
# Seconds between two looks for a store that the API has yet to make.
_LOOKS_FOR_STORE_EVERY_S = 0.5
# Seconds that it takes a worker to say that there is none.
_QUIET_S = 3.0


class WakeWorker(SimpleWorker):
    """Waits for wake-ups, and looks for jobs by itself when none comes.

    One queue, because RQ takes a job from several queues in a way that can lose it.

    Attributes:
        has_given_up: whether it leaves because its process is of no more use.
    """

    def __init__(self, connection: redis.Redis, *, settings: WorkerSettings) -> None:
        """Set up the worker; ``work`` starts it.

        Args:
            connection: to the broker, for RQ; waits as long as RQ likes.
            settings: name and intervals.
        """
        super().__init__(
            [WAKE_QUEUE],
            name=settings.name,
            connection=connection,
            serializer=SERIALIZER,
            worker_ttl=_RQ_WAIT_MARGIN_S + settings.sweep_s,
            maintenance_interval=settings.sweep_s,
        )
        self._grace_s = settings.grace_s
        self._stop_at: float | None = None
        self._is_over = False
        self.has_given_up = False

    def stopping(self) -> bool:
        """Whether the worker has been asked to leave."""
        return self._stop_at is not None

    def leaving(self) -> bool:
        """Whether the time to end what had been begun is over, too."""
        return self._stop_at is not None and time.monotonic() >= self._stop_at

    def give_up(self) -> None:
        """Leave at once, as far as RQ is concerned: this process cannot compute any more."""
        self.has_given_up = True
        self._stop_at = time.monotonic()

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds until RQ counts a wake-up as abandoned."""
        return _DAY_S

    def subscribe(self) -> None:
        """Listen to no commands: cancelling goes through the ledger."""

    def check_for_suspension(self, burst: bool) -> None:
        """Ask nobody: it is the ledger that gives no jobs while workers are suspended."""

    # Where RQ waits for a wake-up it bears with an absent broker; anywhere else it would quit.

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Give RQ a sign of life, if the broker is there."""
        with suppress(redis.RedisError):
            super().heartbeat(timeout, pipeline)

    def set_state(self, state: str, pipeline: Pipeline | None = None) -> None:
        """Note what the worker does, and tell RQ if the broker is there."""
        with suppress(redis.RedisError):
            super().set_state(state, pipeline)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do what a wake-up says; RQ need not hear that it is done."""
        with suppress(redis.RedisError):
            super().execute_job(job, queue)
        self._leave_if_stopping()

    def set_shutdown_requested_date(self) -> None:
        """Tell nobody: in a signal handler, an absent broker would be an error of the fits."""

    def register_death(self) -> None:
        """Tell RQ if the broker is there; if not, RQ forgets the worker by itself."""
        with suppress(redis.RedisError):
            super().register_death()  # type: ignore[no-untyped-call]

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Leave: at once when idle; when busy, once the fits have ended or been given back."""
        if self._stop_at is None:
            self._stop_at = time.monotonic() + self._grace_s
        if not self._is_over:
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def teardown(self) -> None:
        """End RQ's part; a signal from now on finds a worker that leaves already."""
        self._is_over = True
        super().teardown()  # type: ignore[no-untyped-call]

    def clean_registries(self) -> None:
        """Between two waits: look for jobs whose wake-up was lost."""
        with suppress(redis.RedisError):
            super().clean_registries()  # type: ignore[no-untyped-call]
        # Busy, or a signal would end the fits instead of the waiting.
        self.set_state(WorkerStatus.BUSY)
        self.heartbeat(_DAY_S)
        work()
        self.set_state(WorkerStatus.IDLE)
        self.last_cleaned_at = now()  # type: ignore[assignment]  # RQ declares it None
        self._leave_if_stopping()

    def _leave_if_stopping(self) -> None:
        """RQ would go on waiting: of a signal that came meanwhile it has only made a note."""
        if self.stopping():
            raise StopRequested


def _await_stores(storage: StorageSettings) -> Stores:
    """The stores, once the broker can be used and the API has bound it to the store.

    Raises:
        WrongStore: the store belongs to another broker.
        ValueError: an address makes no sense.
    """
    said, began_at = None, time.monotonic()
    while True:
        try:
            stores = open_stores(storage)
            stores.usability.check()
            stores.binding.check()
        except WrongStore:
            raise
        except Unavailable as error:
            # Where all parts are started at once, the API takes a moment.
            if said != str(error) and time.monotonic() - began_at >= _QUIET_S:
                said = str(error)
                logger.warning("the worker waits, and claims no job: %s", said)
            time.sleep(_LOOKS_FOR_STORE_EVERY_S)
        else:
            return stores


@contextmanager
def _leaving_at_once() -> Iterator[None]:
    """Whoever is asked to leave in here has nothing to end before."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: sys.exit(0)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _check(stores: Stores) -> None:
    """Raise ``Unavailable`` unless the store is there, is the broker's, and can be written."""
    stores.binding.check()
    stores.artifacts.check()


def run(storage: StorageSettings, settings: WorkerSettings) -> None:
    """Work until a signal asks to leave."""
    try:
        connection = connect_patiently(storage.redis_url)
        with _leaving_at_once():
            stores = _await_stores(storage)
    except (WrongStore, ValueError) as error:
        sys.exit(f"Error: {error}")
    stores.durability.look()
    worker = WakeWorker(connection, settings=settings)
    on_gpu = choose_device(settings.device) != "cpu"
    with (
        Presence(stores.ledger, settings, fits_itself=on_gpu) as presence,
        Retention(stores, settings),
        FitPool(settings.processes or cores()) as pool,
    ):
        if not on_gpu:
            pool.start()
        DESK.set(
            Desk(
                stores=stores,
                presence=presence,
                rest=Rest(partial(_check, stores)),
                pool=None if on_gpu else pool,
                stopping=worker.stopping,
                leaving=worker.leaving,
                give_up=worker.give_up,
            )
        )
        logger.info("worker %s: ready", settings.name)
        # RQ tells the life of every wake-up in ten lines.
        worker.work(logging_level="WARNING")
    try:
        stores.ledger.give_back_all(settings.name, died=False)
    except Unavailable as error:
        logger.warning("worker %s: others will find what it held: %s", settings.name, error)
    logger.info("worker %s: left", settings.name)
    if worker.has_given_up:
        logger.error("worker %s: its GPU is of no more use to this process", settings.name)
        sys.exit(1)


def main() -> None:
    """Start a worker from the environment: the ``foldline worker`` behind the scenes."""
    try:
        logs.configure(LogSettings())
    except ValueError as error:
        sys.exit(f"Error: {error}")
    storage = StorageSettings()
    try:
        connect(storage.redis_url).ping()
    except ValueError as error:
        sys.exit(f"Error: {error}")
    except redis.RedisError as error:
        sys.exit(f"Error: the broker does not answer: {error}")
    run(storage, WorkerSettings())
