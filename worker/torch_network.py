"""A stored network as a module of torch, and as an exported program that needs nothing of ours.

    python -m worker.torch_network

makes the program of a network: a JSON document on standard input, ``.pt2`` on standard output.
"""

import io
import json
import sys
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from schemas.network import Dtype, Network, Outside

# The metadata in a .pt2 file.
FACTS = "foldline.json"


class Extended(torch.nn.Sequential):
    """Layers within an interval, and straight lines outside."""

    def __init__(
        self, layers: OrderedDict[str, torch.nn.Module], outside: Outside, dtype: Dtype
    ) -> None:
        """Keep the layers under their names, and what is done outside, in this dtype."""
        super().__init__(layers)
        kind = np.dtype(dtype.value).type
        self._low, self._high = float(kind(outside.x_min)), float(kind(outside.x_max))
        self._left, self._right = float(kind(outside.left)), float(kind(outside.right))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """y, [batch, 1], at x, [batch, 1]."""
        inside = x.clamp(self._low, self._high)
        beyond = x - inside
        for layer in self:
            inside = layer(inside)
        # Nothing for a slope of 0, which times infinity would be no number.
        if self._left != 0.0:
            inside = inside + self._left * beyond.clamp(max=0.0)
        if self._right != 0.0:
            inside = inside + self._right * beyond.clamp(min=0.0)
        return inside


def sequential(network: Network) -> torch.nn.Sequential:
    """The network as a module: x [batch, 1] -> y [batch, 1], in its dtype.

    Its parameters have the names of the safetensors export: ``0.weight``, ``0.bias``,
    ``2.weight``, ...
    """
    modules: OrderedDict[str, torch.nn.Module] = OrderedDict()
    for index, (weight, bias) in enumerate(network.weights()):
        if index:
            modules[str(2 * index - 1)] = torch.nn.ReLU()
        linear = torch.nn.Linear(
            weight.shape[1], weight.shape[0], dtype=getattr(torch, network.dtype.value)
        )
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        modules[str(2 * index)] = linear
    outside = network.outside
    module = Extended(modules, outside, network.dtype) if outside else torch.nn.Sequential(modules)
    return module.eval().requires_grad_(False)


def exported(network: Network, facts: Mapping[str, str]) -> bytes:
    """The network as an exported program: a ``.pt2`` file; the size of the batch is free.

    Args:
        network: the network.
        facts: what the file says of it, under ``foldline.json`` in its extra files.
    """
    module = sequential(network)
    example = torch.zeros(2, 1, dtype=getattr(torch, network.dtype.value))
    program = torch.export.export(
        module, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},)
    )
    # They would be kept as a pickle, which nobody needs.
    program.example_inputs = None
    file = io.BytesIO()
    torch.export.save(program, file, extra_files={FACTS: json.dumps(dict(facts))})
    return file.getvalue()


def main() -> None:
    """Make one program."""
    asked: dict[str, Any] = json.load(sys.stdin)
    network = Network.model_validate(asked["network"])
    sys.stdout.buffer.write(exported(network, asked["facts"]))


if __name__ == "__main__":
    main()
