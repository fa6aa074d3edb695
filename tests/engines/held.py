"""The real engine, but some fits stay in training until they are let go or cancelled."""

import itertools
import os
import time
from pathlib import Path

from schemas.jobs import Outline, Phase
from worker.numerics.fit import fit

# The seeds of questions that are held.
HELD = range(1_000_000, 2_000_000)
GATES = Path(os.environ.get("GATES", os.devnull))


def holding(gates: Path | str = os.devnull):
    """How to start everything with fits of this kind.

    Args:
        gates: a directory; a file in it lets the questions go whose seed is its name.
    """
    environment = {
        "ENGINE": "tests.engines.held",
        "GATES": str(gates),
        # What is held would not end in any time.
        "FOLDLINE_WORKER_GRACE_S": "0.2",
    }
    return {"module": "tests.engines.foldline", "environment": environment}


def held(samples, target, options, *, on_progress, should_stop, is_followed, **more):
    """Fit; in the middle of training, or at the end where there is none, wait for the gate."""
    gate = GATES / str(options.seed)
    waited = 0

    def tell(phase, progress, outline):
        nonlocal waited
        trains = phase is Phase.PHASE2 and progress.iteration
        if options.seed in HELD and not waited and (trains or phase is Phase.CERTIFICATE):
            for waited in itertools.count(1):
                further = progress.model_copy(update={"iteration": progress.iteration + waited})
                drawn = Outline(x=samples.x[[0, -1]].tolist(), y=samples.y[[0, -1]].tolist())
                on_progress(phase, further, drawn if is_followed() else None)
                if gate.exists() or should_stop():
                    break
                time.sleep(0.02)
        further = progress.model_copy(update={"iteration": progress.iteration + waited})
        on_progress(phase, further, outline)

    return fit(
        samples,
        target,
        options,
        on_progress=tell,
        should_stop=should_stop,
        is_followed=is_followed,
        **more,
    )


engine = held
