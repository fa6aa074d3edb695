"""What fixed point does outside the interval of the samples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exports.c_source.c_files import literal
from exports.c_source.fixed_point import (
    VALUE_BITS,
    Grid,
    Integers,
    fraction_bits,
    scaled,
    times_power,
)
from schemas.network import Outside

MAX_SHIFT = 31
# With a slope like this every input outside has the largest output, or the least.
MOST = 2**40


@dataclass(frozen=True)
class Ends:
    """Where inputs are moved to, and what is added to the output for it.

    Attributes:
        low: the least input inside.
        high: the largest.
        left: the slope below, of output over input in their units, times 2^shift.
        right: the slope above.
        shift: of the slopes.
    """

    low: int
    high: int
    left: int
    right: int
    shift: int

    @classmethod
    def of(cls, outside: Outside, grid: Grid, y_bits: int) -> "Ends":
        """The ends in integers, for outputs of so many fraction bits."""
        slopes = np.ldexp(np.array([outside.left, outside.right]), y_bits - grid.bits)
        shift = min(MAX_SHIFT, max(0, fraction_bits(slopes, VALUE_BITS)))
        left, right = times_power(slopes.clip(-MOST, MOST), shift).tolist()
        return cls(grid.low, grid.high, left, right, shift)

    @property
    def is_level(self) -> bool:
        """Whether nothing is added."""
        return self.left == self.right == 0

    def around(self, compute: Callable[[Integers], Integers]) -> Callable[[Integers], Integers]:
        """What the code computes, from what it computes inside."""

        def everywhere(x: Integers) -> Integers:
            inside = x.clip(self.low, self.high)
            beyond = x - inside
            added = np.where(beyond < 0, self.left, self.right) * beyond
            return scaled(compute(inside) * 2**self.shift + added, self.shift)

        return everywhere

    def text(self) -> str:
        """The statements that move x."""
        left = right = declared = ""
        if not self.is_level:
            declared = "    int64_t beyond = 0;\n\n"
            left, right = (
                f"        beyond = (int64_t){literal(np.int64(slope))} * ((int32_t)x - ({end}));\n"
                for slope, end in ((self.left, self.low), (self.right, self.high))
            )
        return (
            f"{declared}    if (x < {self.low}) {{\n{left}        x = {self.low};\n"
            f"    }} else if (x > {self.high}) {{\n{right}        x = {self.high};\n    }}\n"
        )

    def result(self, value: str) -> str:
        """The expression of the result, from that of the result inside."""
        if self.is_level:
            return value
        inside = f"(int64_t){value} * {literal(np.int64(2**self.shift))}"
        return f"scaled({inside} + beyond, {self.shift})"
