"""Many functions over one x as CSV: a column of x, and a column of y for each function."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.csv_text import is_number, rows_of
from schemas.errors import FieldError, InvalidInput

X = "x"


@dataclass(frozen=True)
class Function:
    """One column of a table, with the x where it has a value.

    Attributes:
        name: the header's word for it; None without a header.
        x: abscissae, [N].
        y: ordinates, [N].
    """

    name: str | None
    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class Unreadable:
    """A column that cannot be read.

    Attributes:
        name: the header's word for it; None without a header.
        line: the first line that is wrong in it.
        error: what is wrong there.
    """

    name: str | None
    line: int
    error: InvalidInput


def read_table(text: str) -> Iterator[Function | Unreadable]:
    """Read the functions of a table, column by column.

    The separator is found as for one curve. A first line without any number is a header; x is the
    column that it calls ``x``, else the first. A cell may be empty: the function has no sample
    there. What is wrong in a column is its own answer and does not concern the others.

    Args:
        text: the file's content.

    Yields:
        A function, or what is wrong with its column.

    Raises:
        InvalidInput: there is no table, or its x cannot be read.
    """
    rows = rows_of(text)
    if not rows:
        raise _bad_line(1, "there are no samples in this file")
    header: list[str] | None = None
    if not any(is_number(cell) for cell in rows[0][1]):
        header = [name.strip() for name in rows[0][1]]
        rows = rows[1:]
    width = len(header) if header is not None else len(rows[0][1])
    if width < 2:
        raise _bad_line(1, "has one column; a table has x and a column for each function")
    for number, row in rows:
        if len(row) != width:
            raise _bad_line(number, f"has {len(row)} columns; the first line has {width}")
    at = next((i for i, name in enumerate(header or ()) if name.lower() == X), 0)
    x = [_number(number, row[at]) for number, row in rows]
    for place in range(width):
        if place != at:
            yield _function(rows, x, place, None if header is None else header[place] or None)


def _function(
    rows: list[tuple[int, list[str]]], x: list[float], place: int, name: str | None
) -> Function | Unreadable:
    there = [(value, number, row[place]) for value, (number, row) in zip(x, rows, strict=True)]
    there = [entry for entry in there if entry[2].strip()]
    y: list[float] = []
    for _, number, cell in there:
        try:
            y.append(_number(number, cell))
        except InvalidInput as error:
            return Unreadable(name, number, error)
    return Function(name, [value for value, _, _ in there], y)


def _number(line: int, cell: str) -> float:
    # Of what is white space here, float itself does not pass over all.
    text = cell.strip()
    if not is_number(text):
        raise _bad_line(line, f"{text!r} is not a number")
    return float(text)


def _bad_line(line: int, detail: str) -> InvalidInput:
    return InvalidInput(FieldError(path=("line", line), detail=detail))
