"""Hinges of least largest error: knots, gains and offset by a sequence of linear programmes.

With its knots fixed the best network of one facing is a linear programme. Knots and all move by
steps of the linearised problem, each within a region that no two knots can meet in, and that
shrinks where a step disappoints. It ends at a local optimum, most often after some five steps.

References:
    K. Madsen 1975, "An algorithm for minimax solution of overdetermined systems of non-linear
    equations", IMA J. Appl. Math. 16 (linear programmes in a trust region).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.paths.chebyshev import Model, least_error
from worker.numerics.paths.hinges import Hinges
from worker.numerics.paths.limits import Limits

# Values may change by so much in one step, in scaled units: not at all restricted, in effect.
REACH = 1000.0
# A knot goes at most this part of the way to the next one.
CLOSING = 0.45
MOST_STEPS = 25
# What part of the predicted gain a step has to bring to be taken, and to widen the region.
TAKEN, GOOD = 0.05, 0.7
NARROWED, WIDENED = 0.3, 2.0
NARROWEST = 1e-5
# The search ends where the linear programme promises to improve the error by less than this part;
# by less than the second if what it promises is still not what is wanted.
IMPROVEMENT, HURRIED = 1e-6, 3e-3
# What multiple of the error that is wanted is to be reached after so many steps.
EARLY, IN_SIGHT = 5, 1.15


@dataclass(frozen=True, eq=False)
class Close:
    """Hinges and the tolerance they take: the largest error over all rows."""

    hinges: Hinges
    error: float


def with_best_values(limits: Limits, hinges: Hinges) -> Close | None:
    """The hinges of least error with these knots; None if rounding gets in the way."""
    model, _ = _linearised(limits, hinges)
    count = hinges.knots.size + 1
    inner = Model(
        model.jacobian[:, :count],
        model.residuals,
        model.units,
        model.slack,
        model.reach[:count],
    )
    step = _step(inner)
    return None if step is None else _close(limits, hinges.moved(step[0]))


def closest(
    limits: Limits,
    start: Close,
    *,
    enough: float,
    wanted: float = math.inf,
    stopped: Callable[[], bool] = lambda: False,
) -> Close:
    """Move knots and values until the error is enough, or no longer falls.

    Args:
        limits: the rows.
        start: where to begin.
        enough: an error that is small enough.
        wanted: the largest error that is of any use.
        stopped: asked between steps; True ends the search.
    """
    best, region = start, 1.0
    for done in range(MOST_STEPS):
        if best.error <= enough or region < NARROWEST or stopped():
            break
        if done == EARLY and best.error > IN_SIGHT * wanted:
            break
        model, room = _linearised(limits, best.hinges)
        count = room.size
        model.reach[-count:] = region * CLOSING * room
        found = _step(model)
        if found is None:
            break
        step, promised = found
        gain = best.error - promised
        slow = IMPROVEMENT if promised <= wanted else HURRIED
        if gain <= slow * abs(best.error):
            break
        trial = _close(limits, best.hinges.moved(step))
        brought = best.error - trial.error
        if brought > TAKEN * gain:
            best = trial
            region = min(region * (WIDENED if brought > GOOD * gain else 1.0), 1.0)
        else:
            region *= NARROWED
    return best


def error_of(limits: Limits, hinges: Hinges) -> float:
    """The tolerance that hinges take: the largest error over all rows."""
    rows = limits.joined(limits.at(hinges.knots)) if limits.bound else limits
    return float(rows.error(hinges(rows.u) - rows.line).max())


def _close(limits: Limits, hinges: Hinges) -> Close:
    return Close(hinges, error_of(limits, hinges))


def _linearised(limits: Limits, hinges: Hinges) -> tuple[Model, FloatArray]:
    """The problem for a step of offset, gains and knots, and the way of each knot to the next."""
    by_values, by_knots = hinges.by_values(limits.u), hinges.by_knots(limits.u)
    rows = limits
    if limits.bound:
        # Where the function bends it may leave limits that it keeps on both sides of the knot.
        at_knots = limits.at(hinges.knots)
        own = hinges.by_knots(hinges.knots)
        np.fill_diagonal(own, hinges.slopes_without_own() - limits.slopes_at(hinges.knots))
        by_values = np.concatenate([by_values, hinges.by_values(hinges.knots)])
        by_knots = np.concatenate([by_knots, own])
        rows = limits.joined(at_knots)
    gaps = np.diff(hinges.corners)
    jacobian = np.concatenate([by_values, by_knots], axis=1)
    reach = np.full(jacobian.shape[1], REACH)
    model = Model(jacobian, hinges(rows.u) - rows.line, rows.units, rows.height, reach)
    return model, np.minimum(gaps[:-1], gaps[1:])


def _step(model: Model) -> tuple[FloatArray, float] | None:
    """The best step and the error it promises, each unknown measured by what it changes."""
    scale = np.abs(model.jacobian).max(axis=0)
    scale[scale == 0.0] = 1.0
    reach = np.where(model.reach < REACH, model.reach * scale, REACH)
    found = least_error(
        Model(model.jacobian / scale, model.residuals, model.units, model.slack, reach)
    )
    return None if found is None else (found[0] / scale, found[1])
