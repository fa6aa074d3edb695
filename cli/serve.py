"""``foldline serve``: broker, API, workers and notifier on one machine, under one supervisor."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from cli import parts
from cli.broker import Broker, start_broker
from cli.exposure import REQUIRE_KEYS, with_keys_decided
from cli.listening import open_listeners
from hosting import children
from hosting.supervisor import Part, Supervisor
from schemas.errors import Unavailable
from service.settings import ServiceSettings
from storage.connection import connect
from storage.jobs import RedisJobLedger
from storage.lost_jobs import LostJobs
from storage.private import OTHERS
from telemetry import logs
from telemetry.settings import LogSettings

# A worker notices between two iterations of a fit that it should leave.
PATIENCE_S = 10.0
PROBE_TIMEOUT_S = 2.0


class ServeError(Exception):
    """The service cannot be started; the message says why."""


@dataclass(frozen=True)
class ServeOptions:
    """What ``foldline serve`` was asked for.

    Attributes:
        data_dir: where everything is kept.
        host: the address the API listens on.
        port: its port; 0 for a free one.
        workers: how many fit at the same time.
        api_processes: number of API processes.
        redis_url: a broker to use instead of the embedded one.
        root_path: the prefix below which a proxy offers the service.
        as_json: whether to say in JSON where it is.
    """

    data_dir: Path
    host: str
    port: int
    workers: int
    api_processes: int = 1
    redis_url: str | None = None
    root_path: str | None = None
    as_json: bool = False


def default_workers() -> int:
    """Fits at the same time: one for each core but one, which the API and the broker share."""
    available = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, available - 1)


def serve(options: ServeOptions) -> None:
    """Run everything until a signal asks to stop.

    Raises:
        ServeError: the given broker does not answer, or a setting makes no sense.
        ListenError: the port cannot be listened on.
        BrokerError: the embedded broker cannot be started.
    """
    try:
        logs.configure(LogSettings())
    except ValueError as error:
        raise ServeError(str(error)) from error
    # The broker's files hold secrets, and are written by a process of others' making.
    os.umask(OTHERS)
    with (
        open_listeners(options.host, options.port, options.api_processes) as listeners,
        _broker(options) as (url, broker),
    ):
        if broker is not None:
            # Nobody else uses this broker: whatever was in work when it stopped is free. What ended
            # it all at once, a crash of the machine say, was not the jobs' doing.
            LostJobs(connect(url)).take_back_all()
        environment = with_keys_decided(
            parts.environment(url, options.data_dir, options.root_path), options.host
        )
        clients = [
            *(
                Part("the API", partial(_start_api, listener, environment))
                for listener in listeners
            ),
            Part("the notifier", lambda: _start_notifier(environment)),
            Part("the workers", partial(_start_workers, options.workers, environment)),
        ]
        brokers = [] if broker is None else [_kept_alive(broker)]
        supervisor = Supervisor([*brokers, *clients])
        supervisor.stop_on((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        try:
            supervisor.run(on_tick=_Announcement(options, listeners[0], environment).make)
        finally:
            # Those that use the broker leave first; the broker leaves with its block.
            running = [part.process for part in clients if part.process is not None]
            children.stop(running, patience_s=PATIENCE_S)
    if not options.as_json:
        typer.echo("Stopped.")


def _kept_alive(broker: Broker) -> Part:
    return Part("the broker", broker.launch, process=broker.process)


class _Announcement:
    """Says once, as soon as the API answers, where it is."""

    def __init__(
        self, options: ServeOptions, listener: socket.socket, environment: dict[str, str]
    ) -> None:
        self._options = options
        self._keys = ServiceSettings.model_validate(
            {"require_keys": environment[REQUIRE_KEYS]}
        ).require_keys
        self._port: int = listener.getsockname()[1]
        self._made = False

    def make(self) -> None:
        if self._made or not _ready(_reachable(self._options.host), self._port):
            return
        self._made = True
        host = _reachable(self._options.host)
        url = f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"
        if self._options.as_json:
            self._tell_programs(url)
        else:
            self._tell_people(url)

    def _tell_programs(self, url: str) -> None:
        document = {
            "url": url,
            "data_dir": str(self._options.data_dir.resolve()),
            "workers": self._options.workers,
            "needs_key": self._keys,
        }
        typer.echo(json.dumps(document))

    def _tell_people(self, url: str) -> None:
        typer.echo(f"Foldline is ready: {url}  (API: {url}/docs)")
        typer.echo(
            f"Data in {self._options.data_dir.resolve()}, {self._options.workers} worker(s). "
            "Ctrl-C stops."
        )
        if self._keys:
            typer.echo(
                "Every request needs a key: foldline keys create --scope admin "
                f"--data-dir {self._options.data_dir}"
            )


@contextmanager
def _broker(options: ServeOptions) -> Iterator[tuple[str, Broker | None]]:
    """The broker's address, and the broker if it is ours."""
    if options.redis_url is not None:
        _check(options.redis_url)
        yield options.redis_url, None
        return
    with start_broker(options.data_dir) as broker:
        yield broker.url, broker


def _check(redis_url: str) -> None:
    try:
        RedisJobLedger(connect(redis_url)).ping()
    except ValueError as error:
        raise ServeError(str(error)) from error
    except Unavailable as error:
        raise ServeError(f"--redis-url: {error}") from error


def _start_api(listener: socket.socket, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    fd = listener.fileno()
    return children.start(parts.api_command(fd), environment=environment, keep_open=[fd])


def _start_notifier(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return children.start(parts.NOTIFIER_COMMAND, environment=environment)


def _start_workers(count: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    given = environment | {"FOLDLINE_WORKER_PROCESSES": str(count)}
    return children.start(parts.WORKER_COMMAND, environment=parts.worker_environment(given))


def _reachable(host: str) -> str:
    """An address at which this machine reaches a server that listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def _ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
