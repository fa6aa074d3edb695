"""Standard output that cannot be written: said in a line, or not at all if its reader has gone."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.complaints import complain
from cli.exits import AWAY, UNREAD


class _OutputLost(Exception):
    """Something of it could not be written.

    No OSError: whoever looks after files of their own must not take it for one of theirs.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _File(io.FileIO):
    """Raises ``_OutputLost`` when it cannot be written, once: the buffer before it tries again."""

    _lost = False

    # Any: buffers have no name before Python 3.12.
    def write(self, content: Any) -> int:  # noqa: ANN401
        if self._lost:
            return memoryview(content).nbytes
        try:
            return super().write(content)
        except OSError as error:
            self._lost = True
            raise _OutputLost(error) from error


@contextmanager
def loss_told() -> Iterator[None]:
    """Exit when standard output cannot be written, and say why unless its reader has gone."""
    try:
        with _watched():
            yield
    except _OutputLost as lost:
        if isinstance(lost.error, BrokenPipeError):
            sys.exit(UNREAD)
        complain(f"standard output cannot be written: {lost.error.strerror}")
        sys.exit(AWAY)


@contextmanager
def _watched() -> Iterator[None]:
    own = sys.stdout
    # A process may have none, and tests have one that is no file. Terminals are not lost while
    # somebody sits there; Windows writes to them in a way of its own.
    if not isinstance(own, io.TextIOWrapper) or not _is_open_file(own) or own.isatty():
        yield
        return
    buffer = io.BufferedWriter(_File(own.fileno(), "w", closefd=False))
    watched = io.TextIOWrapper(buffer, own.encoding, own.errors)
    sys.stdout = watched
    try:
        yield
    finally:
        sys.stdout = own
        watched.flush()


def _is_open_file(stream: io.TextIOWrapper) -> bool:
    try:
        stream.fileno()
    except OSError:
        return False
    return True
