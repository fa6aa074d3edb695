"""Whether a curve is even about some axis, but for a line: looked for in its samples.

An axis is where the two sides differ by no more than a tolerance, once the line is taken off. It is
found by trying many, and never assumed: what is delivered is trained on all samples and judged by
them like every other network.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from worker.numerics.networks.mirrored import Axis
from worker.numerics.problem.preparation import Prepared, Scaling

# Centres that are tried at first, between these; the better half of neighbours so many times.
NEAREST, FURTHEST, TRIED = 0.2, 0.8, 61
REFINED = 40
GOLDEN = (3 - 5**0.5) / 2
# Points on either side at which both are compared.
COMPARED = 256
# A line that moves no point by more than this part of the tolerance is none.
NO_LINE = 0.25


def axis_of(sketch: Prepared, tolerance: float) -> Axis | None:
    """The axis about which a curve is even but for a line; None if there is none.

    Args:
        sketch: the problem on some samples.
        tolerance: how far the sides may be apart, half of it to each.
    """
    centres = np.linspace(NEAREST, FURTHEST, TRIED)
    tried = [_sides_about(sketch, centre) for centre in centres.tolist()]
    misses = np.array([np.inf, *(one.miss for one in tried), np.inf])
    inner = misses[1:-1]
    lowest = (inner <= misses[:-2]) & (inner <= misses[2:])
    # An axis may lie between two centres, whatever the tolerance takes for one elsewhere.
    between = np.flatnonzero(lowest & (inner > tolerance))
    lows, highs = centres[np.maximum(between - 1, 0)], centres[np.minimum(between + 1, TRIED - 1)]
    for low, high in zip(lows.tolist(), highs.tolist(), strict=True):
        tried.append(_sides_about(sketch, _best_between(sketch, low, high)))
    # A parabola is symmetric about every point: its middle has the shortest half.
    near = [one.axis for one in tried if one.miss <= tolerance]
    axis = min(near, key=lambda one: abs(one.centre - 0.5), default=None)
    if axis is None or abs(axis.slope) * axis.reach > NO_LINE * tolerance:
        return axis
    return Axis(axis.centre, 0.0)


def _best_between(sketch: Prepared, low: float, high: float) -> float:
    """The centre between these two about which the sides differ least, by golden sections."""
    for _ in range(REFINED):
        inner = low + (high - low) * GOLDEN, high - (high - low) * GOLDEN
        first, second = (_sides_about(sketch, one).miss for one in inner)
        low, high = (low, inner[1]) if first < second else (inner[0], high)
    return (low + high) / 2


def folded(prepared: Prepared, axis: Axis) -> Prepared:
    """The longer side of the problem, without the line, by its distance from the axis over R."""
    u, v = prepared.u, prepared.v
    right = axis.centre <= 0.5
    side = u > axis.centre if right else u < axis.centre
    beyond, units = u[side] - axis.centre, prepared.goal.units[side]
    level = v[side] - axis.slope * beyond
    if not right:
        beyond, units, level = beyond[::-1], units[::-1], level[::-1]
    far = np.concatenate([[0.0], np.abs(beyond) / axis.reach])
    far[-1] = 1.0
    apart = np.concatenate([[True], np.diff(far) > 0.0])
    level = np.concatenate([np.interp([axis.centre], u, v), level])[apart]
    goal = replace(prepared.goal, units=np.concatenate([units[:1], units])[apart])
    return Prepared(far[apart], far[apart], level, Scaling(0.0, 1.0, 0.0, 1.0), goal)


class _Sides(NamedTuple):
    """The sides of an axis.

    Attributes:
        axis: with the line that brings them nearest to each other.
        miss: half of how far they differ at most all the same, in the goal's units.
    """

    axis: Axis
    miss: float


def _sides_about(sketch: Prepared, centre: float) -> _Sides:
    """The line that brings both sides of a centre nearest to each other, and what it leaves."""
    u, v, units = sketch.u, sketch.v, sketch.goal.units
    far = np.linspace(0.0, min(centre, 1.0 - centre), COMPARED + 1)[1:]
    apart = np.interp(centre + far, u, v) - np.interp(centre - far, u, v)
    slope = float(apart @ far / (2 * far @ far))
    unit = np.interp(centre + far, u, units)
    miss = float((np.abs(apart - 2 * slope * far) / unit).max()) / 2
    return _Sides(Axis(centre, slope), miss)
