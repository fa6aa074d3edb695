"""The corridor of a problem: gates at its samples and, where a promise binds, a tube between them.

The tube of a ``smooth`` promise is bounded by cubics. Its corners make a polygon inside it: what
stays in the polygon keeps the promise. A bulge between two of its zeros, s from 0 to 1, is

    height(s) = s (1 - s) g(s),    g linear and nowhere negative,

whose first factor is replaced by chords between five points, where the polygon then has the full
height. The product of a chord and g bends one way: inwards it lies below by itself, outwards its
tangents do, which meet half-way. The polygon is at most a fifth of the bulge's largest height on
that stretch below the bulge itself.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from schemas.target import BetweenSamples
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.paths.corridor import Corridor, Held, hold
from worker.numerics.paths.limits import Limits
from worker.numerics.paths.links import Corners
from worker.numerics.problem.bulge import Bulge
from worker.numerics.problem.preparation import Prepared

# Where chords of s (1 - s) meet: equally far below it.
CHORDS = np.linspace(0.0, 1.0, 5)
# How close to a sample, as part of an interval, a function that may stray may do so.
BESIDE = 1 / 1024
# A bulge lower than this part of the limits beside it is not worth its corners.
NEGLIGIBLE = 1 / 64
# Bisection steps for centring a path in its corridor, by the gates they look at.
CENTRING_WORK = 300_000
MOST_CENTRING_STEPS = 20
GATES_A_WINDOW = 8
# Part of a bulge left to rounding, where it is much larger than the limits.
BULGE_MARGIN = 1e-9


@dataclass(frozen=True, eq=False)
class _Places:
    """Corners that a tube may have, in order of x.

    Attributes:
        interval: of the samples, that each lies in, [M].
        x: [M].
        line: the samples' linear interpolant there, scaled, [M].
        unit: of the limits, interpolated, [M].
        height: of the polygon inside the bulge, scaled, [M].
        highest: in the same interval, [M].
    """

    interval: IndexArray
    x: FloatArray
    line: FloatArray
    unit: FloatArray
    height: FloatArray
    highest: FloatArray


class Tube:
    """The corridor of a problem at any tolerance.

    Attributes:
        between: what binds between the samples.
    """

    def __init__(
        self, prepared: Prepared, between: BetweenSamples, *, straying: float = math.inf
    ) -> None:
        """Take the samples of a problem.

        Args:
            prepared: the scaled problem.
            between: what is promised between its samples.
            straying: where nothing is, how far off the lines the function may be all the same.
        """
        self.between = between
        self._straying = straying
        self._x, self._v, self._units = prepared.x, prepared.v, prepared.goal.units
        self._scaling = prepared.scaling

    def corridor(self, tolerance: float) -> Corridor:
        """The corridor of a tolerance in the goal's units."""
        width = tolerance * self._units
        return self.corridor_between(self._v - width, self._v + width, tolerance)

    def corridor_between(self, lower: FloatArray, upper: FloatArray, tolerance: float) -> Corridor:
        """The corridor of other limits at the samples, [N], and of a tolerance between them."""
        return Corridor(self._x, lower, upper, self._corners(tolerance))

    def centring_steps(self, held: Held) -> int:
        """How many passes over the gates a bisection may take."""
        # A path of nearly as many segments as samples has no freedom to be centred with.
        work = self._x.size + GATES_A_WINDOW * held.segments
        return min(MOST_CENTRING_STEPS, CENTRING_WORK // work)

    def hold(self, tolerance: float, alive: Callable[[], None] = lambda: None) -> Held:
        """A shortest path in the corridor of a tolerance in the goal's units.

        Args:
            tolerance: in the goal's units.
            alive: called every few thousand gates.
        """
        held = hold(self.corridor(tolerance), tolerance, watch=alive)
        assert held is not None
        return held

    def hold_within(
        self, tolerance: float, segments: int, stopped: Callable[[], bool] = lambda: False
    ) -> Held | None:
        """The same; None if it takes more segments, or was stopped before it was found."""
        return hold(self.corridor(tolerance), tolerance, at_most=segments, watch=stopped)

    def limits(self) -> Limits:
        """Gates and corners as rows, for any tolerance."""
        x, line, units, height = self._x, self._v, self._units, np.zeros_like(self._x)
        bound = self.between is not BetweenSamples.NONE or self._straying < math.inf
        if bound:
            places = self._places
            x = np.concatenate([x, places.x])
            line = np.concatenate([line, places.line])
            units = np.concatenate([units, places.unit])
            height = np.concatenate([height, places.height])
        order = np.argsort(x, kind="stable")
        u = (x[order] - self._scaling.x_start) / self._scaling.x_width
        return Limits(u, line[order], units[order], height[order], bound)

    def _corners(self, tolerance: float) -> Corners | None:
        if self.between is BetweenSamples.NONE and self._straying == math.inf:
            return None
        places = self._places
        worth = places.highest > NEGLIGIBLE * tolerance * places.unit
        width = tolerance * places.unit[worth] + places.height[worth]
        counts = np.bincount(places.interval[worth], minlength=self._x.size - 1)
        return Corners(
            offsets=np.concatenate([[0], np.cumsum(counts)]),
            x=places.x[worth],
            lower=places.line[worth] - width,
            upper=places.line[worth] + width,
        )

    @cached_property
    def _places(self) -> _Places:
        if self.between is BetweenSamples.NONE:
            interval, t, height = self._walls()
        else:
            interval, t, height = _polygon(Bulge.of(self._x, self._v, self.between))
        left, right = self._x[interval], self._x[interval + 1]
        x = left + t * (right - left)
        # Samples too close for corners between them have none.
        order = np.argsort(x, kind="stable")
        apart = np.diff(x[order], prepend=-np.inf) > 0.0
        kept = order[apart & (x[order] > left[order]) & (x[order] < right[order])]
        interval, t, height = interval[kept], t[kept], height[kept]
        highest = np.zeros(self._x.size - 1)
        np.maximum.at(highest, interval, height)
        return _Places(
            interval=interval,
            x=x[kept],
            line=self._v[interval] + t * (self._v[interval + 1] - self._v[interval]),
            unit=self._units[interval] + t * (self._units[interval + 1] - self._units[interval]),
            height=(1 - BULGE_MARGIN) * height,
            highest=highest[interval],
        )

    def _walls(self) -> tuple[IndexArray, FloatArray, FloatArray]:
        """Corners right beside the samples, as high as the function may stray."""
        interval = np.repeat(np.arange(self._x.size - 1), 2)
        t = np.tile([BESIDE, 1 - BESIDE], self._x.size - 1)
        return interval, t, np.full(t.size, self._straying)


def _polygon(bulge: Bulge) -> tuple[IndexArray, FloatArray, FloatArray]:
    """A polygon inside every bulge, without its ends at the samples.

    Returns:
        Interval, fraction t of it and height of every corner, each [M], in no order.
    """
    rise, fall = np.asarray(bulge.rise, np.float64), np.asarray(bulge.fall, np.float64)
    twice = np.flatnonzero(np.sign(rise) * np.sign(fall) > 0.0)
    once = np.flatnonzero((np.sign(rise) * np.sign(fall) <= 0.0) & ((rise != 0.0) | (fall != 0.0)))
    zero = rise[twice] / (rise[twice] + fall[twice])
    # s (1 - s) g(s) on each stretch: its interval, start and length, g(0) and g(1).
    interval = np.concatenate([once, twice, twice])
    start = np.concatenate([np.zeros(once.size), np.zeros(twice.size), zero])
    length = np.concatenate([np.ones(once.size), zero, 1 - zero])
    first = np.abs(
        np.concatenate([rise[once], zero * rise[twice], (1 - zero) * fall[twice] * zero])
    )
    last = np.abs(
        np.concatenate([fall[once], zero * (1 - zero) * rise[twice], (1 - zero) * fall[twice]])
    )
    s, height = _chords(first, last)
    at = np.where(np.isfinite(height), start + length * s, np.nan)
    stretch, _ = found = np.nonzero(np.isfinite(height.T))
    corner = found[1]
    return (
        np.concatenate([interval[stretch], twice]),
        np.concatenate([at.T[stretch, corner], zero]),
        np.concatenate([height.T[stretch, corner], np.zeros(twice.size)]),
    )


def _chords(first: FloatArray, last: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Corners of polygons below ``s (1 - s) (first (1 - s) + last s)``: for B of them, [C, B].

    NaN where a polygon needs no corner.
    """
    gain = last - first
    inner = CHORDS[1:-1, None]
    whole = inner * (1 - inner) * (first + gain * inner)
    slopes = np.diff(CHORDS * (1 - CHORDS)) / np.diff(CHORDS)
    middle = (CHORDS[:-1] + CHORDS[1:])[:, None] / 2
    factor = ((CHORDS * (1 - CHORDS))[:-1] + (CHORDS * (1 - CHORDS))[1:])[:, None] / 2
    outwards = slopes[:, None] * gain
    # Half-way between two chords' ends the tangents meet, below the product by what it bends.
    met = factor * (first + gain * middle) - outwards * (np.diff(CHORDS)[:, None] / 2) ** 2
    skewed = np.maximum(first, last) > 2 * np.minimum(first, last)
    met = np.where((outwards > 0.0) & skewed, np.maximum(met, 0.0), np.nan)
    s = np.concatenate([inner, middle])
    return np.broadcast_to(s, (s.size, first.size)), np.concatenate([whole, met])
