"""``foldline worker``: RQ's workers of a machine, kept alive, and what is due removed meanwhile."""

import logging
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from hosting import children
from hosting.supervisor import Part, Supervisor
from schemas.errors import Unavailable, WrongStore
from storage.connection import connect
from storage.job_queue import JobQueue
from storage.settings import StorageSettings
from telemetry import logs
from telemetry.settings import LogSettings
from worker.numerics.devices import choose_device, cores
from worker.retention import Retention
from worker.settings import WorkerSettings
from worker.usable_stores import await_stores

logger = logging.getLogger(__name__)

# The program of each of RQ's workers; its argument is a name.
WORKER = "worker"

# What a worker takes to leave, beside what its fit may take.
_LEAVES_WITHIN_S = 5.0


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


def _count(settings: WorkerSettings) -> int:
    """How many fit at the same time; a GPU is one worker's."""
    if choose_device(settings.device) != "cpu":
        return 1
    return settings.processes or cores()


class _Place:
    """A place for one of RQ's workers; each process in it has a name of its own."""

    def __init__(self, number: int, settings: WorkerSettings, queue: JobQueue) -> None:
        self._stem = f"{settings.name}-{number}"
        self._queue = queue
        self._name = ""

    def part(self) -> Part:
        return Part(f"worker {self._stem}", self._launch, after_death=self._let_go)

    def _launch(self) -> subprocess.Popen[bytes]:
        # RQ refuses the name of one that died a moment ago.
        self._name = f"{self._stem}-{secrets.token_hex(2)}"
        return children.start([sys.executable, "-P", "-m", WORKER, self._name])

    def _let_go(self) -> None:
        """Let another worker have the dead one's job at once."""
        try:
            self._queue.forget_worker(self._name)
        except Unavailable as error:
            logger.warning("worker %s: its job is found later: %s", self._name, error)


def run(storage: StorageSettings, settings: WorkerSettings) -> None:
    """Work until a signal asks to leave."""
    try:
        with _leaving_at_once():
            stores = await_stores(storage, refuse_wrong=True)
            assert stores is not None
    except (WrongStore, ValueError) as error:
        sys.exit(f"Error: {error}")
    stores.durability.look()
    queue = JobQueue(connect(storage.redis_url))
    workers = [_Place(number, settings, queue).part() for number in range(1, _count(settings) + 1)]
    supervisor = Supervisor(workers)
    supervisor.stop_on((signal.SIGINT, signal.SIGTERM))
    with Retention(stores, settings):
        logger.info("worker %s: ready, %d at a time", settings.name, len(workers))
        try:
            supervisor.run()
        finally:
            running = [part.process for part in workers if part.process is not None]
            children.stop(running, patience_s=settings.grace_s + _LEAVES_WITHIN_S)
    logger.info("worker %s: left", settings.name)


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
