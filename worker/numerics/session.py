"""One run of the engine: how long it may take, whether it is still wanted, where its time goes."""

import math
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from schemas.jobs import Outline, Phase, Progress
from worker.numerics.devices import Device

# Makes the outline of the network that is being trained, if there is one.
Draw = Callable[[], Outline | None]
# Called with the phase, how far the run is, and that outline if the run is followed.
OnProgress = Callable[[Phase, Progress, Outline | None], None]
# Seconds between two calls of it: nobody sees more, and the caller may send each one somewhere.
TELLS_EVERY_S = 0.05
Found = TypeVar("Found")


class Session:
    """The state of one run that every part of the engine shares.

    Attributes:
        device: where batches are computed.
        seed: of every random number of the run.
    """

    def __init__(
        self,
        *,
        on_progress: OnProgress,
        should_stop: Callable[[], bool],
        time_limit_s: float | None,
        seed: int,
        device: Device,
        is_followed: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start the run's clock.

        Args:
            on_progress: told how far the run is.
            should_stop: whether it is to end with the best found so far.
            time_limit_s: seconds after which it ends so; None for no limit.
            seed: of every random number of the run.
            device: where batches are computed.
            is_followed: whether somebody watches the network being trained.
        """
        self.device = device
        self.seed = seed
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._is_followed = is_followed
        self._started = time.perf_counter()
        self._limit = math.inf if time_limit_s is None else time_limit_s
        self._spent = dict.fromkeys(Phase, 0.0)
        self._phase = Phase.PREPARATION
        self._fraction = 0.0
        self._iteration = 0
        self._error: float | None = None
        self._tells_errors = True
        self._draw: Draw = lambda: None
        self._told_at = -math.inf
        self._told: set[Phase] = set()
        self._found: dict[Hashable, Any] = {}

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self._started

    def stopped(self) -> bool:
        """Whether to end now with the best found so far; asking is also a sign of life."""
        self._tell()
        return self.elapsed_s >= self._limit or self._should_stop()

    def alive(self) -> None:
        """A sign of life from work that cannot be left out, whatever the clock says."""
        self._tell()

    def once(self, what: Hashable, find: Callable[[], Found]) -> Found:
        """What was found in this run before under the same name, else what is found now."""
        if what not in self._found:
            self._found[what] = find()
        found: Found = self._found[what]
        return found

    def spent_s(self, phase: Phase) -> float:
        """Seconds spent in a phase so far."""
        return self._spent[phase]

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Count the time inside as this phase's."""
        self._phase = phase
        self.report()
        began = time.perf_counter()
        try:
            yield
        finally:
            self._spent[phase] += time.perf_counter() - began

    @contextmanager
    def other_errors(self) -> Iterator[None]:
        """Errors reported inside are in another measure than the target's: nobody is told."""
        self._tells_errors = False
        try:
            yield
        finally:
            self._tells_errors = True

    def report(
        self,
        *,
        fraction: float | None = None,
        error: float | None = None,
        iterations: int = 0,
        current: Draw | None = None,
    ) -> None:
        """Note how far the run is, and tell it now and then; what is not given stays as it was.

        The beginning of each phase, the first time, and the end are told at once.

        Args:
            fraction: done, 0 to 1.
            error: in the target's metric.
            iterations: done since the last report.
            current: makes the outline of the network that is being trained; called when that is
                told, and if the run is followed.
        """
        self._iteration += iterations
        if fraction is not None:
            # Never backwards: a second candidate does not undo what the first has shown.
            self._fraction = max(self._fraction, min(fraction, 1.0))
        if error is not None and self._tells_errors:
            self._error = error if self._error is None else min(error, self._error)
        if current is not None:
            # Once: work without a new network has nothing new to show.
            self._draw = cache(current)
        self._tell(at_once=self._phase not in self._told or fraction == 1.0)

    def _tell(self, *, at_once: bool = False) -> None:
        now = self.elapsed_s
        if at_once or now >= self._told_at + TELLS_EVERY_S:
            self._told_at = now
            self._told.add(self._phase)
            told = Progress(fraction=self._fraction, iteration=self._iteration, error=self._error)
            outline = self._draw() if self._is_followed() else None
            self._on_progress(self._phase, told, outline)
