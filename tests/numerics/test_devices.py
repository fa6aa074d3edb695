"""Which device there is, and which errors leave a GPU of no use to the process."""

import ctypes
from types import SimpleNamespace

import pytest
import torch

from worker.numerics import devices
from worker.numerics.devices import choose_device, is_broken, sees_gpu

# What the driver's functions return when there is no GPU.
NO_DEVICE = 100


def driver(*, started=0, gpus):
    """A driver that counts so many GPUs, or does not start."""

    def count(place):
        place._obj.value = gpus
        return 0

    return SimpleNamespace(cuInit=lambda _: started, cuDeviceGetCount=count)


@pytest.mark.parametrize(
    ("there", "sees"),
    [
        (driver(gpus=1), True),
        (driver(gpus=0), False),
        (driver(started=NO_DEVICE, gpus=1), False),
        (None, False),
    ],
)
def test_a_gpu_is_what_a_driver_counts(monkeypatch, there, sees):
    def load(_):
        if there is None:
            raise OSError("no such file")
        return there

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert sees_gpu.__wrapped__() is sees


@pytest.mark.parametrize(
    ("seen", "usable", "device"),
    [(True, True, "cuda"), (True, False, "cpu"), (False, True, "cpu")],
)
def test_auto_is_a_gpu_that_the_driver_sees_and_torch_can_use(monkeypatch, seen, usable, device):
    monkeypatch.setattr(devices, "sees_gpu", lambda: seen)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: usable)
    assert choose_device("auto") == device


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_a_device_that_is_named_is_taken(name):
    assert choose_device(name) == name


def test_a_device_of_no_name_is_refused():
    with pytest.raises(ValueError, match="'auto', 'cpu' or 'cuda', not 'gpu'"):
        choose_device("gpu")


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
