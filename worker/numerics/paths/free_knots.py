"""Least squares by a continuous piecewise-linear function whose knots move.

For given knots the best values solve a linear system. Knots and values together are improved by
Levenberg-Marquardt: where the function is ``c_k + m (u - t_k)``, its derivative by a knot is minus
the slope times the derivative by the value there. After every step the values are solved for anew
(Golub and Pereyra's variable projection in the form of Ruhe and Wedin), and no step lets two knots
meet.

References:
    D. L. B. Jupp 1978, "Approximation to data by splines with free knots", SIAM J. Numer. Anal. 15
    (knots that meet are the stationary points to keep away from).
    A. Ruhe, P. A. Wedin 1980, "Algorithms for separable nonlinear least squares problems",
    SIAM Review 22.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.banded import hold_unknown, solve_banded, solve_tridiagonal
from worker.numerics.paths.polyline import segments_of
from worker.numerics.paths.segmentation import Points

FIRST_DAMPING = 1e-2
SMALLEST_DAMPING = 1e-9
# Dampings tried in one iteration, each this many times the last.
TRIALS = 6
RAISED = 6.0
LOWERED = 0.2
# A step takes at most this part of the width of any segment.
CLOSING = 0.8
# What a knot's value weighs towards the samples' own straight lines, relative to the values that
# samples bind: it decides only where there are no samples.
PULL = 1e-9
# Below this error the pull is felt.
PULLED = 1e-6
# The iteration ends when five steps improve the error by less than this part.
IMPROVEMENT = 1e-3
# Places in each segment where a new knot is tried.
PLACES = (np.arange(8) + 0.5) / 8
# A sample binds value and place of the two knots beside it: diagonals of the normal equations from
# the uppermost to the main one.
DIAGONALS = 4


@dataclass(frozen=True, eq=False)
class Bent:
    """The best continuous piecewise-linear function with given knots.

    Attributes:
        knots: t, [S + 1], increasing.
        values: c there, [S + 1].
        piece: the segment of each sample, [N].
        share: how far it is along its segment, [N], from 0 to 1.
        own: weighted squares of the knots' hat functions, [S + 1].
        beside: weighted products of neighbours' hat functions, [S].
        residuals: function less samples, [N].
        error: weighted root mean square of them.
    """

    knots: FloatArray
    values: FloatArray
    piece: IndexArray
    share: FloatArray
    own: FloatArray
    beside: FloatArray
    residuals: FloatArray
    error: float

    @property
    def segments(self) -> int:
        """The number of segments S."""
        return self.knots.size - 1

    @property
    def gram(self) -> FloatArray:
        """Weighted products of the knots' hat functions, [S + 1, S + 1]."""
        return np.diag(self.own) + np.diag(self.beside, 1) + np.diag(self.beside, -1)


def bent_at(points: Points, knots: FloatArray) -> Bent:
    """The least-squares function with these knots, [S + 1] from the first u to the last."""
    u, v, w = points.u, points.v, points.weight
    count = knots.size
    piece = segments_of(u, knots)
    share = (u - knots[piece]) / (knots[piece + 1] - knots[piece])
    near, far = w * (1 - share), w * share
    own = np.asarray(np.bincount(piece, near * (1 - share), count), np.float64)
    own += np.bincount(piece + 1, far * share, count)
    beside = np.asarray(np.bincount(piece, near * share, count)[:-1], np.float64)
    right = np.bincount(piece, near * v, count) + np.bincount(piece + 1, far * v, count)
    pull = PULL * own.max()
    own += pull
    values, error = np.interp(knots, u, v), np.inf
    # Where next to nothing is left, the pull would be what is left: it is towards what was found.
    for _ in range(2):
        values = solve_tridiagonal(own, beside, right + pull * values)
        residuals = values[piece] + share * (values[piece + 1] - values[piece]) - v
        error = float(np.sqrt(w @ residuals**2))
        if not error < PULLED:
            break
    error = error if np.isfinite(error) else np.inf
    return Bent(knots, values, piece, share, own, beside, residuals, error)


def refined(
    points: Points,
    bent: Bent,
    *,
    enough: float,
    iterations: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Bent:
    """Move the knots until the error is enough, or no longer falls, or ``stopped`` says so."""
    # A step that overflows is not taken, and nothing to warn of.
    with np.errstate(over="ignore", invalid="ignore"):
        return _refined(points, bent, enough=enough, iterations=iterations, stopped=stopped)


def _refined(
    points: Points, bent: Bent, *, enough: float, iterations: int, stopped: Callable[[], bool]
) -> Bent:
    damping, checkpoint = FIRST_DAMPING, bent.error
    for done in range(1, iterations + 1):
        if bent.error <= enough or bent.segments == 1 or stopped():
            break
        normal, gradient = _normal_equations(points, bent)
        for _ in range(TRIALS):
            knots = _stepped(bent.knots, normal, gradient, damping)
            trial = bent_at(points, knots) if np.all(np.diff(knots) > 0.0) else bent
            if trial.error < bent.error:
                bent, damping = trial, max(damping * LOWERED, SMALLEST_DAMPING)
                break
            damping *= RAISED
        else:
            break
        if done % 5 == 0:
            if bent.error > (1 - IMPROVEMENT) * checkpoint:
                break
            checkpoint = bent.error
    return bent


def _normal_equations(points: Points, bent: Bent) -> tuple[FloatArray, FloatArray]:
    """``J W J^T`` and ``J W r``: value and place of each knot in turn.

    Returns:
        The diagonals, [4, 2 S + 2], the uppermost first, and the gradient, [2 S + 2].
    """
    slope = (np.diff(bent.values) / np.diff(bent.knots))[bent.piece]
    segments, count = bent.segments, 2 * bent.knots.size
    # Value and place of the knot on the left, then of the one on the right.
    rows = [1 - bent.share, -slope * (1 - bent.share), bent.share, -slope * bent.share]
    first = 2 * np.arange(segments)
    normal, gradient = np.zeros((DIAGONALS, count)), np.zeros(count)
    for a, row in enumerate(rows):
        weighted = points.weight * row
        gradient[first + a] += np.bincount(bent.piece, weighted * bent.residuals, segments)
        for b, other in enumerate(rows[a:], a):
            sums = np.bincount(bent.piece, weighted * other, segments)
            normal[DIAGONALS - 1 + a - b, first + b] += sums
    return normal, gradient


def _stepped(
    knots: FloatArray, normal: FloatArray, gradient: FloatArray, damping: float
) -> FloatArray:
    """Knots after a damped step, [S + 1]; the ends stay."""
    diagonal = normal[-1]
    ridge = np.empty_like(diagonal)
    ridge[0::2] = PULL * diagonal[0::2].max()
    ridge[1::2] = damping * diagonal[1::2] + PULL * diagonal[1::2].max() + np.finfo(float).tiny
    damped, right = normal.copy(), -gradient
    damped[-1] += ridge
    for end in (1, diagonal.size - 1):
        hold_unknown(damped, right, end)
    step = solve_banded(damped, right)
    moved = step[1::2]
    if np.isnan(moved).any():
        return knots
    closing = float(np.max(-np.diff(moved) / np.diff(knots)))
    return knots + min(1.0, CLOSING / closing if closing > 0.0 else 1.0) * moved


def costs_of_dropping(bent: Bent) -> FloatArray:
    """By how much the mean square grows without each inner knot, [S - 1], the others staying.

    Without it the function has no kink there: one linear equation for the values, whose least
    cost is its violation squared over its variance.
    """
    t, c = bent.knots, bent.values
    share = (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
    kinks = np.zeros((t.size - 2, t.size))
    row = np.arange(t.size - 2)
    kinks[row, row], kinks[row, row + 1], kinks[row, row + 2] = share - 1, 1.0, -share
    solved = solve_tridiagonal(bent.own, bent.beside, kinks.T)
    variance = np.einsum("ij,ji->i", kinks, solved)
    costs: FloatArray = (kinks @ c) ** 2 / np.maximum(variance, np.finfo(float).tiny)
    return costs


def with_best_knot(points: Points, bent: Bent) -> FloatArray:
    """The knots and one more, where it lowers the mean square most, the others staying."""
    inverse = solve_tridiagonal(bent.own, bent.beside, np.eye(bent.knots.size))
    left = np.arange(bent.segments)
    own, far = inverse[left, left], inverse[left + 1, left + 1]
    across = inverse[left, left + 1]
    best, place = -1.0, 0.0
    for part in PLACES:
        tent = np.minimum(bent.share / part, (1 - bent.share) / (1 - part))
        weighted = points.weight * tent
        towards, square, a, b = (
            np.bincount(bent.piece, weighted * other, bent.segments)
            for other in (bent.residuals, tent, 1 - bent.share, bent.share)
        )
        # What the values at the two ends cannot do already.
        new = square - (a * a * own + b * b * far + 2 * a * b * across)
        binds = new > PULL * square
        gain = np.divide(towards**2, new, out=np.zeros_like(new), where=binds)
        k = int(gain.argmax())
        if gain[k] > best:
            best = gain[k]
            place = float(bent.knots[k] + part * (bent.knots[k + 1] - bent.knots[k]))
    return np.unique(np.append(bent.knots, place))
