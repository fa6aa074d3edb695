"""One hidden layer as a function: an offset and a hinge for each ReLU, which faces either way.

N hinges make N + 1 segments. At its knot each turns the slope by its gain, whichever way it faces,
and the first slope s_0 is minus the sum of the gains that face left. So the slopes obey one linear
relation, ``s_0 + sum of the turns at left-facing knots = 0``: an alternating sum of an odd number
of them is 0. It is ``s_a = 0`` where the hinges face away from segment a; it is
``s_a - s_b + s_c = 0`` where those before a and between b and c face left and the others right; and
so on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.numerics.arrays import FloatArray

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hinges:
    """``offset + sum_i gains_i relu(+-(u - knots_i))`` on [0, 1].

    Attributes:
        offset: the output's bias.
        gains: what each ReLU counts, and what the slope turns by at its knot, [N].
        knots: strictly increasing and strictly between 0 and 1, [N].
        left: whether it is on to the left of its knot, [N].
    """

    offset: float
    gains: FloatArray
    knots: FloatArray
    left: BoolArray

    @property
    def corners(self) -> FloatArray:
        """The knots and both ends, [N + 2]."""
        return np.concatenate([[0.0], self.knots, [1.0]])

    def __call__(self, u: FloatArray) -> FloatArray:
        """Values at u in [0, 1], [M] -> [M]: O((M + N) log N)."""
        sums = hinge_sums(np.diff(self.corners), self.gains, self.left)
        found: FloatArray = np.interp(u, self.corners, self.offset + sums)
        return found

    def with_knots_in(self, u: FloatArray) -> "Hinges | None":
        """The same with every knot at the nearest of these, [M], none at an end; None if two meet.

        Args:
            u: increasing, [M].
        """
        places = np.searchsorted((u[:-1] + u[1:]) / 2, self.knots)
        if np.any(np.diff(np.concatenate([[0], places, [u.size - 1]])) < 1):
            return None
        return Hinges(self.offset, self.gains, u[places], self.left)

    def by_values(self, u: FloatArray) -> FloatArray:
        """Derivatives at u by offset and gains, [M] -> [M, N + 1]."""
        return np.column_stack([np.ones_like(u), np.maximum(self._arguments(u), 0.0)])

    def by_knots(self, u: FloatArray) -> FloatArray:
        """Derivatives at u by the knots, [M] -> [M, N]."""
        slopes = np.where(self.left, self.gains, -self.gains)
        return np.where(self._arguments(u) > 0.0, slopes, 0.0)

    def slopes_without_own(self) -> FloatArray:
        """The slope at every knot of all other hinges, [N]: how its own value moves with it."""
        found: FloatArray = -self.by_knots(self.knots).sum(axis=1)
        return found

    def moved(self, step: FloatArray) -> "Hinges":
        """After a step of offset, gains and, if it is that long, knots."""
        count = self.knots.size
        return Hinges(
            self.offset + float(step[0]),
            self.gains + step[1 : count + 1],
            self.knots + step[count + 1 :] if step.size > count + 1 else self.knots,
            self.left,
        )

    def _arguments(self, u: FloatArray) -> FloatArray:
        along = u[:, None] - self.knots
        return np.where(self.left, -along, along)


def hinge_sums(widths: FloatArray, gains: FloatArray, left: BoolArray) -> FloatArray:
    """The sum of all hinges at the knots between and around segments of these widths, [N + 2].

    Summed from knot to knot, each side from where none of its hinges is on.

    Args:
        widths: of the segments, [N + 1].
        gains: of the hinges, [N].
        left: whether they face left, [N].
    """
    rising = np.concatenate([[0.0], np.cumsum(np.where(left, 0.0, gains))])
    falling = np.concatenate([np.cumsum(np.where(left, gains, 0.0)[::-1])[::-1], [0.0]])
    right_facing = np.concatenate([[0.0], np.cumsum(rising * widths)])
    left_facing = np.concatenate([np.cumsum((falling * widths)[::-1])[::-1], [0.0]])
    found: FloatArray = right_facing + left_facing
    return found


def hinges_of(corners: FloatArray, values: FloatArray, left: BoolArray) -> Hinges:
    """Hinges with the turns of a path; where its slopes break their relation, the slope is theirs.

    Args:
        corners: of the path, from 0 to 1, [N + 2].
        values: there, [N + 2].
        left: which way each hinge is to face, [N].
    """
    widths = np.diff(corners)
    turns = np.diff(np.diff(values) / widths)
    missing = values - hinge_sums(widths, turns, left)
    return Hinges(float(missing.max() + missing.min()) / 2, turns, corners[1:-1], left)


def relation_signs(left: BoolArray) -> FloatArray:
    """Signs of the segments' slopes in the alternating sum that is 0, [..., N] -> [..., N + 1]."""
    edge = np.ones((*left.shape[:-1], 1))
    padded = np.concatenate([edge, left, 0.0 * edge], axis=-1)
    found: FloatArray = -np.diff(padded, axis=-1)
    return found


def facing_of(signs: FloatArray) -> BoolArray:
    """The facing whose relation has these signs, [..., N + 1] -> [..., N]."""
    found: BoolArray = np.cumsum(signs, axis=-1)[..., :-1] < 0.5
    return found


def relation_by_values(corners: FloatArray, signs: FloatArray) -> FloatArray:
    """The alternating sum's derivatives by a path's values, [..., S] -> [..., S + 1]."""
    rates = signs / np.diff(corners)
    nothing = np.zeros((*rates.shape[:-1], 1))
    found: FloatArray = np.concatenate([nothing, rates], axis=-1)
    found -= np.concatenate([rates, nothing], axis=-1)
    return found
