"""The real ``foldline`` command, whose fits are those of the module ``ENGINE`` names."""

from cli import main, parts, serve
from tests.waiting import HANGS_AFTER_S

if __name__ == "__main__":
    parts.WORKER_COMMAND = (*parts.PYTHON, "-m", "tests.engines.worker")
    # Who leaves slowly is not killed for that: nothing is begun twice because a machine is slow.
    serve.PATIENCE_S = HANGS_AFTER_S
    main.app()
