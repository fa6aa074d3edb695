"""The promise between the samples, and by how much a network keeps or breaks it: exactly.

For a largest error: at every x the network is at most so far off the straight lines between the
samples as it may be at the samples (their limits, interpolated), plus, for ``smooth``, what the
samples leave open there. Its excess over that is, between two neighbouring corners of network,
lines and bulge, a linear function minus a cubic of one sign: largest at a corner, or where a
quadratic derivative vanishes.

For a mean: the distance from the lines less what the samples leave open, and at least 0, has a root
mean square within the limit. Every interval counts like a sample, and its mean is over its x:

    sqrt(sum_i min(w_i, w_i+1) mean of excess^2 on [x_i, x_i+1] / sum_i w_i).

A function with its knots at samples keeps this if it holds the limit at them, because a square is
convex: its mean on an interval is at most that of its ends.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from schemas.samples import Samples
from schemas.target import BetweenSamples
from worker.numerics.arrays import AnyArray, IndexArray
from worker.numerics.problem.bulge import Bulge, interpolate
from worker.numerics.problem.mean_excess import square_integrals, stationary


class Piecewise(Protocol):
    """A continuous piecewise-linear function."""

    def __call__(self, x: AnyArray, /) -> AnyArray:
        """Values at x, [M] -> [M]."""


@dataclass(frozen=True, eq=False)
class Excess:
    """The excess where it can be largest.

    Attributes:
        x: every corner, and every stationary point that matters, [M], increasing.
        excess: there, [M], in units of y: above 0 where the promise is broken.
    """

    x: AnyArray
    excess: AnyArray

    @property
    def supremum(self) -> np.floating:
        """The largest excess."""
        largest: np.floating = self.excess.max()
        return largest

    def peaks(self) -> AnyArray:
        """Every x where the excess is above 0 and no less than at its neighbours, worst first."""
        padded = np.pad(self.excess, 1, constant_values=-np.inf)
        peak = (self.excess > 0.0) & (self.excess >= padded[:-2]) & (self.excess > padded[2:])
        found = np.flatnonzero(peak)
        return self.x[found[np.argsort(-self.excess[found], kind="stable")]]


class Promise:
    """What samples promise between them, in extended precision.

    Attributes:
        bulge: what the samples leave open; nothing for ``linear``.
    """

    def __init__(self, samples: Samples, between: BetweenSamples) -> None:
        """Take the samples' own units: nothing is rounded by scaling.

        Args:
            samples: in canonical form.
            between: what is promised.
        """
        self._x = samples.x.astype(np.longdouble)
        self._y = samples.y.astype(np.longdouble)
        self.bulge = Bulge.of(self._x, self._y, between)

    def largest_distance(self, network: Piecewise, breakpoints: AnyArray) -> np.floating:
        """Supremum of |network - lines|, attained at a breakpoint or a sample.

        Args:
            network: in units of x and y.
            breakpoints: every x where its slope may change, [K], both ends included.
        """
        corners = np.union1d(self._x, breakpoints)
        largest: np.floating = np.abs(self._distance(network, corners)).max()
        return largest

    def excess(
        self,
        network: Piecewise,
        breakpoints: AnyArray,
        limits: AnyArray,
        *,
        everywhere: bool = False,
    ) -> Excess:
        """|network - lines| - |bulge| - limits, where it can be largest.

        Args:
            network: in units of x and y.
            breakpoints: every x where its slope may change, [K], both ends included.
            limits: the largest distance allowed at the samples, [N], in units of y.
            everywhere: whether local maxima above 0 count, not only the largest.
        """
        corners, pieces = self._pieces(network, breakpoints, limits)
        at_starts, at_ends = pieces.excess(pieces.start), pieces.excess(pieces.end)
        at_corners = np.append(at_starts, at_ends[-1])
        floor = np.longdouble(0.0) if everywhere else at_corners.max()
        inside, heights = pieces.above(floor).stationary_points()
        x = np.concatenate([corners, inside])
        order = np.argsort(x, kind="stable")
        return Excess(x[order], np.concatenate([at_corners, heights])[order])

    def mean_excess(
        self, network: Piecewise, breakpoints: AnyArray, weight: AnyArray | None = None
    ) -> np.floating:
        """Root mean square of max(|network - lines| - |bulge|, 0) over the intervals.

        Args:
            network: in units of x and y.
            breakpoints: every x where its slope may change, [K], both ends included.
            weight: of the samples, [N], at least 0 and not all 0; an interval counts as much as the
                lighter of its two samples, so that nothing is promised beside one that does not.

        Returns:
            In units of y; not below the truth but for rounding.
        """
        nothing = np.zeros_like(self._x)
        _, pieces = self._pieces(network, breakpoints, nothing)
        largest = np.abs(pieces.distance).max()
        if largest == 0.0:
            return np.longdouble(0.0)
        share = np.ones_like(self._x) if weight is None else weight / weight.max()
        counts = np.minimum(share[:-1], share[1:])[pieces.interval]
        # In units of the largest distance squares neither overflow nor vanish.
        squares = counts @ pieces.squares(largest) / share.sum()
        mean: np.floating = largest * np.sqrt(squares)
        return mean

    def _pieces(
        self, network: Piecewise, breakpoints: AnyArray, limits: AnyArray
    ) -> tuple[AnyArray, "_Pieces"]:
        """Every corner, [P + 1], and the stretches between them."""
        corners = np.union1d(np.union1d(self._x, breakpoints), self.bulge.zeros())
        distance = self._distance(network, corners)
        interval = self.bulge.locate((corners[:-1] + corners[1:]) / 2)
        return corners, _Pieces(
            bulge=self.bulge,
            interval=interval,
            start=self.bulge.fraction(corners[:-1], interval),
            end=self.bulge.fraction(corners[1:], interval),
            distance=np.stack([distance[:-1], distance[1:]]),
            limits=np.stack([limits[interval], limits[interval + 1]]).astype(np.longdouble),
        )

    def _distance(self, network: Piecewise, x: AnyArray) -> AnyArray:
        return network(x) - interpolate(self._x, self._y, x)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Stretches, P of them, on which distance is linear and the bulge a cubic of one sign.

    Attributes:
        bulge: what the samples leave open.
        interval: of the samples, that each lies in, [P].
        start: fraction of the interval where each begins, [P].
        end: where it ends, [P].
        distance: network minus lines at both ends, [2, P].
        limits: at the samples on both sides of the interval, [2, P].
    """

    bulge: Bulge
    interval: IndexArray
    start: AnyArray
    end: AnyArray
    distance: AnyArray
    limits: AnyArray

    def excess(self, t: AnyArray) -> AnyArray:
        """The excess at a fraction t of each piece's interval, [P] -> [P]."""
        length = self.end - self.start
        along = np.divide(t - self.start, length, out=np.zeros_like(t), where=length > 0.0)
        distance = self.distance[0] + along * (self.distance[1] - self.distance[0])
        limit = self.limits[0] + t * (self.limits[1] - self.limits[0])
        found: AnyArray = np.abs(distance) - np.abs(self.bulge.height(t, self.interval)) - limit
        return found

    def above(self, floor: np.floating) -> "_Pieces":
        """Those whose excess may be above: elsewhere |distance| - limit, convex, already is not."""
        at_ends = np.abs(self.distance) - self.limits[0]
        steps = self.limits[1] - self.limits[0]
        bound = np.maximum(at_ends[0] - self.start * steps, at_ends[1] - self.end * steps)
        bent = (self.bulge.rise[self.interval] != 0.0) | (self.bulge.fall[self.interval] != 0.0)
        return self._at((bound > floor) & bent & (self.end > self.start))

    def stationary_points(self) -> tuple[AnyArray, AnyArray]:
        """Every x inside a piece where the excess is stationary, and the excess there."""
        places, heights = [], []
        left, right = self.bulge.x[self.interval], self.bulge.x[self.interval + 1]
        slope = (self.distance[1] - self.distance[0]) / (self.end - self.start)
        widening = self.limits[1] - self.limits[0]
        rise, fall = self.bulge.rise[self.interval], self.bulge.fall[self.interval]
        # |distance| rises or falls, and the bulge lies above or below: one of four is the case.
        for rising in (slope, -slope):
            for sign in (1, -1):
                for t in stationary(rise, fall, sign * (rising - widening)):
                    inside = (t > self.start) & (t < self.end)
                    at = np.where(inside, t, self.start)
                    places.append((left + at * (right - left))[inside])
                    heights.append(self.excess(at)[inside])
        return np.concatenate(places), np.concatenate(heights)

    def squares(self, unit: np.floating) -> AnyArray:
        """Integrals of max(|distance| - |bulge|, 0)^2 over t, in units of y squared, [P]."""
        rise, fall = self.bulge.rise[self.interval] / unit, self.bulge.fall[self.interval] / unit
        return square_integrals(self.start, self.end, self.distance / unit, rise, fall)

    def _at(self, chosen: AnyArray) -> "_Pieces":
        return _Pieces(
            bulge=self.bulge,
            interval=self.interval[chosen],
            start=self.start[chosen],
            end=self.end[chosen],
            distance=self.distance[:, chosen],
            limits=self.limits[:, chosen],
        )
