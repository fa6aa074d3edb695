"""Training one network: phase 1 on its structured parameters, phase 2 on all weights.

Both phases are Levenberg-Marquardt in float64 on a batch of starts. For a target on the largest
error, phase 2 goes on with rising p-norms. The best iterate of the goal's own norm is kept.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from schemas.jobs import Phase
from schemas.network import Weights
from worker.numerics.corridor import FloatArray, IndexArray
from worker.numerics.levmar import Problem, minimise
from worker.numerics.network import Shape, evaluate, evaluate_with_jacobian
from worker.numerics.preparation import Prepared, even_part
from worker.numerics.session import Session

# A network is trained on at most so many samples, or so many for each of its parameters, whichever
# is more; and then on those it misses.
LARGE_SAMPLE = 1024
SAMPLES_PER_PARAMETER = 16
# How often the worst of the samples left out are added, and how many at once.
EXCHANGES = 3
EXCHANGED = 256
# A candidate whose largest error is still this far above the limit at p = 8 will not get there.
HOPELESS = 1.6
NORMS = (3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)


class Family(Protocol):
    """Networks that structured parameters describe."""

    @property
    def shape(self) -> Shape:
        """The layers' widths."""

    def assemble(self, structured: Tensor) -> Tensor:
        """The dense parameters [B, P] of structured ones [B, Q]; differentiable."""


@dataclass(frozen=True)
class Plan:
    """How much work goes into one network.

    Attributes:
        starts: how many starts are trained side by side.
        phase1: iterations on the structured parameters.
        phase2: iterations on all weights.
        per_norm: iterations for each p-norm, if the goal is a maximum.
    """

    starts: int
    phase1: int
    phase2: int
    per_norm: int

    def work(self, parameters: int, samples: int, *, is_maximum: bool) -> float:
        """Multiplications that training one network takes, about: those of its normal equations.

        Args:
            parameters: of the network, P.
            samples: of the function, N.
            is_maximum: whether the p-norms follow.
        """
        iterations = self.phase1 + self.phase2 + is_maximum * len(NORMS) * self.per_norm
        trained_on = min(samples, training_samples(parameters))
        return float(self.starts * iterations) * trained_on * parameters**2


def training_samples(parameters: int) -> int:
    """The most samples that a network of so many parameters is trained on at first."""
    return max(LARGE_SAMPLE, SAMPLES_PER_PARAMETER * parameters)


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network in scaled units.

    Attributes:
        weights: ``(weight [out, in], bias [out])`` by layer, float64.
        residuals: at all samples, scaled, [N].
        norm: the goal's norm of them.
    """

    weights: Weights
    residuals: FloatArray
    norm: float


class _Best:
    """The best iterate so far in the goal's own norm, over all starts."""

    def __init__(self, prepared: Prepared, enough: float, session: Session) -> None:
        self._is_maximum = prepared.goal.is_maximum
        self._in_metric = prepared.goal.in_metric
        self._enough = enough
        self._session = session
        self.parameters: Tensor | None = None
        self.norm = np.inf

    def observe(self, parameters: Tensor, residuals: Tensor) -> bool:
        """Keep the best of these; True when it is good enough or time is up."""
        norms = self.norms(residuals)
        row = int(norms.argmin())
        if float(norms[row]) < self.norm:
            self.norm = float(norms[row])
            self.parameters = parameters[row].clone()
            self._session.report(error=self._in_metric(self.norm))
        return self.norm <= self._enough or self._session.stopped()

    def norms(self, residuals: Tensor) -> Tensor:
        """The goal's norm of measured residuals, [B, N] -> [B]."""
        if self._is_maximum:
            return residuals.abs().amax(1)
        return residuals.square().mean(1).sqrt()


def train(
    family: Family,
    starts: Tensor,
    prepared: Prepared,
    *,
    plan: Plan,
    enough: float,
    session: Session,
) -> Trained:
    """Train one network from several starts.

    Args:
        family: the network's structure.
        starts: structured parameters, [B, Q].
        prepared: the scaled problem.
        plan: how much work to put in.
        enough: the goal's norm at which to stop.
        session: time, device and progress.

    Returns:
        The best network found on all samples.
    """
    chosen = even_part(prepared.u.size, training_samples(family.shape.parameters))
    starts = starts.to(session.device)
    best = _Best(prepared, enough, session)
    data = _Data.of(prepared, chosen, session.device)
    with session.phase(Phase.PHASE1):
        dense = _pretrain(family, starts, data, plan, best)
    with session.phase(Phase.PHASE2):
        dense = _refine(family.shape, dense, data, plan, best, prepared, enough)
        trained = _on_all_samples(family.shape, best, dense, prepared)
        for _ in range(EXCHANGES if prepared.goal.is_maximum else 0):
            missed = _worst(prepared, trained, chosen)
            if missed.size == 0 or trained.norm <= enough or session.stopped():
                break
            chosen = np.union1d(chosen, missed)
            again = _Best(prepared, enough, session)
            data = _Data.of(prepared, chosen, session.device)
            start = best.parameters if best.parameters is not None else dense[0]
            _sharpen(family.shape, start[None], data, plan, again, np.inf)
            best = again
            trained = min(
                trained,
                _on_all_samples(family.shape, again, dense, prepared),
                key=lambda result: result.norm,
            )
    return trained


@dataclass(frozen=True, eq=False)
class _Data:
    """The training samples on the device: u, v and 1 / unit, each [1, N]."""

    u: Tensor
    v: Tensor
    gauge: Tensor

    @classmethod
    def of(cls, prepared: Prepared, chosen: IndexArray, device: torch.device) -> "_Data":
        columns = (prepared.u[chosen], prepared.v[chosen], 1 / prepared.goal.units[chosen])
        return cls(*(torch.from_numpy(column)[None].to(device) for column in columns))

    def residuals(self, shape: Shape, dense: Tensor) -> Tensor:
        return (evaluate(shape, dense, self.u) - self.v) * self.gauge

    def linearise(self, shape: Shape, dense: Tensor) -> tuple[Tensor, Tensor]:
        values, jacobian = evaluate_with_jacobian(shape, dense, self.u)
        return (values - self.v) * self.gauge, jacobian * self.gauge[:, None, :]

    def problem(self, shape: Shape, batch: int) -> Problem:
        return Problem(
            residuals=lambda dense, _: self.residuals(shape, dense),
            linearise=lambda dense, _: self.linearise(shape, dense),
            weights=torch.ones_like(self.u).expand(batch, -1),
        )


def _pretrain(family: Family, starts: Tensor, data: _Data, plan: Plan, best: _Best) -> Tensor:
    """Phase 1: the structured parameters alone. Returns dense parameters, [B, P]."""

    def linearise(structured: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        residuals, jacobian = data.linearise(family.shape, family.assemble(structured))
        return residuals, _derivative(family, structured) @ jacobian

    problem = Problem(
        residuals=lambda structured, _: data.residuals(family.shape, family.assemble(structured)),
        linearise=linearise,
        weights=torch.ones_like(data.u).expand(len(starts), -1),
    )
    minimum = minimise(
        problem,
        starts,
        iterations=plan.phase1,
        observe=lambda structured, residuals: best.observe(family.assemble(structured), residuals),
    )
    return family.assemble(minimum.parameters)


def _derivative(family: Family, structured: Tensor) -> Tensor:
    """d(dense parameters) / d(structured parameters), [B, Q] -> [B, Q, P].

    One backward pass through P copies: copy p contributes the gradient of its parameter p.
    """
    batch, size = structured.shape
    count = family.shape.parameters
    with torch.enable_grad():
        copies = structured.detach().repeat_interleave(count, 0).requires_grad_()
        diagonal = family.assemble(copies).view(batch, count, count).diagonal(dim1=1, dim2=2)
        (gradient,) = torch.autograd.grad(diagonal.sum(), copies)
    return gradient.view(batch, count, size).transpose(1, 2)


def _refine(
    shape: Shape,
    dense: Tensor,
    data: _Data,
    plan: Plan,
    best: _Best,
    prepared: Prepared,
    enough: float,
) -> Tensor:
    """Phase 2: all weights; then p-norms on the better half of the starts if a maximum counts."""
    minimum = minimise(
        data.problem(shape, len(dense)),
        dense,
        iterations=plan.phase2,
        improvement=1e-3,
        observe=best.observe,
    )
    best.observe(minimum.parameters, minimum.residuals)
    if not prepared.goal.is_maximum:
        return minimum.parameters
    order = best.norms(minimum.residuals).argsort()
    half = minimum.parameters[order[: (len(order) + 1) // 2]]
    return _sharpen(shape, half, data, plan, best, HOPELESS * enough if enough > 0 else np.inf)


def _sharpen(
    shape: Shape, dense: Tensor, data: _Data, plan: Plan, best: _Best, hopeless: float
) -> Tensor:
    """Rising p-norms, from least squares towards the smallest maximum."""
    problem = data.problem(shape, len(dense))
    for p in NORMS:
        minimum = minimise(
            problem, dense, p=p, iterations=plan.per_norm, improvement=1e-4, observe=best.observe
        )
        dense = minimum.parameters
        ended = best.observe(dense, minimum.residuals)
        if ended or (p >= 8.0 and best.norm > hopeless):
            break
    return dense


def _on_all_samples(shape: Shape, best: _Best, dense: Tensor, prepared: Prepared) -> Trained:
    parameters = dense[0] if best.parameters is None else best.parameters
    u = torch.from_numpy(prepared.u)[None].to(parameters.device)
    values = evaluate(shape, parameters[None], u)[0].cpu().numpy()
    weights: Weights = [
        (w[0].cpu().numpy(), b[0].cpu().numpy()) for w, b in shape.layers(parameters[None])
    ]
    residuals = values - prepared.v
    return Trained(weights, residuals, prepared.goal.norm(residuals))


def _worst(prepared: Prepared, trained: Trained, chosen: IndexArray) -> IndexArray:
    """Indices of the samples left out whose error is a local maximum, the largest first."""
    if chosen.size == prepared.u.size:
        return np.empty(0, dtype=np.intp)
    error = np.abs(trained.residuals) / prepared.goal.units
    padded = np.pad(error, 1, constant_values=-np.inf)
    peak = (error >= padded[:-2]) & (error >= padded[2:])
    peak[chosen] = False
    found = np.flatnonzero(peak)
    return found[np.argsort(error[found])[::-1][:EXCHANGED]]
