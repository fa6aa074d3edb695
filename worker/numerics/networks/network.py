"""Batched dense ReLU networks of one input and one output: values and the exact Jacobian.

A batch of B networks of one shape is one array of parameters, [B, P]: layer by layer, the weight
matrix by rows, then the bias. Arrays are numpy's or torch's.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from schemas.network import Weights
from worker.numerics.arrays import FloatArray
from worker.numerics.backend import Array, namespace

Layers = list[tuple[Array, Array]]


@dataclass(frozen=True)
class Shape:
    """The widths of a network's layers, input and output included."""

    widths: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """The number of weights and biases P."""
        return sum(out * (into + 1) for into, out in pairwise(self.widths))

    @property
    def neurons(self) -> int:
        """The number of ReLUs."""
        return sum(self.widths[1:-1])

    def layers(self, parameters: Array) -> Layers:
        """View parameters [B, P] as weights [B, out, in] and biases [B, out], layer by layer."""
        found: Layers = []
        start = 0
        for into, out in pairwise(self.widths):
            weight = parameters[:, start : start + out * into].reshape(-1, out, into)
            start += out * into
            found.append((weight, parameters[:, start : start + out]))
            start += out
        return found

    def weights(self, parameters: FloatArray) -> Weights:
        """``(weight [out, in], bias [out])`` by layer, of the parameters [P] of one network."""
        return [(weight[0], bias[0]) for weight, bias in self.layers(parameters[None])]


def flatten(layers: Layers) -> Array:
    """The inverse of ``Shape.layers``: weights and biases as parameters [B, P]."""
    parts = [part.reshape(len(part), -1) for layer in layers for part in layer]
    found: Array = namespace(parts[0]).concatenate(parts, 1)
    return found


def evaluate(shape: Shape, parameters: Array, u: Array) -> Array:
    """Values of B networks at their points.

    Args:
        shape: the layers' widths.
        parameters: [B, P].
        u: points, [B, N] or [1, N].

    Returns:
        Values, [B, N].
    """
    return _forward(shape.layers(parameters), u)[1]


def evaluate_with_jacobian(shape: Shape, parameters: Array, u: Array) -> tuple[Array, Array]:
    """Values of B networks at their points, and the derivatives by every parameter.

    One backward sweep gives all samples' gradients: for layer l with input h and the derivative
    delta of the output by its pre-activation, d/dW = delta h^T and d/db = delta.

    Args:
        shape: the layers' widths.
        parameters: [B, P].
        u: points, [B, N] or [1, N].

    Returns:
        Values [B, N] and Jacobian [B, P, N].
    """
    xp = namespace(parameters)
    batch, points = parameters.shape[0], u.shape[1]
    layers = shape.layers(parameters)
    inputs, values = _forward(layers, u)
    jacobian = _empty(parameters, points)
    end = shape.parameters
    jacobian[:, end - 1] = 1.0
    jacobian[:, end - 1 - shape.widths[-2] : end - 1] = inputs[-1]
    end -= 1 + shape.widths[-2]
    weight = layers[-1][0]
    delta = xp.where(inputs[-1] > 0, weight.reshape(batch, -1, 1), 0.0)
    for (weight, _), hidden in zip(reversed(layers[:-1]), reversed(inputs[:-1]), strict=True):
        out, into = weight.shape[1:]
        jacobian[:, end - out : end] = delta
        end -= out
        block = jacobian[:, end - out * into : end].reshape(batch, out, into, points)
        xp.multiply(delta[:, :, None, :], hidden[:, None, :, :], out=block)
        end -= out * into
        if end:
            delta = weight.swapaxes(1, 2) @ delta
            delta *= hidden > 0
    return values, jacobian


def _empty(parameters: Array, points: int) -> Array:
    batch, count = parameters.shape
    if namespace(parameters) is np:
        return np.empty((batch, count, points))
    return parameters.new_empty(batch, count, points)


def _forward(layers: Layers, u: Array) -> tuple[list[Array], Array]:
    """The input of every layer [B, in, N], the first [., 1, N], and the values [B, N]."""
    xp = namespace(u)
    inputs = [u[:, None, :]]
    for index, (weight, bias) in enumerate(layers[:-1]):
        # The first product is an outer one: a matrix product of inner size 1 costs more.
        before = weight * inputs[0] if index == 0 else weight @ inputs[-1]
        before += bias[:, :, None]
        inputs.append(np.maximum(before, 0.0, out=before) if xp is np else before.relu_())
    weight, bias = layers[-1]
    return inputs, (weight @ inputs[-1])[:, 0] + bias
