"""A pool's end of one fit process: its pipes, neither of which is ever waited for."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from worker.numerics.fit import FitRequest
from worker.numerics.pool import wire

PROCESS = "worker.numerics.pool.process"
ROOT = Path(__file__).parents[3]
# Seconds that a process has to leave once its standard input is closed.
LEAVES_WITHIN_S = 1.0
_CHUNK = 2**16


class Child:
    """One fit process.

    Attributes:
        number: of the question it works on; None while it is idle.
        request: the question; None before the first.
        kill_at: when it is ended by force, in seconds of ``time.monotonic``; None if it is not.
    """

    def __init__(self) -> None:
        """Start it; it takes a third of a second before it reads its first message."""
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            # -P: modules in the current directory are none of its business.
            [sys.executable, "-P", "-m", PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | one_thread | {"PYTHONPATH": os.pathsep.join(paths)},
            # Ctrl-C in a terminal is for the pool, which then ends its processes.
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.stdin, self.stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self.stdin.fileno(), False)
        os.set_blocking(self.stdout.fileno(), False)
        self.number: int | None = None
        self.request: FitRequest | None = None
        self.kill_at: float | None = None
        self._is_followed = False
        # Of its questions, how many were given to it, and how many it has said it begins.
        self._given, self._begun = 0, 0
        self._outgoing = memoryview(b"")
        self._incoming = bytearray()

    @property
    def alive(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.poll() is None

    @property
    def died_waiting(self) -> bool:
        """Of one that has died: whether it did before it began with the question it had last.

        It takes a moment until the system says so of one that was killed. One that has never begun
        with anything died for another reason.
        """
        return 0 < self._begun < self._given

    @property
    def has_more_to_send(self) -> bool:
        """Whether a message is still on its way to the process."""
        return bool(self._outgoing)

    def send(self, message: wire.Message) -> None:
        """Send a message, now or with later calls of ``send_on``."""
        self._outgoing = memoryview(bytes(self._outgoing) + wire.to_line(message))
        self.send_on()

    def send_on(self) -> None:
        """Send what the pipe takes."""
        try:
            while self._outgoing:
                sent = os.write(self.stdin.fileno(), self._outgoing[:_CHUNK])
                self._outgoing = self._outgoing[sent:]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            # It has died, as the end of its output says as well.
            self._outgoing = memoryview(b"")

    def receive(self) -> list[wire.Message]:
        """The messages that have arrived.

        Raises:
            EOFError: the process has died; messages before that were handed out.
        """
        try:
            while arrived := os.read(self.stdout.fileno(), _CHUNK):
                self._incoming += arrived
        except BlockingIOError:
            pass
        else:
            if b"\n" not in self._incoming:
                raise EOFError
        *lines, rest = self._incoming.split(b"\n")
        self._incoming = rest
        return [wire.from_line(bytes(line)) for line in lines]

    def kill(self) -> int:
        """End the process by force; returns how it ended: minus its signal, or its status."""
        self._process.kill()
        return self._end()

    def close(self) -> None:
        """Let the process end by itself, by force if it takes long."""
        self.stdin.close()
        try:
            self._process.wait(LEAVES_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._end()

    def ask(self, number: int, request: FitRequest) -> None:
        """Have it work on a question, under this number."""
        self.number, self.request, self.kill_at = number, request, None
        self._is_followed = False
        self._given += 1
        self.send(wire.ask(number, request))

    def note_begun(self) -> None:
        """It has said that it begins with its question."""
        self._begun = self._given

    def tell_followed(self, is_followed: Callable[[int], bool]) -> None:
        """Tell it whether somebody watches its network, if that has changed."""
        assert self.number is not None
        if is_followed(self.number) is not self._is_followed:
            self._is_followed = not self._is_followed
            self.send(wire.follow(self.number, followed=self._is_followed))

    def stop_by(self, seconds: float) -> None:
        """Tell it to stop; it may take so long."""
        assert self.number is not None
        self.kill_at = time.monotonic() + seconds
        self.send(wire.stop(self.number))

    def _end(self) -> int:
        self.stdin.close()
        self.stdout.close()
        return self._process.wait()
