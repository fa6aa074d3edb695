"""Of the paths that are as near at the samples, one that strays little between them."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from schemas.target import BetweenSamples
from worker.numerics.paths.corridor import Held
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared

# How far off the lines a path is allowed to be at first, of half the range of y; how fast that is
# narrowed, or widened if no path is found; and how near to the least it comes.
FIRST, NARROWED, WIDENED, PRECISION = 1.0, 4.0, 1024.0, 1.1
# What float64 leaves of a sample scaled to [-1, 1].
ROUNDING = 2.0**-53


def least_straying(
    prepared: Prepared,
    tube: Tube,
    held: Held,
    *,
    segments: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Tube, Held]:
    """A tube of the same tolerance that is narrow between the samples, and a path in it.

    Args:
        prepared: the scaled problem.
        tube: the one to begin with, free between the samples.
        held: a path in it.
        segments: how many may be used, if not as many as ``held`` has.
        stopped: asked now and then; True ends with the best so far.

    Returns:
        The tube of ``linear`` or ``smooth`` if that holds such a path; else one in which it is not
        much further off the lines than it must be.
    """
    most = held.segments if segments is None else segments
    for between in (BetweenSamples.LINEAR, BetweenSamples.SMOOTH):
        bound = Tube(prepared, between)
        found = bound.hold_within(held.tolerance, most, stopped)
        if found is not None:
            return bound, found
        if stopped():
            return tube, held
    best, enough, short = (tube, held), math.inf, 0.0
    straying = FIRST
    for _ in range(tube.centring_steps(held)):
        if stopped() or enough <= PRECISION * short:
            break
        bound = Tube(prepared, BetweenSamples.NONE, straying=straying)
        found = bound.hold_within(held.tolerance, most, stopped)
        if found is not None:
            best, enough = (bound, found), straying
        else:
            short = straying
        if math.isinf(enough):
            straying *= WIDENED
        else:
            straying = math.sqrt(enough * short) if short else enough / NARROWED
    return best


def straightened(
    prepared: Prepared,
    path: Polyline,
    *,
    segments: int,
    share: float,
    stopped: Callable[[], bool] = lambda: False,
) -> Polyline:
    """A path no further off any sample, but for a share of it, that strays no more between them.

    Args:
        prepared: the scaled problem; its limits do not matter.
        path: what is to be made better.
        segments: how many may be used.
        share: by how much more than now it may be off at a sample, as a part of that; one that is
            nowhere further off the lines than that is not looked at.
        stopped: asked now and then; True ends with the best so far.
    """
    off = np.abs(path(prepared.x) - prepared.v) * (1 + share)
    if straying(prepared, path) <= off.max():
        return path
    gates = replace(prepared, goal=replace(prepared.goal, units=np.maximum(off, ROUNDING)))
    tube = Tube(gates, BetweenSamples.NONE)
    held = tube.hold_within(1.0, segments, stopped)
    if held is None:
        return path
    _, held = least_straying(gates, tube, held, segments=segments, stopped=stopped)
    found = held.path()
    return found if straying(prepared, found) < straying(prepared, path) else path


def straying(prepared: Prepared, path: Polyline) -> float:
    """Supremum of the distance from the straight lines between the samples, scaled."""
    corners = np.union1d(path.x, prepared.x)
    return float(np.abs(path(corners) - np.interp(corners, prepared.x, prepared.v)).max())
