"""The real workers of a machine, whose fits are those of the module ``ENGINE`` names."""

import os
import sys
from importlib import import_module

from worker import process, rq_worker
from worker.numerics import many

if __name__ == "__main__":
    if len(sys.argv) > 1:
        many.fit = import_module(os.environ["ENGINE"]).engine
        rq_worker.main(sys.argv[1])
    else:
        process.WORKER = "tests.engines.worker"
        process.main()
