"""Foldline's parts as processes on this machine, for the benchmarks that go through HTTP."""

import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli import parts
from cli.broker import start_broker
from cli.listening import open_listeners
from hosting import children

HERE = "127.0.0.1"
START_S, POLL_S, STOP_S = 60.0, 0.05, 20.0


@dataclass(frozen=True)
class Serving:
    """An API that answers.

    Attributes:
        port: where, on this machine.
        redis_url: its broker.
    """

    port: int
    redis_url: str


@contextmanager
def serving(parent: Path | None, *, apis: int = 1, worker_processes: int = 0) -> Iterator[Serving]:
    """Broker, API and, if it is to fit anything, one worker.

    Args:
        parent: the directory in which the data is kept, gone at the end; None for the usual one.
        apis: API processes, on one port.
        worker_processes: fits at the same time; 0 for no worker.
    """
    data_dir = Path(tempfile.mkdtemp(prefix="foldline-bench-", dir=parent))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, data_dir, ignore_errors=True)
        broker = stack.enter_context(start_broker(data_dir))
        # Whatever the shell says, the figures are of these settings.
        environment = parts.environment(broker.url, data_dir) | {"FOLDLINE_REQUIRE_KEYS": "false"}
        listeners = stack.enter_context(open_listeners(HERE, 0, apis))
        log = stack.enter_context((data_dir / "log").open("wb"))
        running: list[subprocess.Popen[bytes]] = []
        stack.callback(lambda: children.stop(running, patience_s=STOP_S))
        for fd in (listener.fileno() for listener in listeners):
            command = parts.api_command(fd)
            running.append(
                children.start(command, environment=environment, log=log, keep_open=[fd])
            )
        if worker_processes:
            fitting = {
                "FOLDLINE_WORKER_PROCESSES": str(worker_processes),
                "FOLDLINE_WORKER_DEVICE": "cpu",
            }
            theirs = parts.worker_environment(environment | fitting)
            running.append(children.start(parts.WORKER_COMMAND, environment=theirs, log=log))
        port = listeners[0].getsockname()[1]
        _await_answer(port, "/readyz")
        yield Serving(port, broker.url)


@contextmanager
def bare_uvicorn() -> Iterator[int]:
    """The port of a server that reads a body and answers 202, and does nothing else."""
    with open_listeners(HERE, 0, 1) as (listener,):
        fd, port = listener.fileno(), listener.getsockname()[1]
        # Not with -P: the server is a module of the benchmarks, which are not installed.
        command = (parts.PYTHON[0], "-m", "benchmarks._bare_uvicorn", str(fd))
        process = children.start(command, keep_open=[fd])
        try:
            _await_answer(port, "/")
            yield port
        finally:
            children.stop([process], patience_s=STOP_S)


def _await_answer(port: int, path: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            urllib.request.urlopen(f"http://{HERE}:{port}{path}", timeout=START_S).close()
        except urllib.error.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_S)
        else:
            return
