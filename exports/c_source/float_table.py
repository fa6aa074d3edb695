"""The breakpoint table in C, in the network's number format."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exports.c_source.c_files import FLOATS, Code, Piece, array, assemble, literal
from exports.c_source.float_check import FUSING, Moving, pairs
from exports.self_check import SelfCheck
from exports.subject import Subject
from schemas.errors import FieldError, InvalidInput
from schemas.table import BreakpointTable

# Knots are evenly spaced if none is further from its place than this share of a step.
EVEN_WITHIN = 1e-6

Column = NDArray[np.floating]


@dataclass(frozen=True)
class Rows:
    """The table in the number format of the code.

    Attributes:
        x: where segments begin, [n].
        y: the values there, [n].
        slope: their slopes, [n].
        per_step: 1 / the distance of the knots; None unless they are evenly spaced.
    """

    x: Column
    y: Column
    slope: Column
    per_step: np.floating | None

    @classmethod
    def of(cls, table: BreakpointTable, dtype: str) -> "Rows":
        """The rows of a table, each number rounded to the nearest of this dtype.

        Raises:
            InvalidInput: a slope is no number of this dtype.
        """
        steepest = np.abs(table.slope).max()
        if steepest > float(np.finfo(dtype).max):
            detail = (
                f"cannot be float: a slope of {steepest:.3g} is beyond {dtype}; take fixed, or ask "
                "for dtype float64"
            )
            raise InvalidInput(FieldError(path=("arithmetic",), detail=detail))
        x = np.asarray(table.x)
        steps = (x - x[0]) / (x[-1] - x[0]) * (x.size - 1)
        even = np.abs(steps - np.arange(x.size)).max() <= EVEN_WITHIN
        per_step = np.dtype(dtype).type((x.size - 1) / (x[-1] - x[0])) if even else None
        y, slope = np.asarray(table.y, dtype), np.asarray(table.slope, dtype)
        return cls(x[:-1].astype(dtype), y[:-1], slope[:-1], per_step)

    def at(self, x: Column) -> Column:
        """What the C code computes at x, [N] -> [N]."""
        if self.per_step is None:
            index = np.searchsorted(self.x, x, side="right") - 1
        else:
            index = np.floor((x - self.x[0]) * self.per_step).astype(np.intp)
        index = index.clip(0, self.x.size - 1)
        return np.asarray(self.y[index] + self.slope[index] * (x - self.x[index]))


def float_table(subject: Subject, name: str) -> Code:
    """The table as a function: it looks for the segment by halving, or knows it where knots allow.

    Its own error at the samples is certified with the code's arithmetic, because rounding the
    table is not rounding the network.

    Raises:
        InvalidInput: a slope is no number of that format.
    """
    network = subject.network
    kind, _ = FLOATS[network.dtype]
    rows = Rows.of(subject.table, network.dtype.value)
    place = "of even length, so that x tells which" if rows.per_step is not None else "looked up"
    values = rows.at(_moved(subject, subject.samples.x))
    piece = Piece(
        what=[
            f"The breakpoint table of the network: {rows.x.size} segments, {place}, in {kind}.",
            *FUSING,
        ],
        declaration=f"{kind} {name}({kind} x)",
        macros=[],
        includes=["stddef.h"],
        body=_body(subject, rows, name),
        check=pairs(_check(subject, rows), network.dtype, name),
        certificate={"max_abs_error": subject.largest_error(values)},
        kept=subject.kept_by(values),
    )
    return assemble(subject, name, piece)


def _moved(subject: Subject, x: NDArray[np.float64]) -> Column:
    """X as the code sees it: rounded to its number format, and clamped."""
    moved = x.astype(subject.network.dtype.value)
    outside = subject.table_outside
    return moved if outside is None else outside.split(moved)[0]


def _check(subject: Subject, rows: Rows) -> SelfCheck:
    """The same inputs as the network's, with this code's outputs; fusing may change these a bit."""
    check = subject.check
    x = _moved(subject, check.x)
    y = rows.at(x).astype(np.float64)
    index = (np.searchsorted(rows.x, x, side="right") - 1).clip(0, rows.x.size - 1)
    terms = np.abs(rows.y[index]) + np.abs(rows.slope[index] * (x - rows.x[index]))
    eps = np.finfo(subject.network.dtype.value).eps
    return SelfCheck(check.x, y, 4.0 * eps * terms.astype(np.float64))


def _body(subject: Subject, rows: Rows, name: str) -> str:
    kind, suffix = FLOATS[subject.network.dtype]
    count = rows.x.size
    text = "/* Where segments begin, and value and slope there. */\n"
    for column, values in {"start": rows.x, "value": rows.y, "slope": rows.slope}.items():
        text += array(kind, column, values, suffix)
    clamp = Moving.of(subject.table_outside, subject.network.dtype).text
    if rows.per_step is None:
        search = _SEARCH.format(count=count, clamp=clamp)
    else:
        one = literal(np.float32(1.0), suffix)
        search = _KNOWN.format(
            kind=kind,
            count=count,
            last=count - 1,
            one=one,
            clamp=clamp,
            per_step=literal(rows.per_step, suffix),
            limit=literal(np.dtype(subject.network.dtype.value).type(count), suffix),
        )
    return (
        f"{text}\n{kind} {name}({kind} x)\n{{\n{search}"
        "    return value[low] + slope[low] * (x - start[low]);\n}\n"
    )


_SEARCH = """\
    size_t low = 0, high = {count};

{clamp}    while (high - low > 1) {{
        const size_t middle = low + (high - low) / 2;
        if (x < start[middle]) {{
            high = middle;
        }} else {{
            low = middle;
        }}
    }}
"""

_KNOWN = """\
    size_t low = 0;
    {kind} place;

{clamp}    place = (x - start[0]) * {per_step};
    if (place >= {limit}) {{
        low = {last};
    }} else if (place >= {one}) {{
        low = (size_t)place;
    }}
"""
