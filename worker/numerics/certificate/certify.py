"""The certificate: what the delivered network really does, at the samples and between them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from schemas.models import Certificate, SummationOrders
from schemas.samples import Samples
from schemas.table import BreakpointTable
from schemas.target import BetweenSamples, Metric, Target
from worker.numerics.arrays import AnyArray
from worker.numerics.certificate.any_order import Enclosure, enclosed
from worker.numerics.certificate.breakpoints import propagate
from worker.numerics.certificate.errors import (
    delivered_error,
    error_in_any_order,
    errors_at_samples,
    is_tight,
    tightened,
)
from worker.numerics.networks.delivery import Delivery, ExtendedArray
from worker.numerics.problem.bulge import interpolate
from worker.numerics.problem.promise import Promise

# Random points at which table and network are compared, beside every breakpoint and midpoint.
RANDOM_POINTS = 10_000
# What the sums of an integral may round away, in extended precision.
UPWARDS = 1 + 32 * np.finfo(np.longdouble).eps


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is measured of a delivered network: each figure once, when it is first asked for.

    Attributes:
        delivery: the network.
        samples: what it was fitted to.
        target: the metric, its limit and what is promised between the samples.
        promise: the target's promise for these samples.
        alive: called now and then while something is measured.
    """

    delivery: Delivery
    samples: Samples
    target: Target
    promise: Promise
    alive: Callable[[], None] = lambda: None

    @cached_property
    def errors(self) -> dict[Metric, float]:
        """The largest error at the samples over the orders of summation, by metric.

        Where only one is worth its time, a bound over all of them if that is as good.
        """
        samples, floor = self.samples, self.target.floor
        errors = errors_at_samples(self.delivery, samples, floor=floor, alive=self.alive)
        if not self.delivery.takes_long(samples.count):
            return errors
        return tightened(errors, self._enclosure, self.target, samples)

    @cached_property
    def _enclosure(self) -> Enclosure:
        """The values at the samples, whatever the order of summation."""
        return enclosed(self.delivery, self.samples.x)

    @cached_property
    def share(self) -> float | None:
        """The largest share of a tolerance, likewise; None without one for each sample."""
        if not self.target.is_per_sample:
            return None
        measured = delivered_error(self.delivery, self.target, self.samples, self.alive)
        if not self.delivery.takes_long(self.samples.count):
            return measured
        bound = self.error_in_any_order
        return max(bound, measured) if bound is not None and is_tight(bound, measured) else measured

    @cached_property
    def error_in_any_order(self) -> float | None:
        """A bound of ``error`` over every order of summation; None where a sum may overflow."""
        return error_in_any_order(self._enclosure, self.target, self.samples)

    @property
    def orders(self) -> SummationOrders:
        """Over which orders of summation the target is known to be held, or missed."""
        limit, bound = self.target.limit(self.samples), self.error_in_any_order
        proved = limit is not None and bound is not None and bound <= limit
        return SummationOrders.ANY if proved else SummationOrders.TRIED

    @cached_property
    def breakpoints(self) -> ExtendedArray:
        """Every x where the network's slope may change, ends included: [M]."""
        x = self.samples.x
        return propagate(self.delivery, float(x[0]), float(x[-1]))

    @cached_property
    def _worst(self) -> tuple[float, float] | None:
        """The largest excess and the limit where it is; None without a promise at every x."""
        limits = self.target.limits(self.samples)
        if limits is None or self._is_free:
            return None
        found = self.promise.excess(self.delivery.real_function, self.breakpoints, limits)
        place = found.x[[int(found.excess.argmax())]]
        return rounded_up(found.supremum), float(interpolate(self.samples.x, limits, place)[0])

    @property
    def _is_free(self) -> bool:
        return self.target.between_samples is BetweenSamples.NONE

    @property
    def _mean_limit(self) -> np.floating | None:
        """The limit of a root mean square, in units of y; None for other targets."""
        limit = self.target.limit(self.samples)
        if limit is None or self.target.metric.is_maximum:
            return None
        exact = np.longdouble(limit)
        return np.sqrt(exact) if self.target.metric is Metric.MSE else exact

    @cached_property
    def excess(self) -> float | None:
        """How far the promise is broken, in units of y: kept if not above 0; None without one."""
        if self._mean_limit is not None and self.promised_distance is not None:
            return rounded_up(self.promised_distance - self._mean_limit)
        return None if self._worst is None else self._worst[0]

    @property
    def overshoot(self) -> float:
        """By how much target or promise is missed, whichever is more, in parts of the limit."""
        limit = self.target.limit(self.samples)
        if not limit:
            return 0.0 if limit is None or self.met else math.inf
        missed = self.error / limit - 1.0
        allowed = self._mean_limit if self._worst is None else self._worst[1]
        if self.excess is not None and allowed is not None:
            missed = max(missed, float(self.excess / allowed) if allowed else math.inf)
        return max(missed, 0.0)

    @property
    def error(self) -> float:
        """The error at the samples, as the target measures it."""
        return self.errors[self.target.metric] if self.share is None else self.share

    @cached_property
    def met(self) -> bool:
        """Whether error and promise are kept; True without a tolerance."""
        limit = self.target.limit(self.samples)
        if limit is None:
            return True
        # The promise takes longer to look at: a network that misses its samples need not show it.
        return self.error <= limit and (self.excess is None or self.excess <= 0.0)

    def peaks(self) -> AnyArray:
        """Every x where a promise of a largest error is broken most, the worst first."""
        limits = self.target.limits(self.samples)
        if limits is None or self._is_free:
            return np.empty(0)
        network, breakpoints = self.delivery.real_function, self.breakpoints
        return self.promise.excess(network, breakpoints, limits, everywhere=True).peaks()

    def largest_distance(self) -> float:
        """Supremum of |network - straight lines between the samples|."""
        network, breakpoints = self.delivery.real_function, self.breakpoints
        return rounded_up(self.promise.largest_distance(network, breakpoints))

    @cached_property
    def promised_distance(self) -> float | None:
        """What is promised of that, less what the samples leave open; None if nothing is.

        Its supremum, or, for a mean, its root mean square over the intervals between the samples.
        """
        if self._is_free:
            return None
        network, breakpoints = self.delivery.real_function, self.breakpoints
        if not self.target.metric.is_maximum:
            weight = self.samples.weight
            return rounded_up(self.promise.mean_excess(network, breakpoints, weight) * UPWARDS)
        nothing = np.zeros(self.samples.count, dtype=np.longdouble)
        return rounded_up(self.promise.excess(network, breakpoints, nothing).supremum)


def certify(evidence: Evidence, table: BreakpointTable) -> Certificate:
    """Measure a delivered network.

    At the samples, weights and arithmetic are in the delivered dtype; each figure is the largest
    over the orders of summation that were tried. Between the samples the network is the real
    function of its delivered weights: suprema over the whole interval, computed, not sampled.

    Args:
        evidence: the network, its samples and its target.
        table: its breakpoint table.
    """
    return Certificate(
        max_abs_error=evidence.errors[Metric.MAX_ABS],
        rmse=evidence.errors[Metric.RMSE],
        max_rel_error=evidence.errors.get(Metric.MAX_REL),
        max_tolerance_share=evidence.share,
        error_in_any_order=evidence.error_in_any_order,
        orders=evidence.orders,
        max_abs_error_between_samples=evidence.largest_distance(),
        promised_error_between_samples=evidence.promised_distance,
        excess_between_samples=evidence.excess,
        table_deviation=_table_deviation(evidence.delivery, table, evidence.breakpoints),
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
    tabulated = interpolate(np.asarray(table.x), np.asarray(table.y), x)
    return rounded_up(np.abs(tabulated - delivery.real_function(x)).max())


def rounded_up(figure: np.floating) -> float:
    """The smallest float64 that is not below: a certificate never promises too much."""
    rounded = float(figure)
    return rounded if rounded >= figure else float(np.nextafter(rounded, np.inf))
