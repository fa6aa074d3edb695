"""Whether the data directory can be written, and has room."""

import os
import shutil
import tempfile
from pathlib import Path

from cli.checks.finding import Finding, Place, ok, wrong

GIB = 2**30
LEAST_FREE_BYTES = 1 * GIB


def look(place: Place) -> Finding:
    """Write a file there, or see whether the directory could be made; leaves nothing."""
    directory = place.data_dir.absolute()
    there = next(path for path in (directory, *directory.parents) if path.exists())
    problem = _problem(there, is_made=there != directory)
    if problem is not None:
        return wrong(f"{directory} cannot be used: {problem}")
    free = shutil.disk_usage(there).free
    detail = f"{directory}: {free / GIB:.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        return wrong(detail, "make room, or choose another --data-dir")
    return ok(detail if there == directory else f"{detail}; foldline serve makes it")


def _problem(there: Path, *, is_made: bool) -> str | None:
    if not there.is_dir():
        return f"{there} is no directory"
    if is_made:
        allowed = os.access(there, os.W_OK | os.X_OK)
        return None if allowed else f"{there} is not writable"
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".foldline-doctor-"):
            return None
    except OSError as error:
        return error.strerror
