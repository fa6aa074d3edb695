"""What the trained networks' arrays are: numpy's for single fits on a CPU, else torch's.

The small matrices of a single fit cost numpy a third of what they cost torch, whose every call
takes longer than the arithmetic; on a GPU only torch runs. The functions that training needs are
spelt alike in both, so it is written once, for either.
"""

from typing import Any, TypeAlias

import numpy as np
import torch

# A float64 array of numpy, or a float64 tensor of torch.
Array: TypeAlias = Any


def namespace(array: Array) -> Any:  # noqa: ANN401  # a module
    """The module whose functions take this array."""
    return torch if isinstance(array, torch.Tensor) else np


def on_device(array: Array, device: torch.device | None) -> Array:
    """A numpy array as a tensor on the device; without a device itself."""
    return array if device is None else torch.from_numpy(array).to(device)


def to_numpy(array: Array) -> Array:
    """Back from any device."""
    return array.cpu().numpy() if isinstance(array, torch.Tensor) else array
