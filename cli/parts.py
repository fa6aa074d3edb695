"""The processes of Foldline: how each is started, and what its environment says."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

# -P: the directory Foldline is started in may well have a "service" or "worker" of its own.
PYTHON = (sys.executable, "-P")
WORKER_COMMAND = (*PYTHON, "-m", "worker")
NOTIFIER_COMMAND = (*PYTHON, "-m", "notifier")

# The matrices of a fit are small: on two threads they take four times as long as on one. These
# are read when the libraries are loaded, so they have to be in the environment.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


def api_command(*place: str | int) -> tuple[str, ...]:
    """The command of an API process that serves an open listening socket, or a host and port."""
    return (*PYTHON, "-m", "cli.api", *map(str, place))


def environment(
    redis_url: str | None, data_dir: Path | None, root_path: str | None = None
) -> dict[str, str]:
    """This process's environment, with what was given in the place of what it says."""
    given = {
        "FOLDLINE_REDIS_URL": redis_url,
        "FOLDLINE_DATA_DIR": None if data_dir is None else str(data_dir.resolve()),
        "FOLDLINE_ROOT_PATH": root_path,
    }
    return os.environ | {name: value for name, value in given.items() if value is not None}


def worker_environment(base: Mapping[str, str], *, name: str | None = None) -> dict[str, str]:
    """The environment of a worker: one thread each, unless the operator chose otherwise."""
    named = {} if name is None else {"FOLDLINE_WORKER_NAME": name}
    return _ONE_THREAD | dict(base) | named
