"""The error of a network's values at the samples: in a metric, or in a target's own measure."""

from collections.abc import Callable

import numpy as np

from schemas.samples import Samples
from schemas.target import Metric, Target
from worker.numerics.arrays import FloatArray
from worker.numerics.certificate.any_order import Enclosure
from worker.numerics.networks.delivery import Delivery, evaluations

# Of itself, what a bound is raised by for the rounding of differences, quotients and means.
BOUND_SLACK = 1e-13
# Of itself, how far a bound may lie above what was measured to be stated in its place.
TIGHT = 1e-6


def error_in(
    metric: Metric, values: FloatArray, samples: Samples, *, floor: float | None = None
) -> float:
    """The error of values [N] at the samples, in the metric; differences in float64.

    Args:
        metric: means are weighted by the samples' weights, if they have any.
        values: what is measured.
        samples: what it is measured against.
        floor: relative errors are measured against max(|y|, floor); without one, where y != 0.
    """
    return error_of(metric, np.abs(values - samples.y), samples, floor=floor)


def error_of(
    metric: Metric, difference: FloatArray, samples: Samples, *, floor: float | None = None
) -> float:
    """The error in the metric of values that are so far off, [N]; see ``error_in``."""
    match metric:
        case Metric.MAX_ABS:
            return float(difference.max())
        case Metric.MAX_REL:
            reference = np.maximum(np.abs(samples.y), floor or 0.0)
            there = reference != 0.0
            return float((difference[there] / reference[there]).max())
        case Metric.MSE:
            return _mean_square(difference, samples)
        case Metric.RMSE:
            return float(np.sqrt(_mean_square(difference, samples)))


def target_error(target: Target, values: FloatArray, samples: Samples) -> float:
    """The error of values [N] that is compared with ``target.limit(samples)``.

    In the target's metric. With a tolerance for each sample: the largest share that an error is of
    its tolerance, which is at most 1 exactly when every error is at most its tolerance.
    """
    return target_error_of(target, np.abs(values - samples.y), samples)


def target_error_of(target: Target, error: FloatArray, samples: Samples) -> float:
    """The same, of values that are so far off, [N]."""
    if not target.is_per_sample:
        return error_of(target.metric, error, samples, floor=target.floor)
    if target.metric is Metric.MAX_REL:
        error = error / target.reference(samples)
    tolerances = target.tolerances(samples)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # Finite, because documents know no infinity.
        share = np.minimum(error / tolerances, np.finfo(float).max)
    # The quotient of two neighbours may round to 1.
    share = np.where(error > tolerances, np.maximum(share, np.nextafter(1.0, 2.0)), share)
    return float(np.where(error == 0.0, 0.0, share).max())


def error_in_any_order(enclosure: Enclosure, target: Target, samples: Samples) -> float | None:
    """A bound of the error at the samples, as the target measures it: no order exceeds it.

    None where a sum may overflow in the delivered dtype.
    """
    return _bound(target_error_of(target, _largest_differences(enclosure, samples), samples))


def tightened(
    errors: dict[Metric, float], enclosure: Enclosure, target: Target, samples: Samples
) -> dict[Metric, float]:
    """Bounds over every order of summation in place of errors in one, where they are as good.

    Args:
        errors: measured in one order, by metric.
        enclosure: of the network's values at the samples.
        target: says what relative errors are measured against.
        samples: what the network was fitted to.
    """
    found, differences = dict(errors), _largest_differences(enclosure, samples)
    for metric, error in errors.items():
        bound = _bound(error_of(metric, differences, samples, floor=target.floor))
        if bound is not None and is_tight(bound, error):
            found[metric] = max(bound, error)
    return found


def is_tight(bound: float, measured: float) -> bool:
    """Whether a bound is as good as what was measured."""
    return bound <= measured * (1 + TIGHT)


def _largest_differences(enclosure: Enclosure, samples: Samples) -> FloatArray:
    """How far off the samples any order may be, [N]; infinite where a sum may overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        error = (np.abs(enclosure.values - samples.y) + enclosure.radius) * (1 + BOUND_SLACK)
        differences: FloatArray = np.nextafter(error.astype(np.float64), np.inf)
    return differences


def _bound(figure: float) -> float | None:
    """A figure of such differences, raised by its own rounding; None if it is not finite."""
    return figure * (1 + BOUND_SLACK) if np.isfinite(figure) else None


def _mean_square(difference: FloatArray, samples: Samples) -> float:
    """``sum w r^2 / sum w``; the plain mean without weights."""
    if samples.weight is None:
        return float(np.mean(difference**2))
    # Only their ratios count, and these neither overflow nor vanish all at once.
    share = samples.weight / samples.weight.max()
    return float((share * difference**2).sum() / share.sum())


def errors_at_samples(
    delivery: Delivery,
    samples: Samples,
    *,
    floor: float | None = None,
    alive: Callable[[], None] = lambda: None,
) -> dict[Metric, float]:
    """The largest error at the samples over the orders of summation, by metric.

    Without max_rel where every y is 0 and there is no floor. ``alive`` is called now and then.
    """
    relative = floor is not None or samples.y.any()
    defined = [metric for metric in Metric if metric is not Metric.MAX_REL or relative]
    worst = dict.fromkeys(defined, 0.0)
    for values in evaluations(delivery, samples.x, alive):
        for metric in defined:
            error = error_in(metric, values, samples, floor=floor)
            worst[metric] = max(worst[metric], error)
    return worst


def delivered_error(
    delivery: Delivery,
    target: Target,
    samples: Samples,
    alive: Callable[[], None] = lambda: None,
) -> float:
    """The largest error at the samples over the orders of summation, as the target measures it."""
    return max(target_error(target, v, samples) for v in evaluations(delivery, samples.x, alive))
