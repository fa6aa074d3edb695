"""Paths for a mean square error: a corridor does not bound it, so its tolerance is searched for."""

import math
from collections.abc import Callable

import numpy as np

from schemas.samples import Samples
from schemas.target import BetweenSamples
from worker.numerics.arrays import FloatArray
from worker.numerics.paths.corridor import Held, hold, narrow
from worker.numerics.paths.links import Watch
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.bulge import interpolate
from worker.numerics.problem.preparation import Prepared
from worker.numerics.problem.promise import Promise

# A parabola's largest error over its root mean square, when it oscillates evenly: sqrt(15 / 7).
MAXIMUM_OVER_RMS = math.sqrt(15 / 7)
# Tolerances that are tried for the fewest segments, however many samples there are.
LEAST_TRIALS = 6
# A tolerance that holds and one that does not, so close together, are close enough.
NEARBY = 1.02
# Parts of the limit that are tried as a tolerance: the first nearly always does.
TOLERANCES = (1.0, 0.5, 0.25, 0.1)

# A path within a limit from the corridor of a tolerance; None if it is not, or was ended.
_Fits = Callable[[float, float, Watch], Polyline | None]


class MeanPaths:
    """Paths whose root mean square error is within a limit and that keep the promise."""

    def __init__(
        self,
        prepared: Prepared,
        between: BetweenSamples,
        *,
        stopped: Callable[[], bool],
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the problem.

        Args:
            prepared: the scaled problem.
            between: what is promised between its samples.
            stopped: asked between passes over the samples.
            alive: called during them.
        """
        self._prepared = prepared
        self._between = between
        self._stopped, self._alive = stopped, alive
        self._tube, self._bound = Tube(prepared, BetweenSamples.NONE), Tube(prepared, between)
        self._held: Held | None = None
        self._promise = Promise(Samples(x=prepared.x, y=prepared.v), between)

    def smallest(self, limit: float, *, loosest: float, at_samples: bool = False) -> Polyline:
        """A path with about the fewest segments whose error is within the limit.

        Args:
            limit: of the root mean square error.
            loosest: a tolerance that one segment holds.
            at_samples: whether knots are at samples only: a function that holds the limit there
                keeps the promise as well, whatever is rounded.
        """
        fits = self._knots_at_samples if at_samples else self._any_knots
        tight, path = self._first(fits, limit)
        loose = max(loosest, 2 * limit)
        held = None if tight == 0.0 or self._stopped() else self._hold(tight, self._stopped)
        if held is None:
            return path
        for step in range(max(LEAST_TRIALS, self._tube.centring_steps(held))):
            if self._stopped():
                return path
            if loose <= NEARBY * tight:
                break
            # An evenly oscillating error is the usual case: begin with what it would allow.
            trial = math.sqrt(tight * loose) if step else MAXIMUM_OVER_RMS * limit
            wider = fits(trial, limit, self._stopped)
            if wider is None:
                loose = trial
            else:
                tight, path = trial, wider
        return path if at_samples else self._centred(path, tight, limit)

    def _first(self, fits: _Fits, limit: float) -> tuple[float, Polyline]:
        """A tolerance and its path; if none fits in time, 0 and a knot at every sample."""
        for number, part in enumerate(TOLERANCES):
            if number and self._stopped():
                break
            path = fits(part * limit, limit, self._alive)
            if path is not None:
                return part * limit, path
        return 0.0, Polyline(self._prepared.x, self._prepared.v)

    def _centred(self, path: Polyline, tolerance: float, limit: float) -> Polyline:
        """As many segments, but centred: most often that leaves room for rounding as well."""
        held = self._hold(tolerance, self._stopped)
        if held is None:
            return path
        steps = self._tube.centring_steps(held)
        centred = narrow(
            held, self._tube.corridor, steps=steps, precision=NEARBY - 1, stopped=self._stopped
        ).path()
        better = centred.segments <= path.segments and self._rms(centred) < self._rms(path)
        return centred if better and self.keeps(centred, limit) else path

    def _any_knots(self, tolerance: float, limit: float, watch: Watch) -> Polyline | None:
        held = self._hold(tolerance, watch)
        if held is None:
            return None
        free = held.path()
        if self._rms(free) <= limit and self.keeps(free, limit):
            return free
        moved = self._within(self._moved_to_samples(free), limit)
        if moved is not None or self._between is BetweenSamples.NONE:
            return moved
        bound = hold(self._bound.corridor(tolerance), tolerance, watch=watch)
        path = None if bound is None else self._within(bound.path(), limit)
        return path if path is not None and self.keeps(path, limit) else None

    def _knots_at_samples(self, tolerance: float, limit: float, watch: Watch) -> Polyline | None:
        held = self._hold(tolerance, watch)
        return None if held is None else self._within(self._moved_to_samples(held.path()), limit)

    def _within(self, path: Polyline, limit: float) -> Polyline | None:
        return path if self._rms(path) <= limit else None

    def _moved_to_samples(self, path: Polyline) -> Polyline:
        """The path with every knot moved along it to the nearest sample."""
        x = self._prepared.x
        after = np.clip(np.searchsorted(x, path.x), 1, x.size - 1)
        nearest = np.where(path.x - x[after - 1] <= x[after] - path.x, after - 1, after)
        knots = x[np.unique(nearest)]
        return Polyline(knots, path(knots))

    def _hold(self, tolerance: float, watch: Watch) -> Held | None:
        """A shortest path; None if ``watch`` ended the search."""
        if self._held is None or self._held.tolerance != tolerance:
            found = hold(self._tube.corridor(tolerance), tolerance, watch=watch)
            if found is None:
                return None
            self._held = found
        return self._held

    def keeps(self, path: Polyline, limit: float) -> bool:
        """Whether it keeps the promise of a limit between the samples."""
        if self._between is BetweenSamples.NONE:
            return True
        weight = self._prepared.goal.units**-2.0
        found = self._promise.mean_excess(lambda x: interpolate(path.x, path.y, x), path.x, weight)
        return bool(found <= limit)

    def _rms(self, path: Polyline) -> float:
        residuals: FloatArray = path(self._prepared.x) - self._prepared.v
        return self._prepared.goal.norm(residuals)
