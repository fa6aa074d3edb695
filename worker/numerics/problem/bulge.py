"""What samples leave open between them: how far a smooth curve through them bulges off the lines.

The smooth curve is the monotone cubic of Fritsch and Carlson with Butland's slopes, known as pchip:
it never overshoots the samples, so it opens nothing beside a step. On the interval from x_i to
x_i + h, with t from 0 to 1, it lies above the straight line by

    t (1 - t) (rise (1 - t) - fall t),    rise = h d_i - (y_i+1 - y_i),  fall = h d_i+1 - the same,

for slopes d at the samples: a cubic that is 0 at both samples and at most once between them.

References:
    F. N. Fritsch, J. Butland 1984, "A method for constructing local monotone piecewise cubic
    interpolants", SIAM J. Sci. Stat. Comput. 5.
    C. Moler 2004, "Numerical Computing with MATLAB", section 3.4 (slopes at the ends).
"""

from dataclasses import dataclass

import numpy as np

from schemas.target import BetweenSamples
from worker.numerics.arrays import AnyArray, IndexArray


def pchip_slopes(x: AnyArray, y: AnyArray) -> AnyArray:
    """Slopes of the monotone cubic at the samples.

    Args:
        x: abscissae, [N], strictly increasing.
        y: ordinates, [N].

    Returns:
        Slopes [N], in units of y over units of x: 0 at local extrema, elsewhere the weighted
        harmonic mean of the slopes on both sides.
    """
    width = np.diff(x)
    slope = np.diff(y) / width
    if slope.size == 1:
        return np.repeat(slope, 2)
    before, after = slope[:-1], slope[1:]
    share = (2 * width[1:] + width[:-1]) / (3 * (width[1:] + width[:-1]))
    monotone = np.sign(before) * np.sign(after) > 0.0
    weighed = share * after + (1 - share) * before
    # The ratio first: a product of slopes might overflow, or vanish.
    ratio = np.divide(before, weighed, out=np.zeros_like(before), where=monotone)
    first = _end_slope(width[0], width[1], slope[0], slope[1])
    last = _end_slope(width[-1], width[-2], slope[-1], slope[-2])
    return np.concatenate([[first], ratio * after, [last]]).astype(x.dtype)


def _end_slope(
    near: np.floating, far: np.floating, slope: np.floating, next_slope: np.floating
) -> np.floating:
    """Three-point slope at an end, from the widths and slopes of the two intervals beside it."""
    found = ((2 * near + far) * slope - near * next_slope) / (near + far)
    if np.sign(found) != np.sign(slope):
        return found.dtype.type(0.0)
    if np.sign(slope) != np.sign(next_slope) and abs(found) > 3 * abs(slope):
        return 3 * slope
    return found


@dataclass(frozen=True, eq=False)
class Bulge:
    """Smooth curve minus straight lines, interval by interval.

    Attributes:
        x: abscissae of the samples, [N].
        rise: what the curve's slope at an interval's left end adds to the line over its width,
            [N - 1], in units of y.
        fall: the same at its right end.
    """

    x: AnyArray
    rise: AnyArray
    fall: AnyArray

    @classmethod
    def of(cls, x: AnyArray, y: AnyArray, between: BetweenSamples) -> "Bulge":
        """What samples [N] leave open; nothing unless ``between`` is smooth."""
        if between is not BetweenSamples.SMOOTH:
            nothing = np.zeros_like(x[1:])
            return cls(x, nothing, nothing)
        slopes, width, climb = pchip_slopes(x, y), np.diff(x), np.diff(y)
        return cls(x, width * slopes[:-1] - climb, width * slopes[1:] - climb)

    def locate(self, x: AnyArray) -> IndexArray:
        """The interval of every x, [M] -> [M]: the right one for a sample, except the last."""
        return np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, self.x.size - 2)

    def fraction(self, x: AnyArray, interval: IndexArray) -> AnyArray:
        """How far along its interval every x lies, from 0 to 1: t, [M]."""
        left, right = self.x[interval], self.x[interval + 1]
        found: AnyArray = (x - left) / (right - left)
        return found

    def height(self, t: AnyArray, interval: IndexArray) -> AnyArray:
        """Smooth curve minus line, with its sign, at fractions t of intervals: [M]."""
        rise, fall = self.rise[interval], self.fall[interval]
        found: AnyArray = t * (1 - t) * (rise * (1 - t) - fall * t)
        return found

    def zeros(self) -> AnyArray:
        """Every x between two samples where the smooth curve crosses the line, increasing."""
        crossing = np.flatnonzero(np.sign(self.rise) * np.sign(self.fall) > 0.0)
        t = self.rise[crossing] / (self.rise[crossing] + self.fall[crossing])
        left, right = self.x[crossing], self.x[crossing + 1]
        found: AnyArray = left + t * (right - left)
        return found


def interpolate(knots: AnyArray, values: AnyArray, x: AnyArray) -> AnyArray:
    """Linear interpolation between points [K] at x, [M] -> [M], in extended precision.

    ``np.interp`` knows float64 only.
    """
    knots, values = knots.astype(np.longdouble), values.astype(np.longdouble)
    piece = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
    left, right, low, high = knots[piece], knots[piece + 1], values[piece], values[piece + 1]
    line: AnyArray = low + (x - left) / (right - left) * (high - low)
    return line
