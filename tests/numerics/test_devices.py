"""Which errors leave a GPU of no use to the process."""

import pytest
import torch

from worker.numerics.devices import is_broken


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA error: unspecified launch failure"),
    ],
)
def test_an_error_of_the_gpu_does(error):
    assert is_broken(error)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("shapes do not match"),
        MemoryError(),
    ],
)
def test_want_of_memory_and_errors_of_ours_do_not(error):
    assert not is_broken(error)
