"""Samples written as CSV: two columns of numbers, with or without a header."""

import csv
import io

from schemas.errors import FieldError, InvalidInput
from schemas.samples import Samples, canonical_samples

SEPARATORS = ",;\t"
COLUMNS = ("x", "y")


def read_csv(text: str) -> Samples:
    """Read samples from CSV.

    The separator is a comma, a semicolon or a tab, whichever the first line has; else white space.
    With a header that names columns ``x`` and ``y`` these are taken, else the first two. Empty
    lines and lines that begin with ``#`` are passed over.

    Args:
        text: the file's content.

    Returns:
        The samples in canonical form.

    Raises:
        InvalidInput: a line without two numbers, named by its number, or samples that cannot be
            used.
    """
    rows = _rows(text)
    if not rows:
        raise InvalidInput(FieldError(path=("line", 1), detail="there are no samples in this file"))
    columns = (0, 1)
    number, first = rows[0]
    if not any(_is_number(cell) for cell in first):
        columns = _columns(number, [name.strip().lower() for name in first])
        rows = rows[1:]
    values = [_pair(number, row, columns) for number, row in rows]
    return canonical_samples([x for x, _ in values], [y for _, y in values])


def _rows(text: str) -> list[tuple[int, list[str]]]:
    lines = text.removeprefix("\ufeff").splitlines()
    kept = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    separator = next((s for s in SEPARATORS if kept and s in kept[0][1]), None)
    if separator is None:
        return [(number, line.split()) for number, line in kept]
    cells = csv.reader(io.StringIO("\n".join(line for _, line in kept)), delimiter=separator)
    return [(number, row) for (number, _), row in zip(kept, cells, strict=False)]


def _columns(number: int, header: list[str]) -> tuple[int, int]:
    if all(name in header for name in COLUMNS):
        return header.index("x"), header.index("y")
    if len(header) < len(COLUMNS):
        raise _bad_line(number, "has one column; two are needed, x and y")
    return 0, 1


def _pair(number: int, row: list[str], columns: tuple[int, int]) -> tuple[float, float]:
    if len(row) <= max(columns):
        raise _bad_line(number, f"has {len(row)} columns; two are needed, x and y")
    x, y = (row[column].strip() for column in columns)
    for text in (x, y):
        if not _is_number(text):
            raise _bad_line(number, f"{text!r} is not a number")
    return float(x), float(y)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    # Python would read 1_000.
    return "_" not in text


def _bad_line(number: int, detail: str) -> InvalidInput:
    return InvalidInput(FieldError(path=("line", number), detail=detail))
