"""Where tensors are computed, and on how many threads."""

import torch


def choose_device(name: str) -> torch.device:
    """The device of this name; ``auto`` is CUDA where there is one, else the CPU."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def use_one_thread() -> None:
    """Have this process compute on one thread.

    The matrices of a fit are small: on two threads they take four times as long as on one.
    """
    torch.set_num_threads(1)
