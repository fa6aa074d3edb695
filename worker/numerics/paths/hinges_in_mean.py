"""Hinges of least mean square error: knots by Levenberg-Marquardt, gains and offset solved for.

As for a path whose values are free (``free_knots``), except that these hinges are one less than its
segments: their slopes obey the relation of their facing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.paths.hinges import Hinges
from worker.numerics.paths.segmentation import Points

FIRST_DAMPING, SMALLEST_DAMPING = 1e-2, 1e-9
# Dampings tried in one iteration, each this many times the last; and what a success leaves of it.
TRIALS, RAISED, LOWERED = 6, 6.0, 0.2
# A knot goes at most this part of the way to the next one.
CLOSING = 0.45
# The iteration ends when a step improves the error by less than this part.
IMPROVEMENT = 1e-5


@dataclass(frozen=True, eq=False)
class Fitted:
    """Hinges and their weighted root mean square error."""

    hinges: Hinges
    error: float


def fitted_values(points: Points, hinges: Hinges) -> Fitted:
    """The hinges of least mean square error with these knots."""
    design = hinges.by_values(points.u)
    residuals = hinges(points.u) - points.v
    fitted = hinges.moved(-_solved(points, design, residuals, np.zeros(design.shape[1])))
    return Fitted(fitted, root_mean_square(points, fitted))


def fitted_knots(
    points: Points,
    start: Fitted,
    *,
    enough: float,
    iterations: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Move the knots until the error is enough, or no longer falls, or ``stopped`` says so."""
    best, damping = start, FIRST_DAMPING
    for _ in range(iterations):
        if best.error <= enough or stopped():
            break
        hinges = best.hinges
        design = np.concatenate([hinges.by_values(points.u), hinges.by_knots(points.u)], axis=1)
        residuals = hinges(points.u) - points.v
        gaps = np.diff(hinges.corners)
        room = CLOSING * np.minimum(gaps[:-1], gaps[1:])
        before = best.error
        for _ in range(TRIALS):
            ridge = np.concatenate([np.zeros(room.size + 1), np.full(room.size, damping)])
            moves = -_solved(points, design, residuals, ridge)[room.size + 1 :]
            share = min(1.0, 1.0 / max(float((np.abs(moves) / room).max()), 1e-300))
            step = np.concatenate([np.zeros(room.size + 1), share * moves])
            trial = fitted_values(points, hinges.moved(step))
            if trial.error < best.error:
                best, damping = trial, max(damping * LOWERED, SMALLEST_DAMPING)
                break
            damping *= RAISED
        if best.error > (1 - IMPROVEMENT) * before:
            break
    return best


def _solved(
    points: Points, design: FloatArray, residuals: FloatArray, ridge: FloatArray
) -> FloatArray:
    """Least squares of the columns, each damped by a part of its own square."""
    weighted = design * points.weight[:, None]
    normal = weighted.T @ design
    scale = np.sqrt(np.maximum(normal.diagonal(), np.finfo(float).tiny))
    scaled = normal / np.outer(scale, scale)
    # Of columns that are nearly the same, as of hinges side by side, the shortest solution.
    found = np.linalg.lstsq(scaled + np.diag(ridge), weighted.T @ residuals / scale, rcond=None)[0]
    solved: FloatArray = found / scale
    return solved


def root_mean_square(points: Points, hinges: Hinges) -> float:
    """The weighted root mean square error of hinges."""
    return float(np.sqrt(points.weight @ (hinges(points.u) - points.v) ** 2))
