"""From samples and target to clean numbers: x scaled to [0, 1], y to [-1, 1], and the goal."""

import math
from dataclasses import dataclass, replace

import numpy as np

from schemas.samples import Samples
from schemas.target import Metric, Target
from worker.numerics.corridor import FloatArray, IndexArray

# Scaled errors never need to be larger: half the range is 1, and so is a relative error of 100 %.
LOOSEST_LIMIT = 4.0


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
        units: what a residual is measured in, [N]: 1, or |y| for max_rel; scaled like y.
        limit: largest allowed norm; None if the best error within a budget is wanted.
        y_half: scaled norm to units of y.
    """

    metric: Metric
    units: FloatArray
    limit: float | None
    y_half: float

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
        """The error in the target's metric and unit that belongs to a norm."""
        match self.metric:
            case Metric.MAX_REL:
                return norm
            case Metric.MSE:
                return (norm * self.y_half) ** 2
            case _:
                return norm * self.y_half


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


def sample_units(samples: Samples, target: Target) -> FloatArray:
    """What the target's limit is a multiple of at every sample, in units of y: [N]."""
    return np.abs(samples.y) if target.metric is Metric.MAX_REL else np.ones_like(samples.y)


def thin(prepared: Prepared, most: int) -> Prepared:
    """The same problem on an even part of its samples, at most so many, both ends included."""
    kept = even_part(prepared.u.size, most)
    goal = replace(prepared.goal, units=prepared.goal.units[kept])
    return replace(prepared, x=prepared.x[kept], u=prepared.u[kept], v=prepared.v[kept], goal=goal)


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
    relative = target.metric is Metric.MAX_REL
    goal = Goal(
        metric=target.metric,
        units=sample_units(samples, target) / (scaling.y_half if relative else 1.0),
        limit=_scaled_limit(target, samples, scaling.y_half),
        y_half=scaling.y_half,
    )
    u = (x - scaling.x_start) / scaling.x_width
    v = (y - scaling.y_middle) / scaling.y_half
    return Prepared(x=x, u=u, v=v, scaling=scaling, goal=goal)


def _scaled_limit(target: Target, samples: Samples, y_half: float) -> float | None:
    limit = target.limit(samples)
    if limit is None:
        return None
    if target.metric is Metric.MSE:
        limit = math.sqrt(limit)
    return min(limit if target.metric is Metric.MAX_REL else limit / y_half, LOOSEST_LIMIT)
