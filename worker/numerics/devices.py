"""Where tensors are computed, and on how many threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from worker.numerics.memory import is_out_of_memory


def choose_device(name: str) -> torch.device:
    """The device of this name; ``auto`` is CUDA where there is one, else the CPU."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def is_broken(error: BaseException) -> bool:
    """Whether an error of a GPU, other than want of memory, leaves it of no use to this process."""
    # Torch has had a type for them since version 2.8 only.
    has_type = isinstance(error, getattr(torch, "AcceleratorError", ()))
    return (has_type or "CUDA error" in str(error)) and not is_out_of_memory(error)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread inside, numpy and torch; afterwards on as many as before.

    The matrices of a fit are small: on two threads they take four times as long as on one. And how
    many threads a machine has must not decide the last bits of an answer.

    The count of numpy's library is the whole process's: fits in several threads of one process,
    which gain nothing anyway, may give it back while others still compute.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _libraries().limit(limits=1):
            yield
    finally:
        torch.set_num_threads(before)


@cache
def _libraries() -> ThreadpoolController:
    """The libraries numpy computes with; looking for them takes 2 ms, limiting them 15 us."""
    return ThreadpoolController().select(user_api="blas")
