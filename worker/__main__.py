"""``python -m worker``: a worker process, settings from the environment."""

from worker.process import main

main()
