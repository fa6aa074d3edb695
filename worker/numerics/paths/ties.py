"""Paths that keep a limit where it ties: exactly, in numbers that float64 adds without rounding.

A limit ties where a path of so few segments must touch it. There nothing is left for rounding: what
touches must be right to the last bit. So first the limits are found that must be touched; all
others are narrowed a little. Then the lines of the path are replaced, one after the other, by lines
that pass what they touch exactly, and that meet at binary fractions of few digits: float64 holds
their products and sums without rounding. A line of a slope such as 1/3 no float64 weights have:
where one is forced there is no such path.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.paths.binary_lines import meet
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.spans import Point, Room, Span

# Parts of the limits that are taken from those that need not be touched, tried in this order.
NARROWED = (2.0**-4, 2.0**-8, 2.0**-12)
# What rounding of the search itself may take: a part of the limits, and ulp of the values.
ROUNDING, ULPS = 1e-9, 64
# A knot that is nearer to a sample, as a part of the gap between samples, lies on it.
ON_A_SAMPLE = 1e-6
# How many orders are tried in which limits are narrowed.
ORDERS = 6
# Gates that the search may look at, a second or two, and passes over all of them it needs at least.
MOST_GATES = 1_000_000
LEAST_PASSES = 32
# Beyond so many segments they are not replaced one by one.
MOST_SEGMENTS = 2000

# A path of so many segments between lower and upper limits at the samples; None if there is none.
PathBetween = Callable[[FloatArray, FloatArray], Polyline | None]
# A row for lower and one for upper limits, [2, N].
Sides = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SampleLimits:
    """How far off its samples a path may be.

    Attributes:
        x: [N], strictly increasing.
        y: [N].
        width: [N], nowhere negative.
    """

    x: FloatArray
    y: FloatArray
    width: FloatArray


def find_touching_path(
    limits: SampleLimits,
    path_between: PathBetween,
    *,
    inside: Callable[[float, float], bool],
    tries: Iterator[int],
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Polyline, bool] | None:
    """A path of so few segments that it touches its limits.

    Args:
        limits: at the samples.
        path_between: a path of so few segments between other limits, rounded.
        inside: whether a knot may be at x and y.
        tries: as long as it lasts further places of knots are tried.
        stopped: asked between searches; True ends them.

    Returns:
        The path, and whether it keeps its limits exactly: it does not where a line is forced whose
        slope is no binary fraction. None if none was found: if there is none of so many segments,
        or if the search would take long.
    """
    rounded: tuple[Polyline, bool] | None = None
    most = MOST_GATES // limits.x.size
    passes = iter(range(most if most >= LEAST_PASSES else 0))
    for share in NARROWED:
        urgency = np.zeros((2, limits.x.size), dtype=np.intp)
        while True:
            found = _touching(limits, path_between, share, urgency, passes)
            if found is None or stopped():
                break
            spans = _spans(limits, *found, share, inside)
            # Which limits must be touched depends on what is spared first: those of a line that no
            # weights have. What its span may touch instead stays wide until they are.
            hopeless = [span for span in spans if span.is_hopeless]
            if not hopeless or urgency.max() >= ORDERS:
                placed = meet(spans, tries)
                if placed is not None and placed[1]:
                    return placed
                rounded = rounded or placed
                break
            for span in hopeless:
                inside_it = (limits.x >= span.left[0]) & (limits.x <= span.right[1])
                urgency[:, inside_it] += 1
                urgency[found[1] & inside_it] += 1
    return rounded


def _touching(
    limits: SampleLimits,
    path_between: PathBetween,
    share: float,
    urgency: NDArray[np.intp],
    passes: Iterator[int],
) -> tuple[Polyline, Sides] | None:
    """A path, and the limits that it touches because every path of so many segments must.

    It keeps away from the others by a share of them. None if there is none, or it takes too long.
    Of limits of which one must be touched, the more urgent one is spared.
    """
    y, width = limits.y, limits.width
    rounding = np.maximum(ROUNDING * width, ULPS * np.spacing(np.abs(y) + width))
    # Where the limits agree there is nothing to narrow.
    narrow = np.where(width > rounding, (1 - share) * width, width + rounding)
    widths = np.tile(width + rounding, (2, 1))
    if next(passes, None) is None:
        return None
    found = path_between(y - widths[0], y + widths[1])
    if found is None or found.segments > MOST_SEGMENTS:
        return None
    waiting = _near(limits, found, narrow) | (urgency > 0)
    widths = np.where(waiting, widths, narrow)
    must = np.zeros_like(waiting)
    sides, places = np.nonzero(waiting)
    order = np.lexsort([places, -urgency[sides, places]])
    groups: list[tuple[IndexArray, IndexArray]] = [(sides[order], places[order])]
    while groups:
        if next(passes, None) is None:
            return None
        group = groups.pop()
        before = widths[group]
        widths[group] = narrow[group[1]]
        if group[0].size == 0 or path_between(y - widths[0], y + widths[1]):
            continue
        widths[group] = before
        half = group[0].size // 2
        if half == 0:
            must[group] = True
        else:
            groups += [(group[0][half:], group[1][half:]), (group[0][:half], group[1][:half])]
    found = path_between(y - widths[0], y + widths[1])
    if found is None:
        return None
    above = found(limits.x) - y
    touched = must & (np.stack([-above, above]) > narrow)
    touched[0] |= width <= rounding
    return found, touched


def _near(limits: SampleLimits, path: Polyline, narrow: FloatArray) -> Sides:
    """The limits that a path comes near to at a sample, or at a knot beside it."""
    above = path(limits.x) - limits.y
    near = np.stack([-above, above]) > narrow
    knots = path.x[1:-1]
    after = np.clip(np.searchsorted(limits.x, knots), 1, limits.x.size - 1)
    off = path.y[1:-1] - np.interp(knots, limits.x, limits.y)
    far = np.stack([-off, off]) > np.interp(knots, limits.x, narrow)
    for side in (0, 1):
        beside = after[far[side]]
        near[side, beside] = near[side, beside - 1] = True
    return near


def _spans(
    limits: SampleLimits,
    path: Polyline,
    touched: Sides,
    share: float,
    inside: Callable[[float, float], bool],
) -> list[Span]:
    """What is known of the lines that are to replace those of the path."""
    x, y, width = limits.x, limits.y, limits.width
    low, high = (np.where(side, width, (1 - share / 2) * width) for side in touched)
    room = Room(x, y - low, y + high, inside)
    gaps = [(x[0], x[0]), *_gaps(x, path.x[1:-1], touched[0] | touched[1]), (x[-1], x[-1])]
    slopes = np.diff(path.y) / np.diff(path.x)
    spans = []
    for k, (left, right) in enumerate(pairwise(gaps)):
        within = slice(np.searchsorted(x, left[1]), np.searchsorted(x, right[0], side="right"))
        spans.append(
            Span(
                line=(float(path.x[k]), float(path.y[k]), float(slopes[k])),
                end=float(path.x[k + 1]),
                points=_points(limits, touched, within),
                room=room,
                spare=share / 4 * float(width[within].min(initial=width.max())),
                left=left,
                right=right,
            )
        )
    return spans


def _points(limits: SampleLimits, touched: Sides, within: slice) -> tuple[Point, ...]:
    """The limits that are touched in a span, as points."""
    places, sides = np.nonzero(touched[:, within].T)
    return tuple(
        (Fraction(x), Fraction(y) + (1 if side else -1) * Fraction(width))
        for x, y, width, side in zip(
            *(column[within][places].tolist() for column in (limits.x, limits.y, limits.width)),
            sides.tolist(),
            strict=True,
        )
    )


def _gaps(
    x: FloatArray, knots: FloatArray, touched: NDArray[np.bool_]
) -> list[tuple[float, float]]:
    """Between which x each knot may move: samples beside it, or the sample that it touches."""
    after = np.clip(np.searchsorted(x, knots), 1, x.size - 1)
    nearest = after - (knots - x[after - 1] < x[after] - knots)
    on_it = np.abs(knots - x[nearest]) <= ON_A_SAMPLE * (x[after] - x[after - 1])
    first = np.where(on_it, np.where(touched[nearest], nearest, nearest - 1), after - 1)
    last = np.where(on_it, np.where(touched[nearest], nearest, nearest + 1), after)
    return list(zip(x[first].tolist(), x[np.minimum(last, x.size - 1)].tolist(), strict=True))
