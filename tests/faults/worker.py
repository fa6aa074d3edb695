"""A real worker process whose fit processes have the engine of these tests."""

from worker import process
from worker.numerics.pool import child

if __name__ == "__main__":
    child.PROCESS = "tests.faults.engine"
    process.main()
