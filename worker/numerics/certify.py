"""The certificate: what the delivered network really does, at the samples and between them."""

import numpy as np

from schemas.models import Certificate
from schemas.samples import Samples
from schemas.table import BreakpointTable
from schemas.target import Metric, Target
from worker.numerics.corridor import FloatArray
from worker.numerics.delivery import Delivery, ExtendedArray, evaluations
from worker.numerics.errors import error_in, target_error

# Random points at which table and network are compared, beside every breakpoint and midpoint.
RANDOM_POINTS = 10_000
# A target without floor or tolerances of its own for each sample.
PLAIN = Target()


def certify(
    delivery: Delivery,
    samples: Samples,
    table: BreakpointTable,
    breakpoints: ExtendedArray,
    *,
    target: Target = PLAIN,
) -> Certificate:
    """Measure a delivered network.

    At the samples, weights and arithmetic are in the delivered dtype; each figure is the largest
    over the orders of summation that were tried. Between the samples the network is the real
    function of its delivered weights: it and the samples' linear interpolant are both piecewise
    linear, so the supremum of their difference is attained at a breakpoint of one of them.

    Args:
        delivery: the network.
        samples: what it was fitted to.
        table: its breakpoint table.
        breakpoints: every x where its slope may change, [M], from x_min to x_max.
        target: whose floor and tolerances errors are measured against.
    """
    at_samples = list(evaluations(delivery, samples.x))
    relative = [
        error_in(Metric.MAX_REL, values, samples, floor=target.floor)
        for values in at_samples
        if target.reference(samples).any()
    ]
    shares = [target_error(target, v, samples) for v in at_samples if target.is_per_sample]
    corners = np.union1d(samples.x, breakpoints)
    between = delivery.real_function(corners) - _interpolated(samples.x, samples.y, corners)
    return Certificate(
        max_abs_error=max(error_in(Metric.MAX_ABS, values, samples) for values in at_samples),
        rmse=max(error_in(Metric.RMSE, values, samples) for values in at_samples),
        max_rel_error=max(relative, default=None),
        max_tolerance_share=max(shares, default=None),
        max_abs_error_between_samples=_rounded_up(np.abs(between).max()),
        table_deviation=_table_deviation(delivery, table, breakpoints),
    )


def _table_deviation(
    delivery: Delivery, table: BreakpointTable, breakpoints: ExtendedArray
) -> float:
    """Supremum of |table - network|, attained at a breakpoint of one of them.

    Midpoints and random points besides, should a breakpoint be missing.
    """
    generator = np.random.default_rng(0)
    x = np.concatenate(
        [
            breakpoints,
            np.asarray(table.x, dtype=np.longdouble),
            (breakpoints[:-1] + breakpoints[1:]) / 2,
            generator.uniform(float(breakpoints[0]), float(breakpoints[-1]), RANDOM_POINTS),
        ]
    )
    tabulated = _interpolated(np.asarray(table.x), np.asarray(table.y), x)
    return _rounded_up(np.abs(tabulated - delivery.real_function(x)).max())


def _interpolated(knots: FloatArray, values: FloatArray, x: ExtendedArray) -> ExtendedArray:
    """Linear interpolation between float64 points, [K], at x, [N] -> [N], in extended precision."""
    piece = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
    left, right = knots[piece].astype(np.longdouble), knots[piece + 1].astype(np.longdouble)
    low, high = values[piece].astype(np.longdouble), values[piece + 1].astype(np.longdouble)
    line: ExtendedArray = low + (x - left) / (right - left) * (high - low)
    return line


def _rounded_up(figure: np.longdouble) -> float:
    """The smallest float64 that is not below: a certificate never promises too much."""
    rounded = float(figure)
    return rounded if rounded >= figure else float(np.nextafter(rounded, np.inf))
