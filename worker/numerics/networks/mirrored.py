"""A tower on the distance from an axis: for curves that are even about it, but for a line.

``f(c + r) - f(c - r) = 2 s r`` for all r makes of f a function h of ``r = |u - c|`` and the line
``s (u - c)``. The first layer holds ``p = relu(u - c)`` and ``n = relu(c - u)``, whose sum is r.
The knots of a tower for h stand on it, each for a kink on either side, and one neuron more carries
the line past them. Training is free to give either side of a knot its own weight.

With K pieces of h and tents of widths w_1, w_2, ... that is ``4 + 3 K + w_1 (K + 1) + ...``
parameters, and ``3 + w_1`` more with a line: two thirds of those of as many knots on u.
"""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.backend import Array
from worker.numerics.networks.network import Shape, flatten
from worker.numerics.networks.tents import LEAD, Tower


@dataclass(frozen=True)
class Axis:
    """What a curve is symmetric about.

    Attributes:
        centre: c, inside (0, 1).
        slope: s of the line; 0 if there is none.
    """

    centre: float
    slope: float

    @property
    def reach(self) -> float:
        """The largest distance from the centre, R."""
        return max(self.centre, 1.0 - self.centre)

    def shape(self, tower: Shape) -> Shape:
        """The widths of a mirrored tower."""
        _, knots, *above = tower.widths
        return Shape((1, 2, knots + bool(self.slope), *above))


@dataclass(frozen=True, eq=False)
class Mirrored:
    """A tower for h on r / R; see ``phase1.Family``. Its structured parameters are the tower's.

    Attributes:
        tower: with one tent layer at least.
        axis: what the curve is symmetric about.
    """

    tower: Tower
    axis: Axis

    @property
    def shape(self) -> Shape:
        """The layers' widths."""
        return self.axis.shape(self.tower.shape)

    @property
    def segments(self) -> int:
        """Those of the tower, on either side."""
        return 2 * self.tower.segments

    def ends(self, structured: FloatArray) -> FloatArray:
        """Where pieces end, on both sides of the centre."""
        far = self.axis.reach * self.tower.ends(structured)
        ends = np.concatenate([self.axis.centre - far[::-1], self.axis.centre + far[1:]])
        return np.asarray(ends, dtype=np.float64)

    def assemble(self, structured: Array) -> Array:
        """The dense parameters [B, P] of structured ones [B, Q], analytic in each of them."""
        dense = self.tower.assemble(structured)
        (weight, bias), (into, shift), *above = self.tower.shape.layers(dense)
        centre, slope = self.axis.centre, self.axis.slope
        one = np.ones_like(bias[:, :1])
        first = np.stack([one, -one], 1), np.concatenate([-centre * one, centre * one], 1)
        weight = np.repeat(weight / self.axis.reach, 2, 2)
        if slope:
            # u itself, kept above 0, and what the sum takes of it; lifted, so that it stays above.
            carried = np.stack([one, -one], 2)
            weight = np.concatenate([weight, carried], 1)
            bias = np.concatenate([bias, (centre + LEAD) * one], 1)
            column = np.zeros_like(into[:, :, :1])
            column[:, 0] = slope
            into = np.concatenate([into, column], 2)
            shift = shift + 0.0
            shift[:, :1] += abs(slope) - slope * (centre + LEAD)
            last, level = above[-1]
            above[-1] = last, level - abs(slope)
        return flatten([first, (weight, bias), (into, shift), *above])
