"""The breakpoint table: the network's function, written out segment by segment."""

import io
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, FiniteFloat, model_validator

from schemas.check import Check
from schemas.network import Extrapolation, Outside
from schemas.strict import Document

COLUMNS = ("x", "y", "slope", "intercept")


class BreakpointTable(Document):
    """One row per segment start plus the last point, which repeats the last slope and intercept.

    Between two rows the function is ``slope * x + intercept`` of the first of them.
    """

    x: list[FiniteFloat] = Field(
        min_length=2,
        description="From exactly x_min to exactly x_max; clamped, a level segment more on either "
        "side.",
    )
    y: list[FiniteFloat]
    slope: list[FiniteFloat]
    intercept: list[FiniteFloat]
    check: Check | None = Field(
        default=None,
        description="Pairs of the network by which a reader can tell that the rows are read right.",
    )

    @model_validator(mode="after")
    def _columns_of_one_length(self) -> Self:
        if len({len(self.x), len(self.y), len(self.slope), len(self.intercept)}) != 1:
            raise ValueError("the four columns differ in length")
        return self

    @property
    def segments(self) -> int:
        """The number of segments: one fewer than the rows."""
        return len(self.x) - 1

    def extrapolated(self, how: Extrapolation) -> Self:
        """The same table, of which the first and the last segment go on in this way.

        To be clamped it gets a level segment on either side, as long as all others together: so
        whoever continues the outer segments, or knows only x and y, gets the same values.
        """
        if how is not Extrapolation.CLAMP:
            return self
        length = self.x[-1] - self.x[0]
        first, last = self.y[0], self.y[-1]
        return type(self)(
            x=[self.x[0] - length, *self.x, self.x[-1] + length],
            y=[first, *self.y, last],
            slope=[0.0, *self.slope[:-1], 0.0, 0.0],
            intercept=[first, *self.intercept[:-1], last, last],
        )

    def outside(self, how: Extrapolation) -> Outside | None:
        """What a network of this function has to do outside in order to go on in this way."""
        if how is Extrapolation.NETWORK:
            return None
        goes_on = how is Extrapolation.LINEAR
        return Outside(
            x_min=self.x[0],
            x_max=self.x[-1],
            left=self.slope[0] if goes_on else 0.0,
            right=self.slope[-1] if goes_on else 0.0,
        )

    def to_npy(self) -> bytes:
        """The table as an NPY file: a structured array [rows] of float64 with these columns."""
        rows = np.empty(len(self.x), dtype=[(name, "<f8") for name in COLUMNS])
        for name in COLUMNS:
            rows[name] = getattr(self, name)
        buffer = io.BytesIO()
        np.save(buffer, rows, allow_pickle=False)
        return buffer.getvalue()

    def to_csv(self) -> str:
        """The table as CSV; numbers are the shortest that read back exactly."""
        rows = zip(self.x, self.y, self.slope, self.intercept, strict=True)
        lines = [",".join(COLUMNS), *(",".join(map(repr, row)) for row in rows)]
        return "\n".join(lines) + "\n"


def evaluate_table(table: BreakpointTable, x: ArrayLike) -> NDArray[np.float64]:
    """The table's value at x, [N] -> [N] float64: linear interpolation between its rows."""
    return np.interp(np.asarray(x, dtype=np.float64), table.x, table.y)
