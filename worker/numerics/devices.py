"""Where training is computed, and on how many threads."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from worker.numerics.backend import load_torch, loaded_torch
from worker.numerics.memory import is_out_of_memory

# On a CPU numpy computes; torch does on a GPU of NVIDIA.
Device = Literal["cpu", "cuda"]


def choose_device(name: str) -> Device:
    """The device of this name; ``auto`` is CUDA where there is one, else the CPU.

    torch, which alone can tell whether it computes on a GPU, is asked only where a driver sees one.

    Raises:
        ValueError: the name is none of these.
    """
    match name:
        case "auto":
            return "cuda" if sees_gpu() and load_torch().cuda.is_available() else "cpu"
        case "cpu" | "cuda":
            return name
    raise ValueError(f"a device is 'auto', 'cpu' or 'cuda', not {name!r}")


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def sees_gpu() -> bool:
    """Whether NVIDIA's driver is there and counts a GPU that this process may use.

    That is what torch's own question comes to, put to the same library: ``CUDA_VISIBLE_DEVICES``
    and what a container was given are heeded.
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    # Both return 0 when all went well.
    failed = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    return not failed and count.value > 0


def is_broken(error: BaseException) -> bool:
    """Whether an error of a GPU, other than want of memory, leaves it of no use to this process."""
    # Torch has had a type for them since version 2.8 only; without torch there are none.
    has_type = isinstance(error, getattr(loaded_torch(), "AcceleratorError", ()))
    return (has_type or "CUDA error" in str(error)) and not is_out_of_memory(error)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread inside, numpy and torch; afterwards on as many as before.

    The matrices of a fit are small: on two threads they take four times as long as on one. And how
    many threads a machine has must not decide the last bits of an answer.

    The count of numpy's library is the whole process's: fits in several threads of one process,
    which gain nothing anyway, may give it back while others still compute. So is torch's, which is
    left alone where torch is not loaded: then nothing computes with it.
    """
    with _libraries().limit(limits=1), _torch_on_one_thread():
        yield


@contextmanager
def _torch_on_one_thread() -> Iterator[None]:
    torch = loaded_torch()
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def _libraries() -> ThreadpoolController:
    """The libraries numpy computes with; looking for them takes 2 ms, limiting them 15 us."""
    return ThreadpoolController().select(user_api="blas")
