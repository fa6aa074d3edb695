"""A real worker process whose fit processes have the stand-in engine."""

from worker import process
from worker.numerics.pool import child

if __name__ == "__main__":
    child.PROCESS = "tests.worker.stand_in_engine"
    process.main()
