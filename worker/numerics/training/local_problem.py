"""Least squares in local coordinates: normal equations that are linear in knots and samples.

A sample's residual depends on the two knots beside it, 2 (W + 1) numbers, and on the B weights of
the layers above. So the normal equations are banded, with a border of B columns:

    [ L   C ] [dl]   [g]
    [ C^T S ] [db] = [h],      (S - C^T L^-1 C) db = h - C^T L^-1 g,      dl = L^-1 (g - C db).

For N samples and K knots they are made in ``O(N W (W + B))`` and solved in
``O(K (W^2 + W B + B^2))``, where dense ones take ``O(N P^2)`` and ``O(P^3)`` with P of about K W.

References:
    G. H. Golub, C. F. Van Loan 2013, "Matrix Computations", 4.3.5 (banded Cholesky) and 3.2.11
    (Schur complements).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from schemas.network import Weights
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.backend import Array
from worker.numerics.banded import hold_unknown, solve_banded
from worker.numerics.networks.local_coordinates import LocalLayout
from worker.numerics.paths.polyline import segments_of
from worker.numerics.training.levmar import FLOOR, p_weights
from worker.numerics.training.rows import Rows, measured


@dataclass(frozen=True, eq=False)
class _System:
    """Normal equations, undamped.

    Attributes:
        banded: L, its diagonals from the uppermost to the main one, [2 (W + 1), n].
        local: g, then C, [n, 1 + B].
        corner: S, [B, B].
        above: h, [B].
    """

    banded: FloatArray
    local: FloatArray
    corner: FloatArray
    above: FloatArray


class LocalProblem:
    """One network on its rows, in local coordinates; see ``levmar.Problem``."""

    def __init__(self, layout: LocalLayout, rows: Rows) -> None:
        """Take the rows, in order of u."""
        order = np.argsort(rows.u, kind="stable")
        self._layout = layout
        self._rows = Rows(rows.u[order], rows.v[order], rows.give[order], rows.gauge[order])

    def residuals(self, local: Array, _: Array) -> Array:
        """Of one vector of coordinates, [1, n + B] -> [1, N]; NaN if its knots are not in order."""
        knots, values, layers = self._layout.split(local[0])
        if not np.all(np.diff(knots) > 0.0):
            return np.full((1, self._rows.count), np.nan)
        before = _Interpolation.at(self._rows.u, knots).values(values)
        return measured(self._rows, _forward(before, layers)[1])[None]

    def equations(self, p: float, _: Array) -> "LocalEquations":
        """Those of steps towards the smallest p-norm."""
        return LocalEquations(self._layout, self._rows, p)


class LocalEquations:
    """The normal equations at one vector of coordinates; see ``levmar.Equations``."""

    def __init__(self, layout: LocalLayout, rows: Rows, p: float) -> None:
        """Nothing is known yet."""
        self._layout, self._rows, self._p = layout, rows, p
        self._system: _System | None = None

    def linearise(self, local: Array, _: Array) -> None:
        """Make the equations at one vector of coordinates, [1, n + B]."""
        knots, values, layers = self._layout.split(local[0])
        placed = _Interpolation.at(self._rows.u, knots)
        hidden, found = _forward(placed.values(values), layers)
        residuals = measured(self._rows, found)
        scale = np.where(residuals == 0.0, 0.0, self._rows.gauge)
        if self._p != 2.0:
            root = p_weights(residuals, self._p)
            residuals, scale = residuals * root, scale * root
        # Backwards through the layers: the derivatives by what is above, then by the values.
        rows: list[FloatArray] = []
        delta = scale[None]
        for (weight, _), below in zip(reversed(layers), reversed(hidden), strict=True):
            products = delta[:, None, :] * below[None]
            rows[:0] = [products.reshape(-1, products.shape[2]), delta]
            delta = (weight.T @ delta) * (below > 0.0)
        columns = np.concatenate([*placed.derivatives(values, delta), *rows, residuals[None]])
        self._system = self._made(placed, columns)

    def steps(self, _: Array, damping: Array) -> Array:
        """The damped step, [1, n + B]; NaN where the equations cannot be solved."""
        system = self._system
        assert system is not None
        diagonals = system.banded[-1], system.corner.diagonal()
        floor = FLOOR * max(float(part.max()) for part in diagonals) + 1e-300
        banded, corner = system.banded.copy(), system.corner.copy()
        banded[-1] += damping[0] * np.maximum(diagonals[0], floor)
        corner[np.diag_indices_from(corner)] += damping[0] * np.maximum(diagonals[1], floor)
        solved = solve_banded(banded, system.local)
        carried = system.local[:, 1:].T @ solved
        try:
            above = np.linalg.solve(corner - carried[:, 1:], system.above - carried[:, 0])
        except np.linalg.LinAlgError:
            above = np.full_like(system.above, np.nan)
        local = solved[:, 0] - solved[:, 1:] @ above
        return np.concatenate([local, above])[None] / (self._p - 1)

    def _made(self, placed: "_Interpolation", columns: FloatArray) -> _System:
        """The system of derivatives by the knots beside, by what is above, and residuals."""
        width, size = self._layout.a_knot, self._layout.at_knots
        both = 2 * width
        above = columns[both:-1]
        banded = np.zeros((both, size))
        # Right-hand side and border are solved for together.
        right = np.zeros((size, 1 + len(above)))
        left, own = np.arange(width), np.triu_indices(width)
        for intervals, products in placed.products(columns, both):
            first = intervals[:, None] * width
            # Within each of these every place is there once; neighbours share that of their knot.
            for beside in (left, left + width):
                right[first + beside, 0] += products[:, beside, -1]
                right[first + beside, 1:] += products[:, beside, both:-1]
                a, b = beside[own[0]], beside[own[1]]
                banded[both - 1 + a - b, first + b] += products[:, a, b]
            a, b = np.repeat(left, width), np.tile(left + width, width)
            banded[both - 1 + a - b, first + b] += products[:, a, b]
        # The ends stay where they are.
        for end in (0, size - width):
            hold_unknown(banded, right, end)
        return _System(banded, right, above @ above.T, above @ columns[-1])


def _forward(before: FloatArray, layers: Weights) -> tuple[list[FloatArray], FloatArray]:
    """From pre-activations [W, N] what goes into every layer above, [., N], and the values, [N]."""
    hidden = [np.maximum(before, 0.0)]
    for weight, bias in layers[:-1]:
        hidden.append(np.maximum(weight @ hidden[-1] + bias[:, None], 0.0))
    weight, bias = layers[-1]
    return hidden, (weight @ hidden[-1] + bias[:, None])[0]


@dataclass(frozen=True, eq=False)
class _Interpolation:
    """Where samples lie between knots.

    Attributes:
        interval: of each sample, [N], never falling.
        share: how far it is along its interval, [N], from 0 to 1.
        length: of its interval, [N].
        knots: [K + 1].
    """

    interval: IndexArray
    share: FloatArray
    length: FloatArray
    knots: FloatArray

    @classmethod
    def at(cls, u: FloatArray, knots: FloatArray) -> "_Interpolation":
        interval = segments_of(u, knots)
        length = np.diff(knots)[interval]
        return cls(interval, (u - knots[interval]) / length, length, knots)

    def values(self, values: FloatArray) -> FloatArray:
        """Of functions with these values at the knots, [W, K + 1] -> [W, N]."""
        left = values[:, self.interval]
        found: FloatArray = left + self.share * (values[:, self.interval + 1] - left)
        return found

    def derivatives(self, values: FloatArray, delta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """By the coordinates of the knots to the left and to the right, each [W + 1, N].

        A knot that moves carries the values with it: by a knot the derivative is minus the slope
        times that by the value.
        """
        rise = values[:, self.interval + 1] - values[:, self.interval]
        by_knot = -(delta * rise).sum(0) / self.length
        both = np.concatenate([by_knot[None], delta])
        right = both * self.share
        return both - right, right

    def products(self, columns: FloatArray, first: int) -> Iterator[tuple[IndexArray, FloatArray]]:
        """Products of the first columns with all, summed over the samples of each interval.

        Intervals go together that have about as many samples, padded with zeros.

        Args:
            columns: [C, N].
            first: how many are the first, A.

        Yields:
            Intervals [F] and their sums [F, A, C], until all are there that have samples.
        """
        starts = np.flatnonzero(np.diff(self.interval, prepend=-1))
        counts = np.diff(starts, append=self.interval.size)
        sizes = np.frexp(counts - 0.5)[1]
        for size in np.unique(sizes):
            chosen = sizes == size
            most = int(counts[chosen].max())
            there = np.arange(most) < counts[chosen, None]
            samples = np.where(there, starts[chosen, None] + np.arange(most), 0)
            part = columns[:, samples]
            part[:, ~there] = 0.0
            sums = part[:first].transpose(1, 0, 2) @ part.transpose(1, 2, 0)
            yield self.interval[starts[chosen]], sums
