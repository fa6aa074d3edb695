"""Samples written as CSV: columns of numbers, with or without a header."""

import csv
import io

from schemas.errors import FieldError, InvalidInput
from schemas.samples import Samples, canonical_samples

SEPARATORS = ",;\t"
COLUMNS = ("x", "y")
# Columns that a header may name besides.
FURTHER = ("weight", "tolerance")


def read_csv(text: str) -> Samples:
    """Read samples from CSV, as ``read_columns`` does.

    Returns:
        The samples in canonical form.

    Raises:
        InvalidInput: a line cannot be read, or the samples cannot be used.
    """
    columns = read_columns(text)
    return canonical_samples(columns.pop("x"), columns.pop("y"), **columns)


def read_columns(text: str) -> dict[str, list[float]]:
    """Read the columns of samples from CSV.

    The separator is a comma, a semicolon or a tab, whichever the first line has; else white space.
    With a header that names columns ``x`` and ``y`` these are taken, else the first two. Columns
    named ``weight`` and ``tolerance`` are taken too. Empty lines and lines that begin with ``#``
    are passed over.

    Args:
        text: the file's content.

    Returns:
        The columns x and y, and weight and tolerance if there are any.

    Raises:
        InvalidInput: a line without a number in each of these columns, named by its number.
    """
    rows = rows_of(text)
    if not rows:
        raise InvalidInput(FieldError(path=("line", 1), detail="there are no samples in this file"))
    places = dict(zip(COLUMNS, (0, 1), strict=True))
    number, first = rows[0]
    if not any(is_number(cell) for cell in first):
        places = _places(number, [name.strip().lower() for name in first])
        rows = rows[1:]
    values = [_numbers(number, row, places) for number, row in rows]
    return {name: [row[i] for row in values] for i, name in enumerate(places)}


def rows_of(text: str) -> list[tuple[int, list[str]]]:
    """The cells of every line that has any, each with the number of its line.

    Raises:
        InvalidInput: a cell is longer than any number or name.
    """
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
    try:
        return [(number, row) for (number, _), row in zip(kept, cells, strict=False)]
    except csv.Error as error:
        number, _ = kept[min(cells.line_num, len(kept)) - 1]
        raise _bad_line(number, f"cannot be read: {error}") from error


def _places(number: int, header: list[str]) -> dict[str, int]:
    """Where in a line each column is, by the header's names."""
    if len(header) < len(COLUMNS):
        raise _bad_line(number, "has one column; two are needed, x and y")
    places = dict(zip(COLUMNS, (0, 1), strict=True))
    if all(name in header for name in COLUMNS):
        places = {name: header.index(name) for name in COLUMNS}
    taken = set(places.values())
    further = [name for name in FURTHER if name in header and header.index(name) not in taken]
    return places | {name: header.index(name) for name in further}


def _numbers(number: int, row: list[str], places: dict[str, int]) -> list[float]:
    if len(row) <= max(places.values()):
        needed = ", ".join(places)
        raise _bad_line(number, f"has {len(row)} columns; one is needed for each of {needed}")
    cells = [row[place].strip() for place in places.values()]
    for text in cells:
        if not is_number(text):
            raise _bad_line(number, f"{text!r} is not a number")
    return [float(text) for text in cells]


def is_number(text: str) -> bool:
    """Whether a cell is a number as files have them."""
    try:
        float(text)
    except ValueError:
        return False
    # Python would read 1_000.
    return "_" not in text


def _bad_line(number: int, detail: str) -> InvalidInput:
    return InvalidInput(FieldError(path=("line", number), detail=detail))
