"""Which errors say that memory ran out."""

import numpy as np
import pytest
import torch

from worker.numerics.memory import is_out_of_memory


@pytest.mark.parametrize("allocate", [np.empty, torch.empty])
def test_want_of_memory_is_recognised_whoever_notices_it(allocate):
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        allocate(2**50)
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`",
    ],
)
def test_a_gpu_without_memory_is_recognised_by_its_words(said):
    assert is_out_of_memory(RuntimeError(said))


@pytest.mark.parametrize(
    "error",
    [RuntimeError("CUDA error: an illegal memory access was encountered"), ValueError("memory")],
)
def test_other_errors_are_not_taken_for_it(error):
    assert not is_out_of_memory(error)
