"""The lines of a text file: numbered, and none that says nothing."""

import io
from collections.abc import Iterable, Iterator
from typing import IO

from schemas.errors import FieldError, InvalidInput

# A hundred million lines without anything would keep the service busy for half a minute.
MAX_PASSED_OVER = 100_000


def lines_of(content: IO[bytes], *, max_bytes: int | None = None) -> Iterator[str]:
    """The lines of a text file, however they end, one after the other.

    Args:
        content: the file, at its beginning; it stays open.
        max_bytes: most bytes of a line, its end apart; of a longer one no more is read.

    Raises:
        InvalidInput: a line is longer, or not UTF-8; with its number.
    """
    # Every byte is a character of latin-1: so the line that is not UTF-8 can be told.
    text = io.TextIOWrapper(content, encoding="latin-1", newline=None)
    most = -1 if max_bytes is None else max_bytes + 1
    try:
        for number, line in enumerate(iter(lambda: text.readline(most), ""), start=1):
            if len(line) == most and not line.endswith("\n"):
                raise bad_line(number, f"has more than {max_bytes} bytes, the most of a line")
            yield line if line.isascii() else _decoded(number, line.encode("latin-1"))
    finally:
        # Whoever has stopped in the middle may have closed the file before this is noticed.
        if not content.closed:
            text.detach()


def kept_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines with anything in them, and their numbers.

    Empty ones, and those that begin with ``#``, are passed over.

    Raises:
        InvalidInput: there are too many of those.
    """
    passed_over = 0
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix("\ufeff") if number == 1 else line
        bare = text.strip()
        if bare and not bare.startswith("#"):
            yield number, text
        else:
            passed_over += 1
            check_passed_over(number, passed_over)


def check_passed_over(number: int, count: int) -> None:
    """Refuse a line too many that says nothing.

    Raises:
        InvalidInput: with its number, and the limit.
    """
    if count > MAX_PASSED_OVER:
        raise bad_line(number, f"says nothing, as {MAX_PASSED_OVER} before it: take such lines out")


def bad_line(number: int, detail: str) -> InvalidInput:
    """What is wrong with a line, by its number."""
    return InvalidInput(FieldError(path=("line", number), detail=detail))


def _decoded(number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"is not UTF-8 text: its byte {error.start + 1} is {line[error.start]:#04x}"
        raise bad_line(number, detail) from error
