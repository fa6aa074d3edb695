"""Levenberg-Marquardt on batches of small problems, for the 2-norm and for p-norms.

Minimises ``sum_n w_n |r_n|^p`` of the residuals r. For p = 2 this is Levenberg-Marquardt; for
p > 2 each step is one of iteratively re-weighted least squares with weights ``w |r|^(p-2)``,
shortened by 1 / (p - 1), Newton's step for a p-norm. As p grows the largest residual decides: the
way from least squares to the minimax fit.

References:
    D. W. Marquardt 1963, "An algorithm for least-squares estimation of nonlinear parameters"
    (damping by the diagonal).
    L. A. Karlovitz 1970, "Construction of nearest points in the L^p, p even, and L^inf norms"
    (step length 1 / (p - 1)).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Damping of the first iteration, relative to the diagonal.
FIRST_DAMPING = 1e-2
# Dampings tried side by side in every iteration, relative to the current one: a solve and an
# evaluation cost little beside a Jacobian, and one of the three nearly always succeeds.
TRIALS = (1.0, 0.1, 10.0)
# Beyond this the step is lost in rounding: the problem is finished.
LARGEST_DAMPING = 1e10
SMALLEST_DAMPING = 1e-14
# Diagonal entries are at least this part of the largest: neurons that are off have zero columns.
FLOOR = 1e-15

# Parameters [B, Q] -> residuals [B, N]; and the same with the Jacobian [B, Q, N].
Residuals = Callable[[Tensor, Tensor], Tensor]
ResidualsAndJacobian = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
# Parameters [B, Q] and residuals [B, N] so far -> whether to end the iteration.
Observe = Callable[[Tensor, Tensor], bool]


@dataclass(frozen=True)
class Problem:
    """B least-squares problems of one shape.

    Attributes:
        residuals: of parameters [A, Q] for the problems with these indices [A]: [A, N].
        linearise: the same, and the Jacobian [A, Q, N].
        weights: of the residuals, [B, N]; zero where a problem has fewer samples.
    """

    residuals: Residuals
    linearise: ResidualsAndJacobian
    weights: Tensor


@dataclass(frozen=True)
class Minimum:
    """Where the iteration ended.

    Attributes:
        parameters: the best found, [B, Q].
        residuals: there, [B, N].
        iterations: how many were done.
    """

    parameters: Tensor
    residuals: Tensor
    iterations: int


def p_norm(residuals: Tensor, weights: Tensor, p: float) -> Tensor:
    """Weighted p-norm ``(sum w |r|^p / sum w)^(1/p)``, [..., N] -> [...], free of overflow."""
    largest = residuals.abs().amax(-1, keepdim=True).clamp_min(1e-300)
    mean = (weights * (residuals.abs() / largest) ** p).sum(-1) / weights.sum(-1)
    return largest[..., 0] * mean ** (1 / p)


def minimise(
    problem: Problem,
    start: Tensor,
    *,
    p: float = 2.0,
    iterations: int,
    improvement: float = 0.0,
    observe: Observe = lambda *_: False,
) -> Minimum:
    """Minimise the p-norm of the residuals of every problem in the batch.

    Args:
        problem: the residuals and their Jacobian.
        start: parameters to start from, [B, Q].
        p: the norm, at least 2.
        iterations: how many at most.
        improvement: a problem is finished when ten iterations lower its norm by less than this
            part.
        observe: called before every iteration with parameters and residuals; True ends it.

    Returns:
        The best parameters of each problem; never worse than the start.
    """
    parameters = start.clone()
    residuals = problem.residuals(parameters, torch.arange(len(start), device=start.device))
    cost = p_norm(residuals, problem.weights, p)
    damping = torch.full_like(cost, FIRST_DAMPING)
    active = torch.arange(len(start), device=start.device)
    stale = torch.ones(len(start), dtype=torch.bool, device=start.device)
    normal = start.new_zeros(len(start), start.shape[1], start.shape[1])
    gradient = torch.zeros_like(start)
    checkpoint = cost.clone()
    done = 0
    while done < iterations and len(active) and not observe(parameters, residuals):
        fresh = active[stale[active]]
        if len(fresh):
            _, jacobian = problem.linearise(parameters[fresh], fresh)
            normal[fresh], gradient[fresh] = _normal_equations(
                jacobian, residuals[fresh], problem.weights[fresh], p
            )
        trial, trial_residuals, trial_cost, factor = _best_trial(
            problem, parameters, normal, gradient, damping, active, p
        )
        better = trial_cost < cost[active]
        won = active[better]
        parameters[won], residuals[won] = trial[better], trial_residuals[better]
        cost[won] = trial_cost[better]
        stale[:] = False
        stale[won] = True
        damping[won] = (damping[won] * factor[better] * 0.5).clamp_min(SMALLEST_DAMPING)
        damping[active[~better]] *= 100.0
        done += 1
        going = damping[active] < LARGEST_DAMPING
        if done % 10 == 0 and improvement:
            going &= cost[active] < (1 - improvement) * checkpoint[active]
            checkpoint = cost.clone()
        active = active[going]
    return Minimum(parameters=parameters, residuals=residuals, iterations=done)


def _normal_equations(
    jacobian: Tensor, residuals: Tensor, weights: Tensor, p: float
) -> tuple[Tensor, Tensor]:
    """``J Q J^T`` [A, Q, Q] and ``J Q r / (p - 1)`` [A, Q], Q the weights of this step."""
    if p != 2.0:
        largest = residuals.abs().amax(-1, keepdim=True).clamp_min(1e-300)
        weights = weights * (residuals.abs() / largest) ** (p - 2)
    weighted = jacobian * weights.sqrt()[:, None, :]
    right = (weighted @ (residuals * weights.sqrt())[:, :, None])[:, :, 0]
    return weighted @ weighted.transpose(1, 2), right / (p - 1)


def _best_trial(
    problem: Problem,
    parameters: Tensor,
    normal: Tensor,
    gradient: Tensor,
    damping: Tensor,
    active: Tensor,
    p: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Try every damping of ``TRIALS`` for every active problem and keep the best.

    Returns:
        Its parameters [A, Q], residuals [A, N], norm [A] and relative damping [A].
    """
    trials = torch.tensor(TRIALS, dtype=parameters.dtype, device=parameters.device)
    count, size = len(active), parameters.shape[1]
    diagonal = normal[active].diagonal(dim1=1, dim2=2)
    diagonal = diagonal.clamp_min(FLOOR * diagonal.amax(1, keepdim=True).clamp_min(1e-300))
    ridge = (damping[active, None] * trials)[:, :, None] * diagonal[:, None, :]
    system = normal[active][:, None] + torch.diag_embed(ridge)
    factor, info = torch.linalg.cholesky_ex(system.flatten(0, 1))
    right = gradient[active][:, None, :, None].expand(count, len(trials), size, 1)
    step = torch.cholesky_solve(right.flatten(0, 1), factor)[:, :, 0].view(count, -1, size)
    usable = (info == 0).view(count, -1) & step.isfinite().all(-1)
    step = torch.where(usable[:, :, None], step, 0.0)
    trial = parameters[active][:, None] - step
    index = active.repeat_interleave(len(trials))
    residuals = problem.residuals(trial.flatten(0, 1), index)
    residuals = residuals.view(count, len(trials), -1)
    cost = p_norm(residuals, problem.weights[active][:, None], p)
    cost = torch.where(usable & cost.isfinite(), cost, torch.inf)
    best = cost.argmin(1)
    row = torch.arange(count, device=active.device)
    return trial[row, best], residuals[row, best], cost[row, best], trials[best]
