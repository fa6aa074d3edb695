"""The best paths of so many segments, where no tolerance is asked for.

What is best is said by two wishes, one after the other: the smallest error at the samples; and of
the paths that have nearly that, little straying from the straight lines between the samples.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from schemas.target import BetweenSamples, Metric
from worker.numerics.paths.corridor import narrow
from worker.numerics.paths.mean_square import closest_in_mean
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.straying import straightened
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared

# How far above the smallest error found that of a path may be, as a part of it: once for where the
# search of the smallest ends, and once for what straying less may cost.
NEARLY = 1e-3
# Bisections for a smallest largest error, which may be a rounding error.
STEPS = 40
# Relative errors weigh a sample in a mean at most by the square of this.
STEEPEST = 1e6


def budgeted_paths(
    prepared: Prepared, *, segments: int, stopped: Callable[[], bool] = lambda: False
) -> list[Polyline]:
    """The paths to choose from: one for the largest error, one for the mean, whichever is asked.

    Each may be the better one for the other measure, too: a search for a mean ends in a local
    minimum, and where all samples can be met it ends later than the corridor, at rounding level.

    Args:
        prepared: the scaled problem.
        segments: how many may be used.
        stopped: asked now and then; True ends with the best so far.
    """
    if segments >= prepared.x.size - 1:
        return [Polyline(prepared.x, prepared.v)]
    largest = _smallest_maximum(prepared, segments, stopped)
    units = prepared.goal.units
    goal = replace(
        prepared.goal, metric=Metric.RMSE, units=np.maximum(units, units.max() / STEEPEST)
    )
    mean = closest_in_mean(
        replace(prepared, goal=goal), segments=segments, known=largest, stopped=stopped
    )
    return [
        straightened(prepared, path, segments=segments, share=NEARLY, stopped=stopped)
        for path in (largest, mean)
    ]


def _smallest_maximum(prepared: Prepared, segments: int, stopped: Callable[[], bool]) -> Polyline:
    tube = Tube(prepared, BetweenSamples.NONE)
    half_range = (prepared.v.max() - prepared.v.min()) / 2
    held = tube.hold(1.01 * float(half_range / prepared.goal.units.min()) or 1.0)
    steps = min(STEPS, 2 * tube.centring_steps(held))
    return narrow(
        held, tube.corridor, segments=segments, steps=steps, precision=NEARLY, stopped=stopped
    ).path()
