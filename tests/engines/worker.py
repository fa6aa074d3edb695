"""A real worker process whose fit processes are those of the module ``ENGINE`` names."""

import os

from worker import process
from worker.numerics.pool import child

if __name__ == "__main__":
    child.PROCESS = os.environ["ENGINE"]
    process.main()
