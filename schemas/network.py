"""The network as data: what network.json holds, and its evaluation without torch."""

from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, FiniteFloat

from schemas.check import Check
from schemas.errors import FieldError, InvalidInput
from schemas.strict import Document

# Weight [out, in] and bias [out] of each layer.
Numbers = NDArray[np.floating]
Weights = list[tuple[NDArray[np.floating], NDArray[np.floating]]]

# Hidden activations held at once when evaluating, in numbers: a megabyte stays in a core's cache.
CHUNK_NUMBERS = 1 << 17


class Dtype(StrEnum):
    """Number format of a network's weights and arithmetic."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"


class Extrapolation(StrEnum):
    """What there is outside the interval of the samples."""

    NETWORK = "network"
    """What the weights alone give: a tower may bend there once more."""

    LINEAR = "linear"
    """The first and the last segment go on."""

    CLAMP = "clamp"
    """The values at the ends of the interval stay."""


class Outside(Document):
    """What there is outside an interval, in the place of what the weights give.

    x is moved into the interval before the first layer, and ``slope * (x - end)`` is added to y.
    """

    x_min: FiniteFloat
    x_max: FiniteFloat
    left: FiniteFloat = Field(description="The slope below x_min.")
    right: FiniteFloat = Field(description="The slope above x_max.")

    def split(self, x: Numbers) -> tuple[Numbers, Numbers]:
        """X moved into the interval, and what is added to y for it, [N] each, in x's dtype."""
        kind = x.dtype.type
        inside = x.clip(kind(self.x_min), kind(self.x_max))
        beyond = x - inside
        # Slopes may be steeper than the dtype can say.
        with np.errstate(over="ignore"):
            slope = np.where(beyond < 0, kind(self.left), kind(self.right))
        # Not 0 times infinity.
        within_reach = (slope != 0) & (beyond != 0)
        return inside, np.multiply(slope, beyond, out=np.zeros_like(x), where=within_reach)


class Layer(Document):
    """One affine layer: ``weight @ h + bias``; a row of weight is an output neuron."""

    weight: list[list[FiniteFloat]]
    bias: list[FiniteFloat]


class Network(Document):
    """A ReLU network from raw x to raw y: ReLU between the layers, none after the last."""

    layers: list[Layer]
    activation: Literal["relu"] = "relu"
    dtype: Dtype
    outside: Outside | None = Field(
        default=None,
        description="What is done outside the interval of the samples; null where the layers "
        "alone say it.",
    )
    check: Check | None = Field(
        default=None, description="Pairs by which a reader can tell that it computes right."
    )

    def weights(self) -> Weights:
        """Weight and bias of each layer, in the network's dtype."""
        return [
            (
                np.asarray(layer.weight, dtype=self.dtype.value),
                np.asarray(layer.bias, dtype=self.dtype.value),
            )
            for layer in self.layers
        ]


def check_outside(network: Network) -> None:
    """Check that the network can do in its dtype what it is to do outside.

    Raises:
        InvalidInput: a slope there is no number of its dtype.
    """
    if network.outside is None:
        return
    steepest = max(abs(network.outside.left), abs(network.outside.right))
    if steepest > float(np.finfo(network.dtype.value).max):
        detail = (
            f"cannot be linear: the slope {steepest:.3g} of an outer segment is beyond "
            f"{network.dtype.value}; take clamp or network, or ask for dtype float64"
        )
        raise InvalidInput(FieldError(path=("extrapolate",), detail=detail))


def evaluate(network: Network, x: ArrayLike) -> NDArray[np.floating]:
    """Evaluate the network at x with numpy, in the network's own dtype.

    Args:
        network: the network.
        x: abscissae in the units of the samples, [N].

    Returns:
        The network's values, [N], in the network's dtype.
    """
    inputs = np.asarray(x, dtype=network.dtype.value)
    if network.outside is None:
        return forward(network.weights(), inputs)
    inside, added = network.outside.split(inputs)
    return forward(network.weights(), inside) + added


def forward(weights: Weights, x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Evaluate weight matrices and biases at x, [N] -> [N], in their common dtype.

    Works in slabs of samples, so that a layer of 50,000 neurons needs no more memory than one of 5.
    """
    widest = max(bias.size for _, bias in weights)
    step = max(1, CHUNK_NUMBERS // widest)
    out = np.empty_like(x)
    # OpenBLAS computes a little beyond the ends of float32 arrays, and now and then that is invalid
    # when nothing of the result is (numpy issue 24067). What is, is seen in the values.
    with np.errstate(invalid="ignore"):
        for start in range(0, x.size, step):
            hidden = x[start : start + step, None]
            for weight, bias in weights[:-1]:
                hidden = hidden @ weight.T
                hidden += bias
                np.maximum(hidden, 0, out=hidden)
            weight, bias = weights[-1]
            out[start : start + step] = (hidden @ weight.T + bias)[:, 0]
    return out
