"""Samples written as CSV: columns of numbers, with or without a header. Read line by line."""

import csv
import io
import math
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO

from schemas.errors import FieldError, InvalidInput
from schemas.samples import Samples, canonical_samples

SEPARATORS = ",;\t"
COLUMNS = ("x", "y")
# Columns that a header may name besides.
FURTHER = ("weight", "tolerance")
# Of one curve: those without a name are passed over, and yet each cell takes memory.
MAX_COLUMNS = 10_000
# A hundred million lines without anything would keep the service busy for half a minute.
MAX_PASSED_OVER = 100_000
# Details quote cells, which can be megabytes.
MAX_QUOTED = 100

# The number of a line, and its cells.
Row = tuple[int, list[str]]


def read_csv(text: str) -> Samples:
    """Read samples from CSV, as ``read_columns`` does.

    Returns:
        The samples in canonical form.

    Raises:
        InvalidInput: a line cannot be read, or the samples cannot be used.
    """
    columns = read_columns(io.StringIO(text, newline=None))
    return canonical_samples(columns.pop("x"), columns.pop("y"), **columns)


def read_columns(lines: Iterable[str], *, max_points: int | None = None) -> dict[str, list[float]]:
    """Read the columns of samples from CSV.

    The separator is a comma, a semicolon or a tab, whichever the first line has; else white space.
    With a header that names columns ``x`` and ``y`` these are taken, else the first two. Columns
    named ``weight`` and ``tolerance`` are taken too, and no others may have a name: it could be one
    of these, misspelt. Empty lines and lines that begin with ``#`` are passed over.

    Args:
        lines: the file's lines; what follows the first sample too many is not read.
        max_points: most samples.

    Returns:
        The columns x and y, and weight and tolerance if there are any.

    Raises:
        InvalidInput: a line without a finite number in each of these columns, named by its number;
            other columns; no samples, or too many.
    """
    first, header, rows = headed(rows_of(lines, max_columns=MAX_COLUMNS))
    header = list(COLUMNS) if header is None else header
    places = _places(first, header)
    columns = {name: array("d") for name in places}
    for count, (number, row) in enumerate(rows, start=1):
        check_rows(number, count, max_points)
        numbers = _numbers(number, row, places, len(header))
        for column, value in zip(columns.values(), numbers, strict=True):
            column.append(value)
    return {name: column.tolist() for name, column in columns.items()}


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


def rows_of(lines: Iterable[str], *, max_columns: int) -> Iterator[Row]:
    """The cells of every line that has any, each with the number of its line.

    Args:
        lines: the file's lines.
        max_columns: most cells of a line; one with more is not split.

    Raises:
        InvalidInput: a line has more cells, or one longer than any number or name; or there are too
            many lines without any.
    """
    kept = _kept(lines)
    first = next(kept, None)
    if first is None:
        return
    separator = next((s for s in SEPARATORS if s in first[1]), None)
    if separator is not None:
        yield from _separated(chain([first], kept), separator, max_columns)
        return
    for number, line in chain([first], kept):
        cells = line.split(maxsplit=max_columns)
        _check_width(number, len(cells), max_columns)
        yield number, cells


def headed(rows: Iterator[Row]) -> tuple[int, list[str] | None, Iterator[Row]]:
    """Tell the header of a file, a first line without any number, from its samples.

    Returns:
        The number of the first line that has cells; the names in it, if it is a header; and the
        rows of samples, of which there is at least one.

    Raises:
        InvalidInput: there are no samples.
    """
    first = next(rows, None)
    header = None
    sample = first
    if first is not None and not any(map(is_number, first[1])):
        header = [name.strip() for name in first[1]]
        sample = next(rows, None)
    number = 1 if first is None else first[0]
    if sample is None:
        raise bad_line(number, "there are no samples in this file")
    return number, header, chain([sample], rows)


def check_rows(number: int, count: int, most: int | None) -> None:
    """Refuse a sample too many, before it is kept.

    Raises:
        InvalidInput: with the number of its line, and the limit.
    """
    if most is not None and count > most:
        raise bad_line(number, f"is sample {count} of the file; at most {most} are taken")


def check_passed_over(number: int, count: int) -> None:
    """Refuse a line too many that says nothing.

    Raises:
        InvalidInput: with its number, and the limit.
    """
    if count > MAX_PASSED_OVER:
        raise bad_line(number, f"says nothing, as {MAX_PASSED_OVER} before it: take such lines out")


def is_number(text: str) -> bool:
    """Whether a cell is a number as files have them; it may be NaN or infinite."""
    try:
        float(text)
    except ValueError:
        return False
    # Python would read 1_000.
    return "_" not in text


def finite(text: str) -> float:
    """The number in a cell.

    Raises:
        ValueError: there is none, or it is NaN or infinite; in words for the user.
    """
    # Of what is white space here, float itself does not pass over all.
    text = text.strip()
    if not is_number(text):
        raise ValueError(f"{text[:MAX_QUOTED]!r} is not a number")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:MAX_QUOTED]!r} is not a finite number")
    return value


def bad_line(number: int, detail: str) -> InvalidInput:
    """What is wrong with a line, by its number."""
    return InvalidInput(FieldError(path=("line", number), detail=detail))


def _kept(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines with anything in them, and their numbers."""
    passed_over = 0
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix("\ufeff") if number == 1 else line
        bare = text.strip()
        if bare and not bare.startswith("#"):
            yield number, text
        else:
            passed_over += 1
            check_passed_over(number, passed_over)


def _separated(lines: Iterator[tuple[int, str]], separator: str, max_columns: int) -> Iterator[Row]:
    at, columns = 1, 1

    def counted() -> Iterator[str]:
        nonlocal at, columns
        for number, line in lines:
            at = number
            # A cell in quotes may go on in the next line, and its row with it.
            columns += line.count(separator)
            _check_width(at, columns, max_columns)
            yield line

    try:
        for row in csv.reader(counted(), delimiter=separator):
            yield at, row
            columns = 1
    except csv.Error as error:
        raise bad_line(at, f"cannot be read: {error}") from error


def _check_width(number: int, columns: int, most: int) -> None:
    if columns > most:
        raise bad_line(number, f"has more than {most} columns, the most there may be")


def _decoded(number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"is not UTF-8 text: its byte {error.start + 1} is {line[error.start]:#04x}"
        raise bad_line(number, detail) from error


def _places(number: int, header: list[str]) -> dict[str, int]:
    """Where in a line each column is, by the header's names; those without one are passed over."""
    if len(header) < len(COLUMNS):
        raise bad_line(number, "has one column; two are needed, x and y")
    names = [name.lower() for name in header]
    if not set(COLUMNS) <= set(names):
        if names[0] in ("y", *FURTHER) or names[1] in ("x", *FURTHER):
            raise bad_line(number, "does not name both x and y, and these are not the first two")
        names[:2] = COLUMNS
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        if name and name not in (*COLUMNS, *FURTHER):
            quoted = header[place][:MAX_QUOTED]
            possible = "besides x and y there may be weight and tolerance: take out all else"
            raise bad_line(number, f"names a column {quoted!r}; {possible}")
        if name in places:
            raise bad_line(number, f"names the column {name} twice")
        if name:
            places[name] = place
    return places


def _numbers(number: int, row: list[str], places: dict[str, int], width: int) -> list[float]:
    if len(row) <= max(places.values()):
        needed = ", ".join(places)
        raise bad_line(number, f"has {len(row)} columns; one is needed for each of {needed}")
    if len(row) > width and any(map(str.strip, row[width:])):
        detail = f"has {len(row)} columns; the header has {width}, and without one there are two"
        raise bad_line(number, detail)
    try:
        return [finite(row[place]) for place in places.values()]
    except ValueError as error:
        raise bad_line(number, str(error)) from error
