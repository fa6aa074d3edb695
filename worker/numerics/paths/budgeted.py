"""The best paths of so many segments, where no tolerance is asked for.

What is best is said by two wishes, one after the other: the smallest error at the samples; and of
the paths that have nearly that, little straying from the straight lines between the samples.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from schemas.target import BetweenSamples, Metric
from worker.numerics.paths.centred import loosest_tolerance
from worker.numerics.paths.corridor import Held, narrow
from worker.numerics.paths.mean_square import closest_in_mean
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.straying import straightened
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared, thin

# How far above the smallest error found that of a path may be, as a part of it: once for where the
# search of the smallest ends, and once for what straying less may cost.
NEARLY = 1e-3
# Bisections at most, for a smallest largest error that may be a rounding error.
STEPS = 40
# Of more samples the first bisections see a part of them, which bounds the error from below.
SKETCH = 4096
# Up to so many samples the path of the other measure is looked at as well.
FEW_SAMPLES = 1000
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
    largest = _smallest_maximum(prepared, segments, stopped).path()
    paths = [largest]
    if not prepared.goal.is_maximum or prepared.x.size <= FEW_SAMPLES:
        units = prepared.goal.units
        goal = replace(
            prepared.goal, metric=Metric.RMSE, units=np.maximum(units, units.max() / STEEPEST)
        )
        mean = replace(prepared, goal=goal)
        paths += [closest_in_mean(mean, segments=segments, known=largest, stopped=stopped)]
    return [
        straightened(prepared, path, segments=segments, share=NEARLY, stopped=stopped)
        for path in paths
    ]


def _smallest_maximum(prepared: Prepared, segments: int, stopped: Callable[[], bool]) -> Held:
    """A path of nearly the smallest tolerance that so many segments hold at the samples."""
    tube = Tube(prepared, BetweenSamples.NONE)
    short, part = 0.0, NEARLY / 2
    best: Held | None = None
    if prepared.x.size > SKETCH:
        short = _smallest_maximum(thin(prepared, SKETCH), segments, stopped).tolerance / (
            1 + NEARLY
        )
        while best is None and part < 1.0 and not stopped():
            trial = (1 + part) * short
            best = tube.hold_within(trial, segments, stopped)
            short, part = (short if best else trial), 8 * part
    if best is None:
        best = tube.hold(loosest_tolerance(prepared))
    return narrow(
        best,
        tube.corridor,
        segments=segments,
        short=short,
        steps=STEPS,
        precision=NEARLY,
        stopped=stopped,
    )
