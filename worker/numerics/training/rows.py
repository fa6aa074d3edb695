"""What a network is trained on: samples, and points between them where a promise holds."""

from dataclasses import dataclass

import numpy as np

from schemas.target import BetweenSamples
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.backend import Array
from worker.numerics.problem.bulge import Bulge
from worker.numerics.problem.preparation import Prepared


@dataclass(frozen=True, eq=False)
class Rows:
    """Training rows; a residual is ``gauge * (f(u) - v)``, after what ``give`` forgives.

    Attributes:
        u: scaled abscissae, [M].
        v: scaled ordinates, [M].
        give: the network may be so far off v for nothing, [M]; 0 at samples.
        gauge: [M]; so that the largest residual is the goal's norm if that is a maximum, else the
            root of their sum of squares.
    """

    u: FloatArray
    v: FloatArray
    give: FloatArray
    gauge: FloatArray

    @property
    def count(self) -> int:
        """The number of rows M."""
        return int(self.u.size)


def sample_rows(prepared: Prepared, chosen: IndexArray) -> Rows:
    """The rows of these samples."""
    gauge = 1 / prepared.goal.units[chosen]
    return Rows(
        u=prepared.u[chosen],
        v=prepared.v[chosen],
        give=np.zeros(chosen.size),
        gauge=gauge if prepared.goal.is_maximum else gauge / np.sqrt(chosen.size),
    )


def between_rows(prepared: Prepared, between: BetweenSamples, x: FloatArray) -> Rows:
    """Rows for points between the samples.

    For a maximum: within the limits of the straight line there, and what the samples leave open on
    either side of it is forgiven. For a mean: on the smooth curve, so that the network follows it
    between the samples too.

    Args:
        prepared: the scaled problem.
        between: what is promised there; not none.
        x: raw abscissae, [M].
    """
    goal = prepared.goal
    bulge = Bulge.of(prepared.x, prepared.v, between)
    interval = bulge.locate(x)
    t = bulge.fraction(x, interval)
    left, right = prepared.v[interval], prepared.v[interval + 1]
    line = left + t * (right - left)
    height = bulge.height(t, interval)
    units = goal.units[interval] + t * (goal.units[interval + 1] - goal.units[interval])
    return Rows(
        u=(x - prepared.scaling.x_start) / prepared.scaling.x_width,
        v=line if goal.is_maximum else line + height,
        give=np.abs(height) if goal.is_maximum else np.zeros_like(line),
        gauge=1 / units if goal.is_maximum else 1 / (units * np.sqrt(prepared.x.size)),
    )


def joined(first: Rows, second: Rows) -> Rows:
    """Both, one after the other."""
    pairs = zip(_columns(first), _columns(second), strict=True)
    return Rows(*(np.concatenate(pair) for pair in pairs))


def part(rows: Rows, chosen: IndexArray) -> Rows:
    """Some of the rows."""
    return Rows(*(column[chosen] for column in _columns(rows)))


def between_grid(prepared: Prepared, between: BetweenSamples, inner: IndexArray) -> Rows:
    """Rows for so many points, evenly spaced, between neighbouring samples, [N - 1]."""
    left, right = np.repeat(prepared.x[:-1], inner), np.repeat(prepared.x[1:], inner)
    place = np.arange(left.size) - np.repeat(np.cumsum(inner) - inner, inner)
    x = left + (place + 1) / np.repeat(inner + 1, inner) * (right - left)
    return between_rows(prepared, between, x[(x > left) & (x < right)])


def peaks(residuals: FloatArray, floor: float) -> IndexArray:
    """Indices of local maxima of |residuals| above a floor, [M] -> [P]."""
    size = np.pad(np.abs(residuals), 1, constant_values=-np.inf)
    return np.flatnonzero(
        (size[1:-1] > floor) & (size[1:-1] >= size[:-2]) & (size[1:-1] > size[2:])
    )


def measured(rows: Rows, values: FloatArray) -> FloatArray:
    """Residuals of values [M] at the rows, [M]."""
    off = values - rows.v
    return (off - np.clip(off, -rows.give, rows.give)) * rows.gauge


def _columns(rows: Rows) -> tuple[Array, ...]:
    return rows.u, rows.v, rows.give, rows.gauge
