"""The path of so many segments that is as near to the samples as any, or nearly.

A fewest-segment path touches the limits of its corridor. The same number of segments mostly does
with less: the tolerance is bisected down as long as it does.
"""

from collections.abc import Callable

from schemas.target import BetweenSamples
from worker.numerics.paths.corridor import narrow
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared

# How far above the smallest possible error of as many segments a path may stay, as a part of it.
CLOSEST = 1e-3


def segments_at(
    prepared: Prepared, tolerance: float, alive: Callable[[], None] = lambda: None
) -> int:
    """The fewest segments in the corridor of a tolerance at the samples.

    Args:
        prepared: the scaled problem.
        tolerance: scaled; per unit of each residual.
        alive: called now and then.
    """
    return Tube(prepared, BetweenSamples.NONE).hold(tolerance, alive).segments


def centred_path(
    prepared: Prepared,
    *,
    segments: int,
    guess: float | None = None,
    between: BetweenSamples = BetweenSamples.NONE,
    precision: float = CLOSEST,
    stopped: Callable[[], bool] = lambda: False,
) -> Polyline:
    """The path of so many segments with about the smallest largest error.

    Args:
        prepared: the scaled problem.
        segments: how many may be used.
        guess: a tolerance that might hold with so many, to begin with.
        between: what binds between the samples.
        precision: how near to the smallest the error is to be.
        stopped: asked between passes over the samples and during all but the first.
    """
    tube = Tube(prepared, between)
    held = tube.hold_within(guess, segments) if guess else None
    held = held or tube.hold(loosest_tolerance(prepared))
    return narrow(
        held,
        tube.corridor,
        segments=segments,
        steps=tube.centring_steps(held),
        precision=precision,
        stopped=stopped,
    ).path()


def loosest_tolerance(prepared: Prepared) -> float:
    """A tolerance that one segment holds."""
    half_range = (prepared.v.max() - prepared.v.min()) / 2
    return 1.01 * float(half_range / prepared.goal.units.min()) or 1.0
