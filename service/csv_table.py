"""Many functions over one x as CSV: a column of x, and a column of y for each function.

A table may be larger than memory. It is read line by line, and its numbers wait in a file, turned
on their side, so that a column can be had without reading the others.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from schemas.csv_lines import bad_line
from schemas.csv_numbers import finite
from schemas.csv_rows import check_rows, headed, rows_of
from service.spooling import spooled, telling_full

X = "x"
# So much of a table is in memory at once, while its rows come in and while its columns go out.
BLOCK_BYTES = 2 * 1024 * 1024
NUMBER_BYTES = 8


@dataclass(frozen=True)
class Function:
    """One column of a table, with the x where it has a value.

    Attributes:
        name: the header's word for it; else its number among the functions, from 1.
        x: abscissae, [N].
        y: ordinates, [N].
        lines: the line of each sample, [N].
    """

    name: str
    x: list[float]
    y: list[float]
    lines: Sequence[int] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Unreadable:
    """A column that cannot be read.

    Attributes:
        name: the header's word for it; else its number among the functions, from 1.
        line: the first line that is wrong in it.
        detail: what is wrong there.
    """

    name: str
    line: int
    detail: str


def read_table(
    lines: Iterable[str], *, max_points: int, max_functions: int
) -> Iterator[Function | Unreadable]:
    """Read the functions of a table, column by column.

    Separator and decimal mark are found as for one curve. A first line without any number is a
    header; x is the column that it calls ``x``, else the first. A cell may be empty, and what a row
    lacks at its end is: the function has no sample there; and a column of empty cells without a
    name is none. What is wrong in a column is its own answer and does not concern the others.

    Args:
        lines: the file's lines; what follows the first row too many is not read.
        max_points: most rows.
        max_functions: most columns besides x.

    Yields:
        A function, or what is wrong with its column.

    Raises:
        InvalidInput: there is no table, or its x cannot be read; or it is too large.
        StoreFull: there is no room for its numbers.
    """
    first, header, rows = headed(rows_of(lines, max_columns=max_functions + 1))
    at = next((i for i, name in enumerate(header or ()) if name.lower() == X), 0)
    # What could not be written is tried once more when the file is closed.
    with telling_full(), spooled() as content:
        table = _Table(content, at, 0 if header is None else len(header))
        for count, (number, row) in enumerate(rows, start=1):
            check_rows(number, count, max_points)
            table.append(first, number, row)
        table.flush()
        place = 0
        for index, y in enumerate(table.columns()):
            # Spreadsheets write out the empty columns beside a table.
            if header is not None and not header[index] and table.is_empty(index, y):
                continue
            if index != at:
                place += 1
                name = (header[index] if header is not None else "") or str(place)
                yield table.function(index, name, y)


@dataclass
class _Table:
    """The numbers of a table in a file: bands of rows, in each of them column after column.

    Attributes:
        content: the file.
        at: which column is x.
        width: how many columns there are; 0 until that is known.
    """

    content: IO[bytes]
    at: int
    width: int
    _x: "array[float]" = field(default_factory=lambda: array("d"))
    _lines: "array[int]" = field(default_factory=lambda: array("q"))
    # What waits for its band to be full; NaN where a cell is empty.
    _waiting: "array[float]" = field(default_factory=lambda: array("d"))
    _rows_of_bands: list[int] = field(default_factory=list)
    # The first thing wrong in each column: its line, and what.
    _wrong: dict[int, tuple[int, str]] = field(default_factory=dict)

    def append(self, first: int, number: int, row: list[str]) -> None:
        """Take in the next row; ``first`` is the line that says how many columns there are."""
        self.width = self.width or len(row)
        if self.width < 2:
            raise bad_line(first, "has one column; a table has x and a column for each function")
        if len(row) != self.width:
            if any(map(str.strip, row[self.width :])):
                raise bad_line(number, f"has {len(row)} columns; line {first} has {self.width}")
            row = [*row[: self.width], *[""] * (self.width - len(row))]
        values = self._numbers(number, row)
        if math.isnan(values[self.at]):
            _, said = self._wrong.get(self.at, (number, "there is no x: the cell is empty"))
            raise bad_line(number, said)
        self._x.append(values[self.at])
        self._lines.append(number)
        self._waiting.extend(values)
        if len(self._waiting) * NUMBER_BYTES >= BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Put down what waits in memory."""
        if self._waiting:
            band = np.frombuffer(self._waiting).reshape(-1, self.width)
            self.content.write(band.T.tobytes())
            self._rows_of_bands.append(len(band))
            self._waiting = array("d")

    def columns(self) -> Iterator[NDArray[np.float64]]:
        """Every column, [rows], x too."""
        step = max(1, BLOCK_BYTES // (NUMBER_BYTES * len(self._x)))
        for start in range(0, self.width, step):
            yield from self._block(start, min(step, self.width - start))

    def function(self, index: int, name: str, y: NDArray[np.float64]) -> Function | Unreadable:
        """What a column with these numbers, [rows], is."""
        if index in self._wrong:
            line, said = self._wrong[index]
            return Unreadable(name, line, f"in the column {name[:100]!r} {said}")
        there = ~np.isnan(y)
        lines = np.frombuffer(self._lines, np.int64)[there].tolist()
        return Function(name, np.frombuffer(self._x)[there].tolist(), y[there].tolist(), lines)

    def is_empty(self, index: int, y: NDArray[np.float64]) -> bool:
        """Whether there is nothing in a column with these numbers, [rows]."""
        return index not in self._wrong and bool(np.isnan(y).all())

    def _block(self, start: int, count: int) -> NDArray[np.float64]:
        """So many columns from this one on, [count, rows]."""
        block = np.empty((count, len(self._x)))
        above = 0
        for rows in self._rows_of_bands:
            self.content.seek((above * self.width + start * rows) * NUMBER_BYTES)
            band = np.frombuffer(self.content.read(count * rows * NUMBER_BYTES))
            block[:, above : above + rows] = band.reshape(count, rows)
            above += rows
        return block

    def _numbers(self, number: int, row: list[str]) -> list[float]:
        """The numbers of a row; NaN where there is none, and if that is wrong it is noted."""
        # Nearly every row is nothing but numbers.
        if not any("_" in cell for cell in row):
            try:
                values = [float(cell) for cell in row]
            except ValueError:
                pass
            else:
                if all(map(math.isfinite, values)):
                    return values
        return [self._number(number, index, cell) for index, cell in enumerate(row)]

    def _number(self, line: int, index: int, cell: str) -> float:
        if not cell or cell.isspace():
            return math.nan
        try:
            return finite(cell)
        except ValueError as error:
            self._wrong.setdefault(index, (line, str(error)))
            return math.nan
