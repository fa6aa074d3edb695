"""What the trained networks' arrays are: numpy's for single fits on a CPU, else torch's.

The small matrices of a single fit cost numpy a third of what they cost torch, whose every call
takes longer than the arithmetic; on a GPU only torch runs. The functions that training needs are
spelt alike in both, so it is written once, for either.

torch takes longer to load than a small fit takes in all. So nothing of the engine imports it at the
top: it is loaded when there is a GPU to compute on, or a tensor is made.
"""

import sys
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

# A float64 array of numpy, or a float64 tensor of torch.
Array: TypeAlias = Any


def load_torch() -> Any:  # noqa: ANN401  # a module
    """The module torch, loaded now if it has not been."""
    return import_module("torch")


def loaded_torch() -> Any:  # noqa: ANN401  # a module
    """The module torch if somebody has loaded it, else None."""
    return sys.modules.get("torch")


def namespace(array: Array) -> Any:  # noqa: ANN401  # a module
    """The module whose functions take this array."""
    return np if isinstance(array, np.ndarray) else load_torch()


def on_device(array: Array, device: str | None) -> Array:
    """A numpy array as a tensor on the device; without a device itself."""
    # A copy, in torch's own memory: what its products round to depends on where an array begins.
    return array if device is None else load_torch().tensor(array, device=device)


def to_numpy(array: Array) -> Array:
    """Back from any device."""
    return array if namespace(array) is np else array.cpu().numpy()
