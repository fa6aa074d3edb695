"""The breakpoint table in C, in fixed point: 16 bits in, 32 bits out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exports.c_source.c_files import Code, array
from exports.c_source.fixed_code import fixed_code
from exports.c_source.fixed_outside import Ends
from exports.c_source.fixed_point import (
    LARGEST,
    SCALED,
    VALUE_BITS,
    Grid,
    Integers,
    fraction_bits,
    scaled,
    times_power,
)
from exports.subject import Subject
from schemas.table import evaluate_table

MAX_SHIFT = 31


@dataclass(frozen=True)
class Rows:
    """The table over the grid of inputs: y = value + (slope * (x - start)) / 2^shift.

    Attributes:
        start: the first input of each segment that has any, [n].
        value: y there, [n], with ``y_bits`` fraction bits.
        slope: of y over x in these units times 2^shift, [n].
        shift: of each slope, [n]: beside a step all others would be coarse with the same.
        y_bits: fraction bits of y.
    """

    start: Integers
    value: Integers
    slope: Integers
    shift: Integers
    y_bits: int

    @classmethod
    def of(cls, subject: Subject, grid: Grid) -> "Rows":
        """The rows of a table. Knots between two inputs are none for a machine that has no others.

        So a segment goes from its first input to the last before the next one's first, and its
        slope is that between them.
        """
        table = subject.table
        first = np.ceil(np.ldexp(np.asarray(table.x[:-1]), grid.bits)).astype(np.int64)
        first[0] = grid.low
        start = np.unique(first[first <= grid.high])
        last = np.append(start[1:], grid.high + 1) - 1
        values = evaluate_table(table, grid.x(start))
        ends = evaluate_table(table, grid.x(last))
        y_bits = fraction_bits(np.concatenate([values, ends]), VALUE_BITS)
        slopes = np.ldexp((ends - values) / np.maximum(last - start, 1), y_bits)
        for place in (0, -1):
            # An outer segment goes on, also if it has but one input.
            if last[place] == start[place]:
                slopes[place] = np.ldexp(table.slope[place], y_bits - grid.bits)
        shift = (VALUE_BITS - np.frexp(slopes)[1]).clip(0, MAX_SHIFT).astype(np.int64)
        slope = times_power(slopes, shift).clip(-LARGEST, LARGEST)
        return cls(start, times_power(values, y_bits), slope, shift, y_bits)

    def at(self, x: Integers) -> Integers:
        """What the C code computes for inputs, [N] -> [N]."""
        index = (np.searchsorted(self.start, x, side="right") - 1).clip(0)
        shift = self.shift[index]
        total = self.value[index] * 2**shift + self.slope[index] * (x - self.start[index])
        return scaled(total, shift)


def fixed_table(subject: Subject, name: str) -> Code:
    """The table as a function of integers; its error is certified for every input.

    Raises:
        InvalidInput: 16 bits hardly have a number in the interval.
    """
    grid = Grid.of(subject)
    rows = Rows.of(subject, grid)
    moving = ""
    compute: Callable[[Integers], Integers] = rows.at
    if subject.table_outside is not None:
        ends = Ends.of(subject.table_outside, grid, rows.y_bits)
        compute, moving = ends.around(rows.at), ends.text()

    body = "".join(
        [
            SCALED,
            "/* The first input of each segment, the output there, and slope times 2^shift. */\n",
            array("int16_t", "start", rows.start),
            array("int32_t", "value", rows.value),
            array("int32_t", "slope", rows.slope),
            array("uint8_t", "shift", rows.shift),
            _LOOK_UP.format(name=name, count=rows.start.size, moving=moving),
        ]
    )
    what = f"The breakpoint table of the network: {rows.start.size} segments, looked up"
    return fixed_code(
        subject, name, grid, y_bits=rows.y_bits, what=what, body=body, compute=compute
    )


_LOOK_UP = """
int32_t {name}(int16_t x)
{{
    size_t low = 0, high = {count};
    int64_t sum;

{moving}    while (high - low > 1) {{
        const size_t middle = low + (high - low) / 2;
        if (x < start[middle]) {{
            high = middle;
        }} else {{
            low = middle;
        }}
    }}
    sum = value[low] * (INT64_C(1) << shift[low]);
    sum += (int64_t)slope[low] * ((int32_t)x - (int32_t)start[low]);
    return scaled(sum, shift[low]);
}}
"""
