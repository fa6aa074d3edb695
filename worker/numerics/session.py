"""One run of the engine: how long it may take, whether it is still wanted, where its time goes."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from schemas.jobs import Phase, Progress

# Called with the phase and how far the run is.
OnProgress = Callable[[Phase, Progress], None]
# Seconds between two calls of it: nobody sees more, and the caller may send each one somewhere.
TELLS_EVERY_S = 0.05


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
        device: torch.device,
    ) -> None:
        """Start the run's clock."""
        self.device = device
        self.seed = seed
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._started = time.perf_counter()
        self._limit = math.inf if time_limit_s is None else time_limit_s
        self._spent = dict.fromkeys(Phase, 0.0)
        self._phase = Phase.PREPARATION
        self._fraction = 0.0
        self._iteration = 0
        self._error: float | None = None
        self._told_at = -math.inf
        self._told: set[Phase] = set()

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

    def report(
        self, *, fraction: float | None = None, error: float | None = None, iterations: int = 0
    ) -> None:
        """Note how far the run is, and tell it now and then; what is not given stays as it was.

        The beginning of each phase, the first time, and the end are told at once.

        Args:
            fraction: done, 0 to 1.
            error: in the target's metric.
            iterations: done since the last report.
        """
        self._iteration += iterations
        if fraction is not None:
            # Never backwards: a second candidate does not undo what the first has shown.
            self._fraction = max(self._fraction, min(fraction, 1.0))
        if error is not None:
            self._error = error if self._error is None else min(error, self._error)
        self._tell(at_once=self._phase not in self._told or fraction == 1.0)

    def _tell(self, *, at_once: bool = False) -> None:
        now = self.elapsed_s
        if at_once or now >= self._told_at + TELLS_EVERY_S:
            self._told_at = now
            self._told.add(self._phase)
            told = Progress(fraction=self._fraction, iteration=self._iteration, error=self._error)
            self._on_progress(self._phase, told)
