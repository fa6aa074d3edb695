"""Batches on their way: a question a line into a file, from which they can be sent again."""

import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from foldline_client.questions import QuestionLike, encoded, question_of

# More than this is on disk, not in memory.
MEMORY_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 256 * 1024


class FileBody:
    """A file as the body of a request. It may be larger than memory, and can be read again."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take a file that can be read from anywhere.

        Raises:
            TypeError: it is none of bytes.
        """
        if isinstance(file, str | Path | io.TextIOBase):
            raise TypeError(f"a file that is open for reading bytes is needed, not {file!r}")
        self._file = file

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._file.seek(0, 2)

    def __iter__(self) -> Iterator[bytes]:
        """The pieces, from the beginning."""
        self._file.seek(0)
        while piece := self._file.read(PIECE_BYTES):
            yield piece


class Spool(FileBody):
    """A batch that is put together, a question a line."""

    def __init__(self, file: IO[bytes], usual: Mapping[str, Any]) -> None:
        """Begin it in an empty file.

        Args:
            file: the file.
            usual: what holds for all questions that do not say otherwise.
        """
        super().__init__(file)
        self._usual = usual
        self._count = 0

    def add(self, item: QuestionLike) -> None:
        """Add a question.

        Raises:
            TypeError, ValueError: it is none; with its place.
        """
        try:
            line = encoded(question_of(item, self._usual))
        except (TypeError, ValueError) as error:
            error.add_note(f"in function {self._count} of the batch, counted from 0")
            raise
        self._file.write(line + b"\n")
        self._count += 1


@contextmanager
def spooled(usual: Mapping[str, Any]) -> Iterator[Spool]:
    """An empty batch, of which nothing is left at the end.

    Args:
        usual: what holds for all questions that do not say otherwise.
    """
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES) as file:
        yield Spool(file, usual)
