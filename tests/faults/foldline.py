"""The real ``foldline`` command, whose workers have the engine of these tests."""

from cli import main, parts

if __name__ == "__main__":
    parts.WORKER_COMMAND = (*parts.PYTHON, "-m", "tests.faults.worker")
    main.app()
