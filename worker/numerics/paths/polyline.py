"""A path: a continuous piecewise-linear function by its knots."""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Polyline:
    """A continuous piecewise-linear function.

    Attributes:
        x: knots, [S + 1] float64, strictly increasing.
        y: values there, [S + 1] float64.
    """

    x: FloatArray
    y: FloatArray

    @property
    def segments(self) -> int:
        """The number of segments S."""
        return int(self.x.size) - 1

    def __call__(self, x: FloatArray) -> FloatArray:
        """Values at x, [N] -> [N]."""
        return np.interp(x, self.x, self.y)


def segments_of(points: FloatArray, knots: FloatArray) -> IndexArray:
    """The segment of each point, [N]: knots are looked for among points, which are more.

    Args:
        points: increasing, [N].
        knots: increasing, [S + 1].
    """
    starts = np.searchsorted(points, knots[1:-1])
    counts = np.diff(np.concatenate([[0], starts, [points.size]]))
    return np.repeat(np.arange(counts.size), counts)
