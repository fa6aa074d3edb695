"""A real fit process with an engine that does what the question's seed says."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from schemas.jobs import Outline, Phase, Progress
from schemas.models import Architecture, ArchitectureName, Certificate
from schemas.network import Dtype, Layer, Network
from schemas.options import FitOptions
from schemas.samples import Samples
from schemas.table import BreakpointTable
from schemas.target import Target
from worker.numerics.backend import load_torch
from worker.numerics.fit import Fit, OnProgress
from worker.numerics.pool import process

ANSWER, WAIT, DIE, FAIL, EXHAUST, BREAK, HANG, SLOW = range(8)


def stand_in(
    samples: Samples,
    target: Target,
    options: FitOptions,
    *,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
    is_followed: Callable[[], bool],
    device: str,
) -> Fit:
    """Answer at once, wait for the gate to open, or do the harm that the seed asks for."""
    if options.seed == DIE:
        os.kill(os.getpid(), signal.SIGKILL)
    if options.seed == FAIL:
        raise RuntimeError("a secret of the engine")
    if options.seed == EXHAUST:
        np.ones(2**50)
    if options.seed == BREAK:
        raise load_torch().AcceleratorError("CUDA error: an illegal memory access was encountered")
    if options.seed == HANG:
        threading.Event().wait()
    if options.seed == SLOW:
        time.sleep(0.02)
        return flat_fit(samples)
    gate = os.environ.get("GATE", os.devnull)
    gates = (Path(gate), Path(f"{gate}.{options.seed}"))
    pause = threading.Event()
    for step in itertools.count():
        if options.seed == ANSWER or any(map(Path.exists, gates)) or should_stop():
            return flat_fit(samples)
        done = Progress(fraction=min(0.9, step / 1000), iteration=step, error=1.0)
        outline = Outline(x=[0.0, 1.0], y=[0.0, float(step)]) if is_followed() else None
        on_progress(Phase.PHASE2, done, outline)
        pause.wait(0.01)
    raise AssertionError("unreachable")


def flat_fit(samples: Samples) -> Fit:
    """The constant 0, as an answer to anything."""
    x = [float(samples.x[0]), float(samples.x[-1])]
    layers = [Layer(weight=[[1.0]], bias=[0.0]), Layer(weight=[[0.0]], bias=[0.0])]
    return Fit(
        network=Network(layers=layers, dtype=Dtype.FLOAT64),
        table=BreakpointTable(x=x, y=[0.0, 0.0], slope=[0.0, 0.0], intercept=[0.0, 0.0]),
        architecture=Architecture(
            name=ArchitectureName.SHALLOW,
            layer_widths=[1, 1, 1],
            knots=1,
            tents=0,
            sides=[],
            towers=0,
            parameters=4,
            neurons=1,
            dtype=Dtype.FLOAT64,
        ),
        certificate=Certificate(
            max_abs_error=1.0,
            rmse=1.0,
            max_rel_error=None,
            max_abs_error_between_samples=1.0,
            table_deviation=0.0,
        ),
        met=False,
        explanation="The stand-in answers 0.",
        reasons=(),
        minimal_segments=None,
        contenders=(),
        phase1_s=0.0,
        phase2_s=0.0,
        total_s=0.0,
    )


if __name__ == "__main__":
    process.fit = stand_in
    process.main()
