"""A real fit process whose fits take a moment longer until a gate opens; some questions end it."""

import os
import resource
import signal
import time
from pathlib import Path

import numpy as np

from schemas.options import FitOptions
from worker.numerics.fit import fit
from worker.numerics.pool import process

# What a question asks for by its seed, beside an answer.
DIE, TAKE_ALL_MEMORY = range(1, 3)
MOMENT_S = 0.1
GATE = Path(os.environ.get("GATE", os.devnull))


def unhurried(samples, target, options: FitOptions, *, should_stop, **more):
    """Do harm if that is asked, or wait a moment, and fit."""
    if options.seed == DIE:
        os.kill(os.getpid(), signal.SIGKILL)
    if options.seed == TAKE_ALL_MEMORY:
        take_all_memory()
    until = time.monotonic() + MOMENT_S
    while time.monotonic() < until and not GATE.exists() and not should_stop():
        time.sleep(0.01)
    return fit(samples, target, options, should_stop=should_stop, **more)


def take_all_memory():
    """Take more and more until there is none, which is soon."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soon = pages * resource.getpagesize() + 2**26
    resource.setrlimit(resource.RLIMIT_AS, (soon, soon))
    taken = []
    while True:
        taken.append(np.ones(2**20))


if __name__ == "__main__":
    process.fit = unhurried
    process.main()
