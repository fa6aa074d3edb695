"""Samples written as CSV: columns of numbers, with or without a header. Read line by line."""

import io
from array import array
from collections.abc import Iterable

from schemas.csv_lines import bad_line
from schemas.csv_numbers import MAX_QUOTED, finite
from schemas.csv_rows import check_rows, headed, rows_of
from schemas.origins import Origin, told_by_origin
from schemas.samples import Samples, canonical_samples

COLUMNS = ("x", "y")
# Columns that a header may name besides.
FURTHER = ("weight", "tolerance")
# Of one curve: those without a name are passed over, and yet each cell takes memory.
MAX_COLUMNS = 10_000


def read_csv(text: str) -> Samples:
    """Read samples from CSV, as ``read_columns`` does.

    Returns:
        The samples in canonical form.

    Raises:
        InvalidInput: a line cannot be read, or the samples cannot be used.
    """
    columns, origin = read_columns(io.StringIO(text, newline=None))
    with told_by_origin(origin):
        return canonical_samples(columns.pop("x"), columns.pop("y"), **columns)


def read_columns(
    lines: Iterable[str], *, max_points: int | None = None
) -> tuple[dict[str, list[float]], Origin]:
    """Read the columns of samples from CSV.

    What may separate them, and which decimal marks there are, says ``rows_of``. With a header that
    names columns ``x`` and ``y`` these are taken, else the first two. Columns named ``weight`` and
    ``tolerance`` are taken too, and no others may have a name: it could be one of these, misspelt.
    Empty lines and lines that begin with ``#`` are passed over, and rows without a y: an empty cell
    is no sample, and what a row lacks at its end is empty.

    Args:
        lines: the file's lines; what follows the first sample too many is not read.
        max_points: most samples.

    Returns:
        The columns x and y, and weight and tolerance if there are any; and the line of each sample.

    Raises:
        InvalidInput: a line without a finite number in each of these columns, named by its number;
            other columns; no samples, or too many.
    """
    first, header, rows = headed(rows_of(lines, max_columns=MAX_COLUMNS))
    header = list(COLUMNS) if header is None else header
    places = _places(first, header)
    columns, on_lines = {name: array("d") for name in places}, array("q")
    for count, (number, row) in enumerate(rows, start=1):
        check_rows(number, count, max_points)
        numbers = _numbers(number, row, places, len(header))
        if numbers is None:
            continue
        for column, value in zip(columns.values(), numbers, strict=True):
            column.append(value)
        on_lines.append(number)
    read = {name: column.tolist() for name, column in columns.items()}
    return read, Origin("line", on_lines)


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


def _numbers(number: int, row: list[str], places: dict[str, int], width: int) -> list[float] | None:
    """The numbers of a row, in the order of the places; None if it has no y."""
    if len(row) > width and any(map(str.strip, row[width:])):
        detail = f"has {len(row)} columns; the header has {width}, and without one there are two"
        raise bad_line(number, detail)
    cells = {name: row[place] if place < len(row) else "" for name, place in places.items()}
    if not cells["y"].strip():
        return None
    try:
        return [finite(cell) for cell in cells.values()]
    except ValueError as error:
        empty = next((name for name, cell in cells.items() if not cell.strip()), None)
        said = str(error) if empty is None else f"there is no {empty}: the cell is empty"
        raise bad_line(number, said) from error
