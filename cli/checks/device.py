"""Whether numpy and torch load and compute, and on which device."""

import os
import sys

import numpy as np
import torch

from cli.checks.finding import Finding, Place, ok, wrong
from worker.numerics.devices import choose_device
from worker.settings import WorkerSettings


def look(_: Place) -> Finding:
    """Add two numbers on the device that a worker would take."""
    device = choose_device(WorkerSettings().device)
    if torch.ones(2, device=device).sum().item() != 2.0:
        return wrong(f"torch {torch.__version__} on {device}: 1 + 1 is not 2")
    if device == "cuda":
        name = torch.cuda.get_device_name(device)
        return ok(f"torch {torch.__version__} computes on cuda ({name})")
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return ok(
        f"numpy {np.__version__} computes on cpu, {cores} cores; "
        f"torch {torch.__version__} writes programs"
    )
