"""The compelled network trained by Levenberg-Marquardt, all starts in one batch, all kept."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.numerics.networks.compelled import Compelled
from worker.numerics.networks.network import Shape, evaluate, evaluate_with_jacobian
from worker.numerics.training.levmar import DenseProblem, minimise
from worker.numerics.training.phase1 import derivative

FloatArray = NDArray[np.float64]


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
    def shape(self) -> Shape:
        """Of each of them."""
        return self.family.shape

    @property
    def segments(self) -> int:
        """Of their sum, at most."""
        return len(self.signs) * self.family.segments

    @property
    def parameters(self) -> int:
        """Weights and biases of all of them, J P."""
        return len(self.signs) * self.shape.parameters

    def assemble(self, structured: FloatArray) -> FloatArray:
        """Structured parameters [B, J Q] -> dense ones [B, J P]."""
        each = structured.reshape(len(structured) * len(self.signs), -1)
        dense: FloatArray = self.family.assemble(each).reshape(len(structured), -1)
        return dense

    def ends(self, _: FloatArray) -> FloatArray:
        """Of its one piece."""
        return np.array([0.0, 1.0])

    def values(self, dense: FloatArray, u: FloatArray) -> FloatArray:
        """[B, J P] at points [1, N] -> [B, N]."""
        each = evaluate(self.shape, dense.reshape(-1, self.shape.parameters), u)
        summed: FloatArray = (each.reshape(len(dense), len(self.signs), -1) * self._signs).sum(1)
        return summed

    def jacobian(self, dense: FloatArray, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values [B, N] and their derivatives [B, J P, N]."""
        each = dense.reshape(-1, self.shape.parameters)
        values, jacobian = evaluate_with_jacobian(self.shape, each, u)
        batch, count, points = len(dense), len(self.signs), u.shape[1]
        values = (values.reshape(batch, count, points) * self._signs).sum(1)
        jacobian = jacobian.reshape(batch, count, -1, points) * self._signs[:, :, None]
        return values, jacobian.reshape(batch, -1, points)

    @property
    def _signs(self) -> FloatArray:
        return np.array(self.signs)[:, None]


def train_all(
    network: Sum, starts: FloatArray, u: FloatArray, y: FloatArray, *, phase1: int, phase2: int
) -> FloatArray:
    """Dense parameters, [B, J P], of every start after both phases.

    Args:
        network: what is trained.
        starts: structured parameters, [B, J Q].
        u: samples in [0, 1], [1, N].
        y: values there, [1, N].
        phase1: iterations on the structured parameters.
        phase2: iterations on all weights.
    """

    def pretrain(structured: FloatArray, _: object) -> tuple[FloatArray, FloatArray]:
        values, jacobian = network.jacobian(network.assemble(structured), u)
        # The engine differentiates start by start, as it trains on a CPU.
        inner = np.concatenate([derivative(network, one[None]) for one in structured])
        return values - y, inner @ jacobian

    def refine(dense: FloatArray, _: object) -> tuple[FloatArray, FloatArray]:
        values, jacobian = network.jacobian(dense, u)
        return values - y, jacobian

    first = DenseProblem(lambda s, _: network.values(network.assemble(s), u) - y, pretrain)
    structured = minimise(first, starts, iterations=phase1).parameters
    second = DenseProblem(lambda dense, _: network.values(dense, u) - y, refine)
    dense: FloatArray = minimise(second, network.assemble(structured), iterations=phase2).parameters
    return dense
