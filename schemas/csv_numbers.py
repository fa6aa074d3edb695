"""Numbers as files have them: with a decimal point, or in some files with a decimal comma."""

import math
import re
from dataclasses import dataclass, field

from schemas.csv_lines import bad_line

# Details quote cells, which can be megabytes.
MAX_QUOTED = 100
TAB = "\t"

_WITH_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?\s*")
_OF_THOUSANDS = re.compile(r"\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*")


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


@dataclass
class DecimalMarks:
    """Reads the decimal commas of a file whose columns are not separated by commas.

    A file has one mark for all its numbers. After a tab ``1,500`` may also be 1500, as spreadsheets
    show and copy it: where no number of the file tells, it is refused. Whoever separates by
    semicolons does so because the comma is the decimal mark.

    Attributes:
        separator: of the columns.
    """

    separator: str
    # The first number with each mark: its line, and its cell.
    _point: tuple[int, str] | None = field(default=None, init=False)
    _comma: tuple[int, str] | None = field(default=None, init=False)
    _is_certain: bool = field(default=False, init=False)

    def read(self, number: int, row: list[str]) -> list[str]:
        """The cells of a row, with a point in the place of every decimal comma.

        Raises:
            InvalidInput: some numbers of the file have a comma, and others a point.
        """
        text = " ".join(row)
        if self._point is None and "." in text:
            points = ((number, cell) for cell in row if "." in cell and is_number(cell))
            self._point = next(points, None)
        if "," in text:
            row = [self._of_comma(number, cell) for cell in row]
        if self._point is not None and self._comma is not None:
            raise bad_line(
                number,
                f"there is a decimal comma in {_shown(self._comma)} and a decimal point in "
                f"{_shown(self._point)}: write all numbers of the file with the same mark",
            )
        return row

    def check(self) -> None:
        """Refuse a file, once all of it has been read, whose commas may be of thousands.

        Raises:
            InvalidInput: naming the first line with one.
        """
        if self._comma is not None and not self._is_certain and self.separator == TAB:
            line, cell = self._comma
            decimal, thousands = float(cell.replace(",", ".")), int(cell.replace(",", ""))
            raise bad_line(
                line,
                f"{cell.strip()!r} may be {decimal:g} or {thousands}, and no other number of the "
                "file tells: write decimals with a point, and thousands without a mark",
            )

    def _of_comma(self, number: int, cell: str) -> str:
        if not _WITH_COMMA.fullmatch(cell):
            return cell
        self._comma = self._comma or (number, cell)
        self._is_certain = self._is_certain or not _OF_THOUSANDS.fullmatch(cell)
        return cell.replace(",", ".")


def _shown(place: tuple[int, str]) -> str:
    line, cell = place
    return f"{cell.strip()[:MAX_QUOTED]!r} (line {line})"
