"""Temporary files for what may be larger than memory; a disk without room has an answer, too."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from schemas.errors import StoreFull

# Larger ones wait on the disk.
IN_MEMORY_BYTES = 4 * 1024 * 1024
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def spooled() -> IO[bytes]:
    """A temporary file, in memory while it is small; it is gone once it is closed."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)


@contextmanager
def telling_full() -> Iterator[None]:
    """Tell a disk without room from other errors.

    Raises:
        StoreFull: what was written in here found none.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreFull(str(error)) from error
        raise
