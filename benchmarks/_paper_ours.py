"""The compelled network trained by Levenberg-Marquardt, all starts in one batch, all kept."""

from dataclasses import dataclass

import torch
from torch import Tensor

from worker.numerics.compelled import Compelled
from worker.numerics.levmar import Problem, minimise
from worker.numerics.network import Shape, evaluate, evaluate_with_jacobian


@dataclass(frozen=True)
class Sum:
    """``sum_j sign_j g_j``: networks of one shape side by side, trained together.

    Their numbers lie one network after the other: structured [B, J Q], dense [B, J P].

    Attributes:
        family: what each of them is.
        signs: +1 or -1 for each; ``(1, -1)`` is a difference of two networks.
    """

    family: Compelled
    signs: tuple[float, ...] = (1.0,)

    @property
    def parameters(self) -> int:
        """Weights and biases of all of them, J P."""
        return len(self.signs) * self.family.shape.parameters

    def assemble(self, structured: Tensor) -> Tensor:
        """Structured parameters [B, J Q] -> dense ones [B, J P]."""
        each = structured.view(len(structured) * len(self.signs), -1)
        return self.family.assemble(each).view(len(structured), -1)

    def values(self, dense: Tensor, u: Tensor) -> Tensor:
        """[B, J P] at points [1, N] -> [B, N]."""
        shape = self.family.shape
        each = evaluate(shape, dense.reshape(-1, shape.parameters), u)
        return (each.view(len(dense), len(self.signs), -1) * self._signs()).sum(1)

    def jacobian(self, dense: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """Values [B, N] and their derivatives [B, J P, N]."""
        shape: Shape = self.family.shape
        values, jacobian = evaluate_with_jacobian(shape, dense.reshape(-1, shape.parameters), u)
        batch, count, points = len(dense), len(self.signs), u.shape[1]
        values = (values.view(batch, count, points) * self._signs()).sum(1)
        jacobian = jacobian.view(batch, count, -1, points) * self._signs()[:, :, None]
        return values, jacobian.view(batch, -1, points)

    def _signs(self) -> Tensor:
        return torch.tensor(self.signs, dtype=torch.float64)[:, None]


def train_all(
    network: Sum, starts: Tensor, u: Tensor, y: Tensor, *, phase1: int, phase2: int
) -> Tensor:
    """Dense parameters, [B, J P], of every start after both phases.

    Args:
        network: what is trained.
        starts: structured parameters, [B, J Q].
        u: samples in [0, 1], [1, N].
        y: values there, [1, N].
        phase1: iterations on the structured parameters.
        phase2: iterations on all weights.
    """

    def pretrain(structured: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        values, jacobian = network.jacobian(network.assemble(structured), u)
        return values - y, derivative(network, structured) @ jacobian

    def refine(dense: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        values, jacobian = network.jacobian(dense, u)
        return values - y, jacobian

    weights = torch.ones_like(u).expand(len(starts), -1)
    first = Problem(lambda s, _: network.values(network.assemble(s), u) - y, pretrain, weights)
    structured = minimise(first, starts, iterations=phase1).parameters
    second = Problem(lambda dense, _: network.values(dense, u) - y, refine, weights)
    return minimise(second, network.assemble(structured), iterations=phase2).parameters


def derivative(network: Sum, structured: Tensor) -> Tensor:
    """d(dense parameters) / d(structured parameters), [B, J Q] -> [B, J Q, J P].

    One backward pass through J P copies of each start: copy p gives the gradient of number p.
    """
    count = network.parameters
    copies = structured.repeat_interleave(count, 0).requires_grad_()
    each = network.assemble(copies).view(len(structured), count, count)
    (gradient,) = torch.autograd.grad(each.diagonal(dim1=1, dim2=2).sum(), copies)
    return gradient.view(len(structured), count, -1).transpose(1, 2)
