"""The real engine, whose fits take a moment longer until a gate opens; some questions end it.

Only the first few are answered before the flow begins, so that there are always many left then.
"""

import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from schemas.options import FitOptions
from worker.numerics.fit import fit

# What a question asks for by its seed, beside an answer.
DIE, TAKE_ALL_MEMORY = range(1, 3)
MOMENT_S = 0.1
GATE = Path(os.environ.get("GATE", os.devnull))
# There once the flow begins.
FLOW = GATE.with_suffix(".flow")
FIRST = 4


def unhurried(samples, target, options: FitOptions, *, should_stop, **more):
    """Do harm if that is asked, or wait a moment, and fit."""
    if options.seed == DIE:
        os.kill(os.getpid(), signal.SIGKILL)
    if options.seed == TAKE_ALL_MEMORY:
        take_all_memory()
    wait_a_moment(should_stop)
    return fit(samples, target, options, should_stop=should_stop, **more)


def wait_a_moment(should_stop):
    """Wait until the gate opens; or, once the flow is on, or as one of the first, for a moment."""
    until = time.monotonic() + MOMENT_S
    is_first = False
    while not (GATE.exists() or should_stop()):
        is_first = is_first or is_among_first()
        if time.monotonic() >= until and (is_first or FLOW.exists()):
            return
        time.sleep(0.01)


def is_among_first():
    """Whether fewer than so many, of all processes, have asked this before."""
    for number in range(FIRST):
        with suppress(FileExistsError):
            GATE.with_suffix(f".{number}").touch(exist_ok=False)
            return True
    return False


def take_all_memory():
    """Take more and more until there is none, which is soon."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soon = pages * resource.getpagesize() + 2**26
    resource.setrlimit(resource.RLIMIT_AS, (soon, soon))
    taken = []
    while True:
        taken.append(np.ones(2**20))


engine = unhurried
