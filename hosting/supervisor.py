"""Keeping processes alive: what dies is started again, until a signal asks to stop."""

import logging
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence

logger = logging.getLogger(__name__)

TICK_S = 0.1
# A part that dies sooner than this after its start is in trouble: wait before the next start.
SOUND_AFTER_S = 10.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


class Part:
    """One process that is kept alive.

    Attributes:
        name: what the log calls it.
        process: the process, while there is one.
    """

    def __init__(
        self,
        name: str,
        launch: Callable[[], subprocess.Popen[bytes]],
        *,
        after_death: Callable[[], None] = lambda: None,
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            name: what the log calls it.
            launch: starts the process.
            after_death: called when the process has ended, before it is started again.
            process: one that runs already.
        """
        self.name = name
        self.process = process
        self._launch = launch
        self._after_death = after_death
        self._started_at = time.monotonic()
        self._start_at = -float("inf")
        self._wait_s = 0.0

    def tend(self) -> None:
        """Notice the end of the process, and start it when it is time to.

        A start that the system refuses, for want of memory say, counts as a process that has died.
        """
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self._plan_restart(f"ended with status {self.process.returncode}", now)
            self.process = None
            self._after_death()
        if self.process is None and now >= self._start_at:
            self._started_at = now
            try:
                self.process = self._launch()
            except OSError as error:
                self._plan_restart(f"could not be started: {error}", now)

    def _plan_restart(self, what: str, now: float) -> None:
        if now - self._started_at >= SOUND_AFTER_S:
            self._wait_s = 0.0
        self._start_at = now + self._wait_s
        logger.warning("%s %s, starting it again in %.1f s", self.name, what, self._wait_s)
        self._wait_s = min(max(2 * self._wait_s, FIRST_WAIT_S), LONGEST_WAIT_S)


class Supervisor:
    """Keeps parts alive until it is asked to stop."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Take charge of these parts; nothing is started yet."""
        self._parts = parts
        # No event: its lock may be held by what a signal interrupts, which then never goes on.
        self._stopping = False

    def run(self, *, on_tick: Callable[[], None] = lambda: None) -> None:
        """Keep all parts alive; returns when ``request_stop`` was called.

        Args:
            on_tick: called after each look at the parts.
        """
        while not self._stopping:
            for part in self._parts:
                part.tend()
            on_tick()
            time.sleep(TICK_S)

    def request_stop(self) -> None:
        """End ``run``; a second call kills what is still leaving. Safe in a signal handler."""
        if self._stopping:
            for part in self._parts:
                if part.process is not None:
                    part.process.kill()
        self._stopping = True

    def stop_on(self, signals: Iterable[signal.Signals]) -> None:
        """Let these signals ask to stop; for the main thread."""
        for number in signals:
            signal.signal(number, lambda *_: self.request_stop())
