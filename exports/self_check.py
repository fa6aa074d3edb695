"""Pairs of input and output by which a receiver of an export can tell that it is computed right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.check import Check
from schemas.network import Network, Outside, evaluate
from schemas.table import BreakpointTable

PAIRS = 16
# Of the pairs so many lie outside the interval on either side: extrapolation is checked, too.
OUTSIDE = 2
# How far outside the furthest lies, in lengths of the interval.
REACH = 0.25

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SelfCheck:
    """Pairs of input and output.

    Attributes:
        x: inputs, [16], each a number of the network's dtype.
        y: outputs there, [16].
        within: how far an export's outputs may be from these, [16]: what rounding can do in the
            network's dtype, whatever the order of its sums; of a table also how far it is from the
            network.
    """

    x: FloatArray
    y: FloatArray
    within: FloatArray

    def document(self) -> Check:
        """The pairs as JSON has them."""
        return Check(x=self.x.tolist(), y=self.y.tolist(), within=self.within.tolist())


def self_check(network: Network, x_min: float, x_max: float) -> SelfCheck:
    """Pairs of a network, over the interval of its samples and a little beyond.

    Those inside include both ends and otherwise avoid round fractions, at which breakpoints are.
    """
    inside = PAIRS - 2 * OUTSIDE
    # Evenly spread, each moved by a different fraction of the step: an additive golden sequence.
    shift = (np.arange(inside) * 0.618033988749895) % 1.0 - 0.5
    fractions = (np.arange(inside) + 0.4 * shift) / (inside - 1)
    fractions[0], fractions[-1] = 0.0, 1.0
    beyond = REACH * np.arange(1, OUTSIDE + 1) / OUTSIDE
    fractions = np.concatenate([-beyond[::-1], fractions, 1.0 + beyond])
    dtype = network.dtype.value
    largest = float(np.finfo(dtype).max)
    x = (x_min + fractions * (x_max - x_min)).clip(-largest, largest).astype(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        y = evaluate(network, x)
    # Beyond the range of the dtype nothing can be compared: there the nearest end is asked.
    x = np.where(np.isfinite(y), x, np.clip(x, x[OUTSIDE], x[-OUTSIDE - 1]))
    y = evaluate(network, x)
    within = 2.0 * rounding_bound(network, x)
    return SelfCheck(x.astype(np.float64), y.astype(np.float64), within)


def rounding_bound(network: Network, x: NDArray[np.floating]) -> FloatArray:
    """How far the network's value at x may be from the real function's, [N], by rounding alone.

    For every order of summation, with or without fused multiplication. The error of a sum of n
    products is at most n eps times the sum of their magnitudes, and errors of its terms pass on
    through the magnitudes of the weights (Higham, Accuracy and Stability of Numerical Algorithms,
    section 3.1); ReLU enlarges none.
    """
    eps = float(np.finfo(network.dtype.value).eps)
    value = np.asarray(x, dtype=np.float64)[:, None]
    beyond = np.zeros(value.size)
    if network.outside is not None:
        inside, added = network.outside.split(value[:, 0])
        value, beyond = inside[:, None].astype(np.float64), np.abs(added).astype(np.float64)
    error = np.zeros_like(value)
    layers = network.weights()
    for index, (weight, bias) in enumerate(layers):
        matrix, offset = weight.astype(np.float64).T, bias.astype(np.float64)
        magnitude = np.abs(value) @ np.abs(matrix) + np.abs(offset)
        carried = error @ np.abs(matrix)
        error = carried + (len(matrix) + 2) * eps * (magnitude + carried)
        value = value @ matrix + offset
        if index + 1 < len(layers):
            value = np.maximum(value, 0.0)
    return np.asarray(error[:, 0] + 4.0 * eps * (beyond + np.abs(value[:, 0])))


def table_check(
    network: Network, outside: Outside, table: BreakpointTable, x: FloatArray, deviation: float
) -> SelfCheck:
    """Pairs of a network for its table: not of the rows, which would only say themselves again.

    The table may be off by ``deviation``, also outside, where it goes on from its ends; the network
    itself by its rounding, whose bound has room for ends that are rounded to its dtype; and whoever
    reads the table by rounding in float64.

    Args:
        network: the network, as its layers alone have it.
        outside: what the table does outside, in whose float64 it is added here, too.
        table: the table.
        x: the inputs, [16].
        deviation: the largest distance between table and network, as real functions, in the
            interval.
    """
    inside, added = outside.split(x)
    y = evaluate(network, inside).astype(np.float64) + added
    within = deviation + rounding_bound(network, inside) + reading_bound(table, x)
    return SelfCheck(x, y, within)


def reading_bound(table: BreakpointTable, x: FloatArray) -> FloatArray:
    """How far a value read from a table in float64 may be from the line through its rows, [N].

    Interpolated, from a row on along its slope, or as ``slope * x + intercept``, by the row on
    either side; the first and the last segment go on.
    """
    starts, y = np.array(table.x), np.array(table.y)
    slope, intercept = np.array(table.slope), np.array(table.intercept)
    bound = np.zeros_like(x)
    for after in (np.searchsorted(starts, x, "left"), np.searchsorted(starts, x, "right")):
        row = (after - 1).clip(0, table.segments - 1)
        reach = np.abs(x - starts[row]) + np.abs(x) + np.abs(starts[row])
        terms = np.abs(y[row]) + np.abs(slope[row]) * reach + np.abs(intercept[row])
        bound = np.maximum(bound, 4.0 * np.finfo(np.float64).eps * terms)
    return bound
