"""The network as numpy arrays: evaluated here, as the service does it."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foldline_client.documents import models as documents
from foldline_client.errors import Miscomputed

Numbers = NDArray[np.floating]
# A structured array with the fields x, y, slope, intercept.
Rows = NDArray[np.void]

# Hidden activations held at once, in numbers. The same as in the service: products of other shapes
# may be summed in another order.
SLAB_NUMBERS = 1 << 17


class Layer(NamedTuple):
    """One affine layer: weight [out, in] and bias [out]."""

    weight: Numbers
    bias: Numbers


class Network:
    """A ReLU network from raw x to raw y: ReLU between the layers, none after the last.

    Attributes:
        layers: weight and bias of each, in the dtype of the network.
        dtype: of weights and arithmetic.
        outside: what is done outside the interval of the samples; None where the layers alone say
            it.
    """

    def __init__(self, document: documents.Network) -> None:
        """Take it from the document of the service."""
        self.dtype: np.dtype[np.floating] = np.dtype(document.dtype.value)
        self.outside = document.outside
        self.layers = tuple(
            Layer(np.asarray(layer.weight, self.dtype), np.asarray(layer.bias, self.dtype))
            for layer in document.layers
        )

    @classmethod
    def of(cls, document: documents.Network) -> Self:
        """A network that gives the values here which its document says it has.

        Raises:
            Miscomputed: it does not, on this machine.
        """
        network = cls(document)
        if document.check is not None and not network._passes(document.check):
            raise Miscomputed("numpy gives other values here than those that are certified")
        return network

    @classmethod
    def from_json(cls, content: str | bytes) -> Self:
        """The network of a file, ``network.json`` or an export as JSON.

        Raises:
            ValueError: the file holds none.
            Miscomputed: as ``of``.
        """
        return cls.of(documents.Network.model_validate_json(content))

    def __repr__(self) -> str:
        """The widths of its layers."""
        widths = "-".join(str(layer.bias.size) for layer in self.layers)
        return f"<Network 1-{widths} {self.dtype}>"

    def __call__(self, x: ArrayLike) -> Numbers:
        """Its values at x, in its own dtype and in the shape of x."""
        inputs = np.asarray(x, self.dtype)
        flat = inputs.reshape(-1)
        if self.outside is None:
            y = self._forward(flat)
        else:
            kind = self.dtype.type
            inside = flat.clip(kind(self.outside.x_min), kind(self.outside.x_max))
            beyond = flat - inside
            # Slopes may be steeper than the dtype can say.
            with np.errstate(over="ignore"):
                slope = np.where(beyond < 0, kind(self.outside.left), kind(self.outside.right))
            # Not 0 times infinity.
            within_reach = (slope != 0) & (beyond != 0)
            added = np.multiply(slope, beyond, out=np.zeros_like(flat), where=within_reach)
            y = self._forward(inside) + added
        # The empty index makes a number of an array without axes.
        return y.reshape(inputs.shape)[()]

    def _passes(self, check: documents.Check) -> bool:
        """Whether this machine computes the pairs of a check as near as they must be."""
        off = np.abs(self(check.x).astype(np.float64) - check.y)
        return bool((off <= check.within).all())

    def _forward(self, x: Numbers) -> Numbers:
        """The layers at x, [N] -> [N], slab by slab."""
        *hidden_layers, last = self.layers
        step = max(1, SLAB_NUMBERS // max(layer.bias.size for layer in self.layers))
        out = np.empty_like(x)
        for start in range(0, x.size, step):
            hidden = x[start : start + step, None]
            for weight, bias in hidden_layers:
                hidden = hidden @ weight.T
                hidden += bias
                np.maximum(hidden, 0, out=hidden)
            out[start : start + step] = (hidden @ last.weight.T + last.bias)[:, 0]
        return out
