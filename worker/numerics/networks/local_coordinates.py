"""The first two layers of a network in local coordinates: knots, and values at them.

Neurons ``relu(u - t_k)`` and the weights that lead from them make functions that are linear between
the knots t_k: the second layer's pre-activations. Instead of the weights, of which each acts on
everything right of its knot, take the values ``V_jk`` of these functions at the knots. They are the
same functions, with all their degrees of freedom and no others: a knot has W + 1 numbers for a
second layer of W neurons, where weights have W + 2, one of which scales the neuron and does
nothing. But a value acts between the two knots beside its own alone. So the normal equations of
samples are block tridiagonal, with a border for the layers above (``training.local_problem``).
"""

from dataclasses import dataclass

import numpy as np

from schemas.network import Weights
from worker.numerics.arrays import FloatArray
from worker.numerics.networks.network import Shape, flatten
from worker.numerics.networks.tents import LEAD


@dataclass(frozen=True)
class LocalLayout:
    """How the local coordinates of a network of one shape are laid out in a vector.

    First the knots from left to right, each with the values there: t_k, V_0k, V_1k, ...; then the
    layers above, as dense parameters are.

    Attributes:
        shape: the layers' widths; two hidden layers at least.
    """

    shape: Shape

    @property
    def knots(self) -> int:
        """How many knots there are, the ends 0 and 1 included: K + 1 for K neurons."""
        return self.shape.widths[1] + 1

    @property
    def a_knot(self) -> int:
        """Coordinates of each knot: W + 1."""
        return self.shape.widths[2] + 1

    @property
    def at_knots(self) -> int:
        """Coordinates of all knots."""
        return self.knots * self.a_knot

    @property
    def above(self) -> int:
        """Weights and biases of the layers above."""
        return self._upper.parameters

    @property
    def _upper(self) -> Shape:
        return Shape(self.shape.widths[2:])

    def split(self, local: FloatArray) -> tuple[FloatArray, FloatArray, Weights]:
        """Knots [K + 1], values [W, K + 1] and the layers above, of a vector of coordinates."""
        table = local[: self.at_knots].reshape(self.knots, self.a_knot)
        return table[:, 0], table[:, 1:].T, self._upper.weights(local[self.at_knots :])

    def from_dense(self, dense: FloatArray) -> FloatArray | None:
        """Local coordinates of dense parameters [P].

        None if they have none: where a neuron of the first layer does not face right, or none of
        them is on everywhere. Of several that are, all but one become knots where none are.
        """
        (weight, bias), (into, shift), *_ = self.shape.weights(dense)
        scales = weight[:, 0]
        if not np.all(scales > 0.0):
            return None
        turns = -bias / scales
        inner = np.sort(turns[(turns > 0.0) & (turns < 1.0)])
        if inner.size >= self.shape.widths[1]:
            return None
        knots = _filled(np.concatenate([[0.0], inner, [1.0]]), self.knots)
        if not np.all(np.diff(knots) > 0.0):
            return None
        values = into @ np.maximum(scales[:, None] * knots + bias[:, None], 0.0) + shift[:, None]
        table = np.concatenate([knots[:, None], values.T], axis=1)
        above = dense[-self.above :]
        return np.concatenate([table.ravel(), above])

    def to_dense(self, local: FloatArray) -> FloatArray:
        """Dense parameters [P] of local coordinates: of the same function."""
        knots, values, layers = self.split(local)
        slopes = np.diff(values) / np.diff(knots)
        kinks = np.diff(slopes, axis=1, prepend=0.0)
        # The first neuron is on everywhere, and turns on left of 0.
        shifts = np.concatenate([[LEAD], -knots[1:-1]])
        first = np.ones((shifts.size, 1)), shifts
        second = kinks, values[:, 0] - LEAD * slopes[:, 0]
        every = [(weight[None], bias[None]) for weight, bias in (first, second, *layers)]
        return np.asarray(flatten(every)[0], dtype=np.float64)


def _filled(knots: FloatArray, count: int) -> FloatArray:
    """So many knots: more of them in the middle of the widest intervals."""
    while knots.size < count:
        widest = int(np.diff(knots).argmax())
        knots = np.insert(knots, widest + 1, (knots[widest] + knots[widest + 1]) / 2)
    return knots


def has_local_coordinates(shape: Shape) -> bool:
    """Whether networks of this shape may have them: two hidden layers, the first one wider."""
    return len(shape.widths) > 3 and shape.widths[1] > shape.widths[2]
