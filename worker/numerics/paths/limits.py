"""Where a function is bound, as rows: at most so far from a value, at any tolerance."""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Limits:
    """``|f(u) - line| <= tolerance * units + height`` at every row.

    Attributes:
        u: scaled abscissae, [M], increasing.
        line: scaled ordinates, [M].
        units: of the tolerance, [M].
        height: what is open besides, [M].
        bound: whether it holds between the rows too, interpolated; then it is to be looked at
            where the function bends as well.
        whole: all rows, if these are a part of them.
    """

    u: FloatArray
    line: FloatArray
    units: FloatArray
    height: FloatArray
    bound: bool
    whole: "Limits | None" = None

    def at(self, u: FloatArray) -> "Limits":
        """The limits at other places, [K], interpolated."""
        rows = self.whole or self
        line, units, height = (
            np.interp(u, rows.u, column) for column in (rows.line, rows.units, rows.height)
        )
        return Limits(u, line, units, height, self.bound)

    def slopes_at(self, u: FloatArray) -> FloatArray:
        """Slopes of the lines at other places, [K]."""
        rows = self.whole or self
        after = np.clip(np.searchsorted(rows.u, u), 1, rows.u.size - 1)
        climb = rows.line[after] - rows.line[after - 1]
        found: FloatArray = climb / (rows.u[after] - rows.u[after - 1])
        return found

    def error(self, residuals: FloatArray) -> FloatArray:
        """The tolerance that each residual takes, [M]."""
        found: FloatArray = (np.abs(residuals) - self.height) / self.units
        return found

    def joined(self, other: "Limits") -> "Limits":
        """These rows, then the others."""
        return Limits(
            np.concatenate([self.u, other.u]),
            np.concatenate([self.line, other.line]),
            np.concatenate([self.units, other.units]),
            np.concatenate([self.height, other.height]),
            self.bound,
        )

    def part(self, rows: IndexArray) -> "Limits":
        """Some of the rows."""
        return Limits(
            self.u[rows],
            self.line[rows],
            self.units[rows],
            self.height[rows],
            self.bound,
            whole=self.whole or self,
        )

    def telling(self, values: FloatArray, most: int) -> IndexArray:
        """The rows that a function near this one meets first, about ``most`` of them.

        Of each of so many stretches the row above and the row below that bind most.

        Args:
            values: of the function at the rows, [M].
            most: how many rows are enough.
        """
        count = self.u.size
        if count <= most:
            return np.arange(count)
        size = -(-2 * count // most)
        residuals = values - self.line
        found = []
        for sign in (1.0, -1.0):
            binding = np.full(-(-count // size) * size, -np.inf)
            binding[:count] = (sign * residuals - self.height) / self.units
            stretches = binding.reshape(-1, size)
            found.append(np.arange(stretches.shape[0]) * size + stretches.argmax(axis=1))
        return np.unique(np.concatenate(found))
