"""Directories and files that nobody but their owner can read: they hold samples and secrets."""

import logging
import os
import stat
from collections.abc import Collection
from pathlib import Path

logger = logging.getLogger(__name__)

DIRECTORY_MODE, FILE_MODE = 0o700, 0o600
# The rights of others, and the umask that gives them none.
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(directory: Path, *, known: Collection[str] | None = None) -> None:
    """Make a directory that only its owner can enter, or close one with all that is in it.

    Args:
        directory: that is to be only its owner's.
        known: what may be in it; if there is anything else it is not ours to close.

    Raises:
        OSError: it cannot be made.
    """
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    if not directory.stat().st_mode & OTHERS:
        return
    if known is not None and not set(os.listdir(directory)).issubset(known):
        return
    try:
        _take_from_others(directory)
    except OSError as error:
        logger.warning("others on this machine can read %s: %s", directory, error)
    else:
        logger.warning("others on this machine could read %s: not any more", directory)


def open_private(path: str, flags: int) -> int:
    """Open a file for its owner alone, whatever the umask; an ``opener`` of ``open``."""
    return os.open(path, flags, mode=FILE_MODE)


def _take_from_others(directory: Path) -> None:
    # From the top, so that nobody gets in while the rest is being seen to.
    directory.chmod(DIRECTORY_MODE)
    for place, directories, files in os.walk(directory):
        for names, mode in ((directories, DIRECTORY_MODE), (files, FILE_MODE)):
            for name in names:
                path = Path(place, name)
                if not path.is_symlink() and path.stat().st_mode & OTHERS:
                    path.chmod(mode)
