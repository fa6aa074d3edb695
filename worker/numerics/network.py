"""Batched dense ReLU networks of one input and one output: values and the exact Jacobian.

A batch of B networks of one shape is one tensor of parameters, [B, P]: layer by layer, the weight
matrix by rows, then the bias.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

Layers = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Shape:
    """The widths of a network's layers, input and output included."""

    widths: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """The number of weights and biases P."""
        return sum(out * (into + 1) for into, out in pairwise(self.widths))

    def layers(self, parameters: Tensor) -> Layers:
        """View parameters [B, P] as weights [B, out, in] and biases [B, out], layer by layer."""
        found: Layers = []
        start = 0
        for into, out in pairwise(self.widths):
            weight = parameters[:, start : start + out * into].view(-1, out, into)
            start += out * into
            found.append((weight, parameters[:, start : start + out]))
            start += out
        return found


def flatten(layers: Layers) -> Tensor:
    """The inverse of ``Shape.layers``: weights and biases as parameters [B, P]."""
    return torch.cat([part.flatten(1) for layer in layers for part in layer], dim=1)


def evaluate(shape: Shape, parameters: Tensor, u: Tensor) -> Tensor:
    """Values of B networks at their points.

    Args:
        shape: the layers' widths.
        parameters: [B, P].
        u: points, [B, N] or [1, N].

    Returns:
        Values, [B, N].
    """
    *hidden_layers, (weight, bias) = shape.layers(parameters)
    hidden = u[:, None, :]
    for inner_weight, inner_bias in hidden_layers:
        hidden = torch.relu(inner_weight @ hidden + inner_bias[:, :, None])
    return (weight @ hidden + bias[:, :, None])[:, 0, :]


def evaluate_with_jacobian(shape: Shape, parameters: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
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
    batch, points = parameters.shape[0], u.shape[1]
    layers = shape.layers(parameters)
    inputs = [u[:, None, :].expand(batch, 1, points)]
    for weight, bias in layers[:-1]:
        inputs.append(torch.relu(weight @ inputs[-1] + bias[:, :, None]))
    weight, bias = layers[-1]
    values = (weight @ inputs[-1] + bias[:, :, None])[:, 0, :]

    jacobian = parameters.new_empty(batch, shape.parameters, points)
    delta = parameters.new_ones(batch, 1, points)
    end = shape.parameters
    for (weight, _), hidden in zip(reversed(layers), reversed(inputs), strict=True):
        out, into = weight.shape[1:]
        jacobian[:, end - out : end] = delta
        end -= out
        torch.mul(
            delta[:, :, None, :],
            hidden[:, None, :, :],
            out=jacobian[:, end - out * into : end].view(batch, out, into, points),
        )
        end -= out * into
        if end:
            delta = (weight.transpose(1, 2) @ delta) * (hidden > 0)
    return values, jacobian
