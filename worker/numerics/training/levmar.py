"""Levenberg-Marquardt on batches of small problems, for the 2-norm and for p-norms.

Minimises ``sum_n |r_n|^p`` of the residuals r. For p = 2 this is Levenberg-Marquardt; for p > 2
each step is one of iteratively re-weighted least squares with weights ``|r|^(p-2)``, shortened by
1 / (p - 1), Newton's step for a p-norm. As p grows the largest residual decides: the way from
least squares to the minimax fit.

What happens to a problem does not depend on the others in its batch.

References:
    D. W. Marquardt 1963, "An algorithm for least-squares estimation of nonlinear parameters"
    (damping by the diagonal).
    L. A. Karlovitz 1970, "Construction of nearest points in the L^p, p even, and L^inf norms"
    (step length 1 / (p - 1)).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from worker.numerics.backend import Array, namespace

# Damping of the first iteration, relative to the diagonal.
FIRST_DAMPING = 1e-4
# After a step that lowers the norm at once; after one that did so at last; after one that did not.
RELIEF, RELIEF_AFTER_REFUSAL, REFUSAL = 0.1, 0.5, 10.0
# Beyond this the step is lost in rounding: the problem is finished.
LARGEST_DAMPING = 1e10
SMALLEST_DAMPING = 1e-14
# Diagonal entries are at least this part of the largest: neurons that are off have zero columns.
FLOOR = 1e-15
# Progress is judged over so many steps; what it lets hope for, over so many times as many.
CHECKED = 5
FORECAST = 6

# Parameters [A, Q] of the problems with these indices [A] -> residuals [A, N]; and the same with
# the Jacobian [A, Q, N].
Residuals = Callable[[Array, Array], Array]
ResidualsAndJacobian = Callable[[Array, Array], tuple[Array, Array]]
# The best figure of each problem so far [B], the steps it took [B] and where it is [B, Q], which
# goes on changing -> whether to end it [B].
Watch = Callable[[Array, Array, Array], Array]


class Equations(Protocol):
    """The normal equations of B problems, where each was linearised last."""

    def linearise(self, parameters: Array, fresh: Array) -> None:
        """Make those of these problems anew, at parameters [A, Q]."""

    def steps(self, tried: Array, damping: Array) -> Array:
        """Damped steps of these problems, [A, Q]; NaN where the equations cannot be solved."""


class Problem(Protocol):
    """B least-squares problems of one shape; one with fewer samples pads residuals with 0."""

    def residuals(self, parameters: Array, chosen: Array) -> Array:
        """Of parameters [A, Q] for the problems with these indices [A]: [A, N]."""

    def equations(self, p: float, start: Array) -> Equations:
        """Those of steps towards the smallest p-norm, of problems that start at [B, Q]."""


@dataclass(frozen=True)
class DenseProblem:
    """Problems of few parameters, whose normal equations are dense.

    Attributes:
        residuals: see ``Problem``.
        linearise: the same, and the Jacobian [A, Q, N].
    """

    residuals: Residuals
    linearise: ResidualsAndJacobian

    def equations(self, p: float, start: Array) -> Equations:
        """Those of steps towards the smallest p-norm."""
        return _DenseEquations(self.linearise, p, start)


@dataclass(frozen=True)
class Minimum:
    """Where the iteration ended.

    Attributes:
        parameters: of the smallest norm found, [B, Q].
        norm: there: the p-norm of the residuals (a sum, not a mean), [B].
        best: of the smallest figure found on the way, [B, Q].
        figure: there, [B].
        iterations: steps that were taken, [B].
    """

    parameters: Array
    norm: Array
    best: Array
    figure: Array
    iterations: Array


def p_norm(residuals: Array, p: float) -> Array:
    """The p-norm ``(sum |r|^p)^(1/p)``, [B, N] -> [B], free of overflow."""
    xp = namespace(residuals)
    if p == 2.0:
        return xp.sqrt((residuals * residuals).sum(-1))
    magnitude = xp.abs(residuals)
    largest = xp.amax(magnitude, -1) + 1e-300
    return largest * ((magnitude / largest[:, None]) ** p).sum(-1) ** (1 / p)


def p_weights(residuals: Array, p: float) -> Array:
    """Roots of the weights that make of squares a p-norm, the largest 1: [..., N]."""
    xp = namespace(residuals)
    magnitude = xp.abs(residuals)
    largest = xp.amax(magnitude, -1) + 1e-300
    return (magnitude / largest[..., None]) ** (p / 2 - 1)


def minimise(
    problem: Problem,
    start: Array,
    *,
    p: float = 2.0,
    iterations: int,
    improvement: float = 0.0,
    to_beat: Array | float = float("inf"),
    maximum: bool = False,
    enough: Array | float = 0.0,
    watch: Watch | None = None,
) -> Minimum:
    """Minimise the p-norm of the residuals of every problem in the batch.

    Args:
        problem: the residuals and their Jacobian.
        start: parameters to start from, [B, Q].
        p: the norm, at least 2.
        iterations: steps at most.
        improvement: a problem is finished when five steps lower its norm by less than this part.
        to_beat: a problem is given up when, at its pace, thirty steps more would leave its norm
            above this; [B] or one for all.
        maximum: whether a problem's figure is its largest residual, or else its 2-norm.
        enough: a problem is finished when its figure is not above this; [B] or one for all.
        watch: called before every step, and after the last.

    Returns:
        The best parameters of each problem; their norm is never worse than the start's.
    """
    # Steps may lead anywhere: what overflows there is refused, and nothing to warn of.
    with np.errstate(over="ignore", invalid="ignore"):
        run = _Run(problem, start, p, maximum=maximum)
        while True:
            run.active = run.active & (run.figure > enough) & (run.taken < iterations)
            if watch is not None:
                run.active = run.active & ~watch(run.figure, run.taken, run.parameters)
            if not run.active.any():
                break
            run.judge(run.step(), improvement, to_beat)
    return Minimum(run.parameters, run.norm, run.best, run.figure, run.taken)


class _Run:
    """The state of one minimisation; every array has the batch as its first axis."""

    def __init__(self, problem: Problem, start: Array, p: float, *, maximum: bool) -> None:
        xp = self._xp = namespace(start)
        self._problem, self._p, self._maximum = problem, p, maximum
        self._index = xp.arange(len(start), device=start.device)
        self.parameters, self.best = start + 0.0, start + 0.0
        residuals = problem.residuals(start, self._index)
        norm = p_norm(residuals, p)
        self.active = xp.isfinite(norm)
        # A start that cannot be computed is the worst of its batch, not the unordered NaN.
        self.norm = xp.where(self.active, norm, xp.inf)
        self.figure = xp.where(self.active, self._figure(residuals, norm), xp.inf)
        self.taken = xp.zeros_like(self._index)
        self._checkpoint = self.norm + 0.0
        self._damping = xp.full_like(self.norm, FIRST_DAMPING)
        self._stale = xp.ones_like(self.active)
        self._refused = xp.zeros_like(self.active)
        self._equations = problem.equations(p, start)

    def step(self) -> Array:
        """Try one step of every active problem, and take it where it lowers the norm.

        Returns:
            The indices of those that took it.
        """
        fresh = self._index[self.active & self._stale]
        if len(fresh):
            self._equations.linearise(self.parameters[fresh], fresh)
            self._stale[fresh] = False
        tried = self._index[self.active]
        steps = self._equations.steps(tried, self._damping[tried])
        usable = self._xp.isfinite(steps).all(-1)
        trial = self.parameters[tried] - self._xp.where(usable[:, None], steps, 0.0)
        residuals = self._problem.residuals(trial, tried)
        norm = p_norm(residuals, self._p)
        figure = self._figure(residuals, norm)
        record = figure < self.figure[tried]
        self.best[tried[record]], self.figure[tried[record]] = trial[record], figure[record]
        better = norm < self.norm[tried]
        won, lost = tried[better], tried[~better]
        self.parameters[won], self.norm[won] = trial[better], norm[better]
        relief = self._xp.where(self._refused[won], RELIEF_AFTER_REFUSAL, RELIEF)
        self._damping[won] = self._xp.clip(self._damping[won] * relief, SMALLEST_DAMPING, None)
        self._damping[lost] *= REFUSAL
        self._stale[won], self._refused[won], self._refused[lost] = True, False, True
        self.taken[won] += 1
        return won

    def judge(self, taken: Array, improvement: float, to_beat: Array | float) -> None:
        """See which problems go on, of which these took a step."""
        self.active = self.active & (self._damping < LARGEST_DAMPING)
        due = taken[self.taken[taken] % CHECKED == 0]
        if len(due):
            ratio = self.norm[due] / self._checkpoint[due]
            rival = to_beat if isinstance(to_beat, float) else to_beat[due]
            hopeful = self.norm[due] * ratio**FORECAST <= rival
            self.active[due] &= (ratio <= 1 - improvement) & hopeful
            self._checkpoint[due] = self.norm[due]

    def _figure(self, residuals: Array, norm: Array) -> Array:
        if self._maximum:
            return self._xp.amax(self._xp.abs(residuals), -1)
        return norm if self._p == 2.0 else p_norm(residuals, 2.0)


class _DenseEquations:
    """``J Q J^T`` and ``J Q r / (p - 1)`` of every problem of a batch."""

    def __init__(self, linearise: ResidualsAndJacobian, p: float, start: Array) -> None:
        xp = self._xp = namespace(start)
        batch, size = start.shape
        self._residuals_and_jacobian, self._p = linearise, p
        self._normal = xp.zeros((batch, size, size), dtype=start.dtype, device=start.device)
        self._gradient = xp.zeros_like(start)

    def linearise(self, parameters: Array, fresh: Array) -> None:
        """Make those of these problems anew, at parameters [A, Q]."""
        residuals, jacobian = self._residuals_and_jacobian(parameters, fresh)
        if self._p != 2.0:
            root = p_weights(residuals, self._p)
            jacobian *= root[:, None, :]
            residuals = residuals * root
        self._normal[fresh] = jacobian @ jacobian.swapaxes(1, 2)
        gradient = (jacobian @ residuals[:, :, None])[:, :, 0]
        self._gradient[fresh] = gradient / (self._p - 1)

    def steps(self, tried: Array, damping: Array) -> Array:
        """Damped steps of these problems, [A, Q]; NaN where the equations cannot be solved."""
        xp = self._xp
        system = self._normal[tried]
        diagonal = xp.linalg.diagonal(system)
        floor = FLOOR * xp.amax(diagonal, -1) + 1e-300
        ridge = xp.maximum(diagonal, floor[:, None]) * damping[:, None]
        size = system.shape[1]
        system.reshape(len(tried), -1)[:, :: size + 1] += ridge
        return _solve(system, self._gradient[tried])


def _solve(system: Array, right: Array) -> Array:
    """Solve positive definite systems [A, Q, Q] for right-hand sides [A, Q]."""
    if isinstance(system, np.ndarray):
        try:
            return np.linalg.solve(system, right[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            if len(system) == 1:
                return np.full_like(right, np.nan)
            # One singular system spoils no other.
            pairs = zip(system[:, None], right[:, None], strict=True)
            return np.concatenate([_solve(one, its_right) for one, its_right in pairs])
    torch = namespace(system)
    factor, info = torch.linalg.cholesky_ex(system)
    steps = torch.cholesky_solve(right[:, :, None], factor)[:, :, 0]
    return torch.where(info[:, None] == 0, steps, torch.nan)
