"""The network as data: what network.json holds, and its evaluation without torch."""

from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import FiniteFloat

from schemas.strict import Document

# Weight [out, in] and bias [out] of each layer.
Weights = list[tuple[NDArray[np.floating], NDArray[np.floating]]]

# Hidden activations held at once when evaluating, in numbers: a megabyte stays in a core's cache.
CHUNK_NUMBERS = 1 << 17


class Dtype(StrEnum):
    """Number format of a network's weights and arithmetic."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"


class Layer(Document):
    """One affine layer: ``weight @ h + bias``; a row of weight is an output neuron."""

    weight: list[list[FiniteFloat]]
    bias: list[FiniteFloat]


class Network(Document):
    """A ReLU network from raw x to raw y: ReLU between the layers, none after the last."""

    layers: list[Layer]
    activation: Literal["relu"] = "relu"
    dtype: Dtype


def evaluate(network: Network, x: ArrayLike) -> NDArray[np.floating]:
    """Evaluate the network at x with numpy, in the network's own dtype.

    Args:
        network: the network.
        x: abscissae in the units of the samples, [N].

    Returns:
        The network's values, [N], in the network's dtype.
    """
    weights: Weights = [
        (
            np.asarray(layer.weight, dtype=network.dtype.value),
            np.asarray(layer.bias, dtype=network.dtype.value),
        )
        for layer in network.layers
    ]
    return forward(weights, np.asarray(x, dtype=network.dtype.value))


def forward(weights: Weights, x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Evaluate weight matrices and biases at x, [N] -> [N], in their common dtype.

    Works in slabs of samples, so that a layer of 50,000 neurons needs no more memory than one of 5.
    """
    widest = max(bias.size for _, bias in weights)
    step = max(1, CHUNK_NUMBERS // widest)
    out = np.empty_like(x)
    for start in range(0, x.size, step):
        hidden = x[start : start + step, None]
        for weight, bias in weights[:-1]:
            hidden = hidden @ weight.T
            hidden += bias
            np.maximum(hidden, 0, out=hidden)
        weight, bias = weights[-1]
        out[start : start + step] = (hidden @ weight.T + bias)[:, 0]
    return out
