"""From samples and target to clean numbers: x scaled to [0, 1], y to [-1, 1], and the goal."""

import math
from dataclasses import dataclass, replace

import numpy as np

from schemas.samples import Samples
from schemas.target import BetweenSamples, Metric, Target
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.problem.bulge import Bulge

# Scaled errors never need to be larger: half the range is 1, and so is a relative error of 100 %.
LOOSEST_LIMIT = 4.0
# The smallest tolerance of a sample that is told from 0, in ulp of the largest y.
RESOLVED_ULPS = 32.0
# Part of the largest weight that a weight of 0 counts for in training, where units are finite.
SMALLEST_WEIGHT = 1e-12


@dataclass(frozen=True, eq=False)
class Scaling:
    """``u = (x - x_start) / x_width`` and ``v = (y - y_middle) / y_half``."""

    x_start: float
    x_width: float
    y_middle: float
    y_half: float


@dataclass(frozen=True, eq=False)
class Goal:
    """The target, on scaled residuals: ``norm(residuals / units) <= limit``.

    Attributes:
        metric: the metric it came from.
        units: what a residual is measured in, [N], scaled like y: 1; |y|, or the floor, for
            max_rel; each sample's tolerance over the smallest one; 1 / sqrt(w / mean w) for a
            weighted mean.
        limit: largest allowed norm; None if the best error within a budget is wanted.
        y_half: a scaled residual of 1 in the units of y.
        error_unit: a norm of 1 as the target measures errors (for mse: its root).
    """

    metric: Metric
    units: FloatArray
    limit: float | None
    y_half: float
    error_unit: float

    @property
    def is_maximum(self) -> bool:
        """Whether the norm is the largest residual, rather than the root of the mean square."""
        return self.metric.is_maximum

    def norm(self, residuals: FloatArray) -> float:
        """The norm of scaled residuals, [N]."""
        measured = residuals / self.units
        if self.is_maximum:
            return float(np.abs(measured).max())
        return float(np.sqrt(np.mean(measured**2)))

    def excess(self, error: float, limit: float) -> float:
        """How many times the limit an error in the metric is, as a ratio of norms."""
        if limit == 0.0:
            return math.inf
        return math.sqrt(error / limit) if self.metric is Metric.MSE else error / limit

    def in_metric(self, norm: float) -> float:
        """The error that belongs to a norm, as the target measures it."""
        error = norm * self.error_unit
        return error**2 if self.metric is Metric.MSE else error


@dataclass(frozen=True, eq=False)
class Prepared:
    """A fitting problem in scaled numbers.

    Attributes:
        x: raw abscissae, [N]: samples that u cannot tell apart differ here.
        u: scaled abscissae, [N], from 0 to 1.
        v: scaled ordinates, [N], from -1 to 1.
        scaling: back to the user's units.
        goal: the target.
    """

    x: FloatArray
    u: FloatArray
    v: FloatArray
    scaling: Scaling
    goal: Goal


def thin(prepared: Prepared, most: int) -> Prepared:
    """The same problem on an even part of its samples, at most so many, both ends included."""
    kept = even_part(prepared.u.size, most)
    goal = replace(prepared.goal, units=prepared.goal.units[kept])
    return replace(prepared, x=prepared.x[kept], u=prepared.u[kept], v=prepared.v[kept], goal=goal)


def refined(prepared: Prepared, between: BetweenSamples, least: int) -> Prepared:
    """The same problem with points between its samples, until there are about so many.

    On the smooth curve through the samples, unless straight lines are asked for.
    """
    inner = least // prepared.x.size
    if inner < 1:
        return prepared
    t = np.arange(inner + 1) / (inner + 1)
    shape = BetweenSamples.LINEAR if between is BetweenSamples.LINEAR else BetweenSamples.SMOOTH
    bulge = Bulge.of(prepared.x, prepared.v, shape)
    interval = np.repeat(np.arange(prepared.x.size - 1), inner + 1)
    t = np.tile(t, prepared.x.size - 1)

    def between_samples(values: FloatArray) -> FloatArray:
        found = values[interval] + t * (values[interval + 1] - values[interval])
        return np.append(found, values[-1])

    x = between_samples(prepared.x)
    v = between_samples(prepared.v) + np.append(bulge.height(t, interval), 0.0)
    apart = np.append(np.diff(x) > 0.0, True)
    goal = replace(prepared.goal, units=between_samples(prepared.goal.units)[apart])
    u = (x - prepared.scaling.x_start) / prepared.scaling.x_width
    return replace(prepared, x=x[apart], u=u[apart], v=v[apart], goal=goal)


def even_part(count: int, most: int) -> IndexArray:
    """Indices of an even part of ``count`` samples, at most ``most``, both ends included."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def prepare(samples: Samples, target: Target) -> Prepared:
    """Scale canonical samples and their target.

    Args:
        samples: in canonical form.
        target: one that ``check_target`` accepts for them.
    """
    x, y = samples.x, samples.y
    low, high = float(y.min()), float(y.max())
    y_half = high / 2 - low / 2
    scaling = Scaling(
        x_start=float(x[0]),
        x_width=float(x[-1] - x[0]),
        y_middle=low + y_half,
        # A constant has no range of its own; any unit serves.
        y_half=y_half or 1.0,
    )
    goal = _goal(samples, target, scaling.y_half)
    u = (x - scaling.x_start) / scaling.x_width
    v = (y - scaling.y_middle) / scaling.y_half
    return Prepared(x=x, u=u, v=v, scaling=scaling, goal=goal)


def _goal(samples: Samples, target: Target, y_half: float) -> Goal:
    """The target for residuals in units of ``y_half``."""
    if target.is_per_sample:
        return _goal_per_sample(samples, target, y_half)
    limit, relative = target.limit(samples), target.metric is Metric.MAX_REL
    if limit is not None:
        limit = math.sqrt(limit) if target.metric is Metric.MSE else limit
        limit = min(limit if relative else limit / y_half, LOOSEST_LIMIT)
    units = np.ones_like(samples.y)
    if relative:
        units = target.reference(samples) / y_half
    elif samples.weight is not None:
        # Relative to the largest weight first: their sum may be beyond float64.
        share = np.maximum(samples.weight / samples.weight.max(), SMALLEST_WEIGHT)
        units = np.sqrt(share.mean() / share)
    return Goal(target.metric, units, limit, y_half, error_unit=1.0 if relative else y_half)


def _goal_per_sample(samples: Samples, target: Target, y_half: float) -> Goal:
    """The smallest tolerance is the limit, and the others are units: equal ones make no difference.

    With units of at least 1, what rounding takes from the limit is enough for every sample. None is
    less than float64 resolves there: a tolerance of 0 would leave the others nothing either.
    """
    limits = target.limits(samples)
    assert limits is not None
    resolved = RESOLVED_ULPS * np.finfo(float).eps * np.abs(samples.y).max() / y_half
    scaled = np.clip(limits / y_half, max(resolved, np.finfo(float).tiny), LOOSEST_LIMIT)
    limit = float(scaled.min())
    return Goal(target.metric, scaled / limit, limit, y_half, error_unit=1.0 / limit)
