"""The exact breakpoint table: a network's piecewise-linear function, propagated layer by layer.

On a piece where all layers so far are linear, a neuron's pre-activation is linear too and crosses
zero at most once: at ``x0 + (x1 - x0) z0 / (z0 - z1)``. All neurons on all pieces at once give the
breakpoints after the layer. No sampling is involved.
"""

import math

import numpy as np

from schemas.table import BreakpointTable
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.networks.delivery import Delivery, ExtendedArray, in_extended
from worker.numerics.networks.wide import real_sums

# Neighbouring segments are one when the point between them lies this close to the line that would
# replace it, in ulp of the terms that sum to y: what their summation blurs anyway.
MERGE_ULPS = 16.0


def propagate(delivery: Delivery, x_min: float, x_max: float) -> ExtendedArray:
    """Every x in [x_min, x_max] where the network's slope may change, ends included.

    Args:
        delivery: the network; its weights are taken as exact numbers.
        x_min: start of the interval.
        x_max: end of the interval.

    Returns:
        Breakpoints in extended precision, [M], strictly increasing, from x_min to x_max.
    """
    x = np.array([x_min, x_max], dtype=np.longdouble)
    layers = in_extended(delivery.weights)
    for depth in range(len(layers) - 1):
        weight, bias = layers[depth]
        before = real_sums(layers[: depth + 1], x)
        left, right = before[:, :-1], before[:, 1:]
        neuron, piece = np.nonzero(np.sign(left) * np.sign(right) < 0.0)
        if depth == 0:
            # One piece: the crossing is the neuron's knot itself, with one rounding only.
            crossings = -bias[neuron] / weight[neuron, 0]
        else:
            z0, z1 = left[neuron, piece], right[neuron, piece]
            crossings = x[piece] + (x[piece + 1] - x[piece]) * (z0 / (z0 - z1))
        inside = crossings[(crossings > x_min) & (crossings < x_max)]
        x = np.unique(np.concatenate([x, inside]))
    return x


def merge(x: FloatArray, y: FloatArray, *, blur: float) -> IndexArray:
    """Which points of a piecewise-linear function are needed.

    Args:
        x: [M], strictly increasing.
        y: [M].
        blur: how far a dropped point may lie above or below the line that replaces it.

    Returns:
        Indices of the points to keep, increasing; the ends are among them.
    """
    needed = np.zeros(x.size, dtype=bool)
    needed[[0, -1]] = True
    kept: IndexArray = np.arange(x.size, dtype=np.intp)
    while True:
        left, middle, right = kept[:-2], kept[1:-1], kept[2:]
        slope = (y[right] - y[left]) / (x[right] - x[left])
        distance = np.abs(y[left] + slope * (x[middle] - x[left]) - y[middle])
        spare = (distance <= blur) & ~needed[middle]
        # Two neighbours never go at once: each was judged with the other in place.
        spare[1:] &= ~spare[:-1] | (np.arange(1, spare.size) % 2 == 1)
        spare[:-1] &= ~spare[1:]
        if not spare.any():
            return kept
        trial = np.delete(kept, 1 + np.flatnonzero(spare))
        strayed = np.abs(np.interp(x, x[trial], y[trial]) - y) > blur
        needed |= strayed
        kept = np.union1d(trial, np.flatnonzero(strayed))


def tabulate(
    delivery: Delivery,
    x_min: float,
    x_max: float,
    *,
    slack: float = math.inf,
    breakpoints: ExtendedArray | None = None,
) -> tuple[BreakpointTable, ExtendedArray]:
    """The breakpoint table, and the breakpoints it was merged from.

    Args:
        delivery: the network.
        x_min: start of the table.
        x_max: end of the table.
        slack: how far the table may be off before it misses a target that the network meets.
        breakpoints: those of the network, if they are known, [M].

    Returns:
        The table in float64, and every breakpoint before merging and rounding, [M].
    """
    if breakpoints is None:
        breakpoints = propagate(delivery, x_min, x_max)
    x = np.unique(breakpoints.astype(np.float64))
    y = delivery.real_function(x).astype(np.float64)
    blur = min(MERGE_ULPS * float(np.spacing(delivery.magnitude(x))), slack)
    kept = merge(x, y, blur=blur)
    table_x, table_y = x[kept], y[kept]
    slope = np.diff(table_y) / np.diff(table_x)
    intercept = table_y[:-1] - slope * table_x[:-1]
    table = BreakpointTable(
        x=table_x.tolist(),
        y=table_y.tolist(),
        slope=np.append(slope, slope[-1]).tolist(),
        intercept=np.append(intercept, intercept[-1]).tolist(),
    )
    return table, breakpoints
