"""Rows of a CSV file: its lines taken apart into cells, whatever separates them."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from schemas.csv_lines import bad_line, check_passed_over, kept_lines
from schemas.csv_numbers import TAB, DecimalMarks, is_number

COMMA = ","
# A comma may be a decimal mark, too: so it comes last.
SEPARATORS = (TAB, ";", COMMA)

# The number of a line, and its cells.
Row = tuple[int, list[str]]

_QUOTED = re.compile(r'"[^"]*"')


def rows_of(lines: Iterable[str], *, max_columns: int) -> Iterator[Row]:
    """The cells of every line that has any, each with the number of its line.

    The separator is a tab, a semicolon or a comma: the first of these that the first two lines
    have, else that the first one has, what is in quotes apart; else it is white space. Between tabs
    and semicolons numbers may have a decimal comma, and are given with a point: see
    ``DecimalMarks``. Rows of empty cells are passed over; those between white space are all as long
    as the first, or longer.

    Args:
        lines: the file's lines.
        max_columns: most cells of a line; one with more is not split.

    Raises:
        InvalidInput: a line has more cells, or one longer than any number or name; or there are too
            many lines without any; or it is not clear what a comma means.
    """
    kept = kept_lines(lines)
    begin = list(islice(kept, 2))
    if not begin:
        return
    separator = _separator([line for _, line in begin])
    numbered = chain(begin, kept)
    if separator is None:
        yield from _spaced(numbered, max_columns)
    elif separator == COMMA:
        yield from _separated(numbered, separator, max_columns)
    else:
        marks = DecimalMarks(separator)
        for number, row in _separated(numbered, separator, max_columns):
            yield number, marks.read(number, row)
        marks.check()


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


def _separator(begin: list[str]) -> str | None:
    """What separates the columns of a file with these first lines; None for white space."""
    lines = [_QUOTED.sub("", line) for line in begin]
    first = lines[0]
    found = [mark for mark in SEPARATORS if mark in first]
    # Tabs may only line up what commas separate.
    if COMMA in first and (",\t" in first or TAB not in first.strip()):
        found = [mark for mark in found if mark != TAB]
    in_all = [mark for mark in found if all(mark in line for line in lines)]
    return next(iter(in_all or found), None)


def _spaced(lines: Iterator[tuple[int, str]], max_columns: int) -> Iterator[Row]:
    first = None
    for number, line in lines:
        cells = line.split(maxsplit=max_columns)
        _check_width(number, len(cells), max_columns)
        first = first or (number, len(cells))
        # White space shows no empty cell: which one is missing cannot be told.
        if len(cells) < first[1]:
            raise bad_line(number, f"has {len(cells)} columns; line {first[0]} has {first[1]}")
        yield number, cells


def _separated(lines: Iterator[tuple[int, str]], separator: str, max_columns: int) -> Iterator[Row]:
    at, columns, passed_over = 1, 1, 0

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
            columns = 1
            # Spreadsheets write out the empty rows below a table.
            if not "".join(row).strip():
                passed_over += 1
                check_passed_over(at, passed_over)
                continue
            yield at, row
    except csv.Error as error:
        raise bad_line(at, f"cannot be read: {error}") from error


def _check_width(number: int, columns: int, most: int) -> None:
    if columns > most:
        raise bad_line(number, f"has more than {most} columns, the most there may be")
