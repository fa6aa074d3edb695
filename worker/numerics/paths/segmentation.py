"""The best cut of samples into groups, a line through each: least squares without continuity.

A continuous piecewise-linear function of S segments cuts the samples into at most S such groups.
So no function of S segments has a smaller root mean square, and where the lines of neighbouring
groups cross between them, the best continuous function is found already.

References:
    R. Bellman 1961, "On the approximation of curves by line segments using dynamic programming",
    CACM 4.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray

# Cuts are looked for at this many places at most: their costs are a square table.
MOST_CUTS = 512
# A knot may move this part of the neighbouring groups' widths to where their lines cross.
REACH = 0.25


@dataclass(frozen=True, eq=False)
class Points:
    """Samples to be averaged over.

    Attributes:
        u: scaled abscissae, [N], increasing.
        v: scaled ordinates, [N].
        weight: how much each counts, [N], positive, of sum 1.
    """

    u: FloatArray
    v: FloatArray
    weight: FloatArray


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The best cut into a number of groups.

    Attributes:
        starts: index of each group's first sample, and N, [S + 1].
        error: weighted root mean square of what the lines leave.
    """

    starts: IndexArray
    error: float


def segmentations(points: Points) -> Iterator[Segmentation]:
    """The best segmentation into 1, 2, 3, ... groups; exact up to ``MOST_CUTS`` samples.

    Yields:
        One after the other, until every place is cut.
    """
    count = points.u.size
    cuts = np.unique(np.linspace(0, count, min(count, MOST_CUTS) + 1).round().astype(np.intp))
    costs = _costs(points, cuts)
    columns = np.arange(cuts.size)
    best = np.where(columns == 0, 0.0, np.inf)
    came_from: list[IndexArray] = []
    for _ in range(cuts.size - 1):
        reached = best[:, None] + costs
        came_from.append(reached.argmin(0))
        best = reached[came_from[-1], columns]
        yield Segmentation(_traced(came_from, cuts), float(np.sqrt(best[-1])))


def _traced(came_from: list[IndexArray], cuts: IndexArray) -> IndexArray:
    place = cuts.size - 1
    found = [cuts[place]]
    for step in reversed(came_from):
        place = int(step[place])
        found.append(cuts[place])
    return np.array(found[::-1], dtype=np.intp)


def _costs(points: Points, cuts: IndexArray) -> FloatArray:
    """What the best line leaves of the samples between two cuts, [M, M]; infinite backwards."""
    # Differences of running sums cancel: extended precision keeps what a group leaves.
    u, v, w = (part.astype(np.longdouble) for part in (points.u, points.v, points.weight))
    running = np.cumsum(np.stack([w, w * u, w * v, w * u * u, w * u * v, w * v * v]), axis=1)
    at_cuts = np.concatenate([np.zeros_like(running[:, :1]), running], axis=1)[:, cuts]
    mass, su, sv, uu, uv, vv = at_cuts[:, None, :] - at_cuts[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = uu - su * su / mass
        slanted = (uv - su * sv / mass) ** 2 / spread
        left = vv - sv * sv / mass - np.where(spread > 0.0, slanted, 0.0)
    forwards = np.arange(cuts.size)[:, None] < np.arange(cuts.size)
    return np.where(forwards, np.maximum(left, 0.0), np.inf).astype(np.float64)


def joined(points: Points, segmentation: Segmentation) -> FloatArray:
    """Knots of a continuous function near the lines of a segmentation, [S + 1], increasing.

    Each is where the lines of its two groups cross, if that is not far from the gap between them.
    """
    u, starts = points.u, segmentation.starts
    lines = [_line(points, a, b) for a, b in itertools.pairwise(starts)]
    knots = [u[0]]
    for k, cut in enumerate(starts[1:-1]):
        left = u[cut - 1] - REACH * (u[cut - 1] - u[starts[k]])
        right = u[cut] + REACH * (u[starts[k + 2] - 1] - u[cut])
        (centre, value, slope), (centre1, value1, slope1) = lines[k], lines[k + 1]
        place = (left + right) / 2
        if slope != slope1:
            crossing = (value - slope * centre - value1 + slope1 * centre1) / (slope1 - slope)
            place = min(max(crossing, left), right)
        knots.append(place)
    knots.append(u[-1])
    if np.all(np.diff(knots) > 0.0):
        return np.array(knots)
    inner = starts[1:-1]
    return np.unique(np.concatenate([u[:1], (u[inner - 1] + u[inner]) / 2, u[-1:]]))


def _line(points: Points, start: int, end: int) -> tuple[float, float, float]:
    """The best line through samples start..end: a point of it, and its slope."""
    u, v, w = (part[start:end] for part in (points.u, points.v, points.weight))
    centre, value = np.average(u, weights=w), np.average(v, weights=w)
    spread = float(w @ (u - centre) ** 2)
    slope = float(w @ ((u - centre) * v)) / spread if spread > 0.0 else 0.0
    return float(centre), float(value), slope
