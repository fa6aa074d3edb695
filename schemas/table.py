"""The breakpoint table: the network's function, written out segment by segment."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, FiniteFloat, model_validator

from schemas.strict import Document

COLUMNS = ("x", "y", "slope", "intercept")


class BreakpointTable(Document):
    """One row per segment start plus the last point, which repeats the last slope and intercept.

    Between two rows the function is ``slope * x + intercept`` of the first of them.
    """

    x: list[FiniteFloat] = Field(min_length=2, description="From exactly x_min to exactly x_max.")
    y: list[FiniteFloat]
    slope: list[FiniteFloat]
    intercept: list[FiniteFloat]

    @model_validator(mode="after")
    def _columns_of_one_length(self) -> Self:
        if len({len(self.x), len(self.y), len(self.slope), len(self.intercept)}) != 1:
            raise ValueError("the four columns differ in length")
        return self

    @property
    def segments(self) -> int:
        """The number of segments: one fewer than the rows."""
        return len(self.x) - 1

    def to_csv(self) -> str:
        """The table as CSV; numbers are the shortest that read back exactly."""
        rows = zip(self.x, self.y, self.slope, self.intercept, strict=True)
        lines = [",".join(COLUMNS), *(",".join(map(repr, row)) for row in rows)]
        return "\n".join(lines) + "\n"


def evaluate_table(table: BreakpointTable, x: ArrayLike) -> NDArray[np.float64]:
    """The table's value at x, [N] -> [N] float64: linear interpolation between its rows."""
    return np.interp(np.asarray(x, dtype=np.float64), table.x, table.y)
