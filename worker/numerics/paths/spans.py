"""What a line is to replace: the points that it must pass, and where it may begin and end.

All in fractions, which nothing rounds; only whether samples are kept is looked at in float64.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from worker.numerics.arrays import FloatArray

# Binary digits of a slope, and of a knot: their product is to fit into float64.
SLOPE_DIGITS, KNOT_DIGITS = 28, 24
# What is chosen is rounded to this power of two, and less, of what it may be off.
SPARE = 3
# Part of a width that float64 may err by when it looks whether a line keeps the limits.
ROUNDING = 1e-9

Point = tuple[Fraction, Fraction]
# A point it passes, and its slope.
ExactLine = tuple[Fraction, Fraction, Fraction]


@dataclass(frozen=True, eq=False)
class Room:
    """Where a path may be.

    Attributes:
        x: of the samples, [N], increasing.
        lower: limits there, [N].
        upper: limits there, [N].
        has: whether a knot may be at x and y.
    """

    x: FloatArray
    lower: FloatArray
    upper: FloatArray
    has: Callable[[float, float], bool]

    @cached_property
    def mirrored(self) -> "Room":
        """The same with x counted the other way."""
        return Room(-self.x[::-1], self.lower[::-1], self.upper[::-1], lambda x, y: self.has(-x, y))

    def keeps(self, line: ExactLine, start: float, end: float) -> bool:
        """Whether a line keeps the limits at the samples from one x to another."""
        first, last = np.searchsorted(self.x, start), np.searchsorted(self.x, end, side="right")
        if first >= last:
            return True
        lower, upper = self.lower[first:last], self.upper[first:last]
        values = float(line[1]) + float(line[2]) * (self.x[first:last] - float(line[0]))
        rounding = ROUNDING * (upper - lower) + np.spacing(np.abs(values))
        return bool(((values >= lower - rounding) & (values <= upper + rounding)).all())


@dataclass(frozen=True, eq=False)
class Span:
    """What a line is to replace.

    Attributes:
        line: the line as it is: where it begins, x and y, and its slope.
        end: x where it ends.
        points: that the new line must pass, in order of x.
        room: where the path may be.
        spare: how far the line may be moved without coming near limits that it need not touch.
        left: between which x it may begin.
        right: between which x it may end.
    """

    line: tuple[float, float, float]
    end: float
    points: tuple[Point, ...]
    room: Room
    spare: float
    left: tuple[float, float]
    right: tuple[float, float]

    def mirrored(self) -> "Span":
        """The same with x counted the other way."""
        x, y, slope = self.line
        return Span(
            line=(-self.end, y + slope * (self.end - x), -slope),
            end=-x,
            points=tuple((-px, py) for px, py in reversed(self.points)),
            room=self.room.mirrored,
            spare=self.spare,
            left=(-self.right[1], -self.right[0]),
            right=(-self.left[1], -self.left[0]),
        )

    @property
    def known(self) -> ExactLine | None:
        """The line through the points, if they are two or more."""
        if len(self.points) < 2:
            return None
        (x, y), (last_x, last_y) = self.points[0], self.points[-1]
        return x, y, (last_y - y) / (last_x - x)

    @property
    def is_hopeless(self) -> bool:
        """Whether its points leave it a slope that float64 does not have."""
        return self.known is not None and not is_short(self.known[2], SLOPE_DIGITS)

    def accepts(self, line: ExactLine) -> bool:
        """Whether the line passes the points, and keeps the limits at the samples."""
        x, y, slope = line
        if any(y + slope * (px - x) != py for px, py in self.points):
            return False
        return self.room.keeps(line, self.left[1], self.right[0])

    def nearby(self, x: Fraction, y: Fraction) -> ExactLine:
        """A line through a point with a slope of few digits, about as the span's own line."""
        start, value, slope = self.line
        # Towards the end of the span that is further off.
        far = max(self.left[1], self.right[0], key=lambda end: abs(end - float(x)))
        length = far - float(x)
        wanted = (value + slope * (far - start) - float(y)) / length if length else slope
        unit = small_unit(self.spare / abs(length) if length else self.spare)
        return x, y, round(Fraction(wanted) / unit) * unit


def small_unit(room: float) -> Fraction:
    """A power of two that is a small part of what there is room for."""
    return Fraction(2) ** (int(np.frexp(room)[1]) - SPARE if room > 0.0 else -SPARE)


def is_short(number: Fraction, digits: int) -> bool:
    """Whether it is a binary fraction of at most so many digits."""
    if number.denominator & (number.denominator - 1):
        return False
    return max(number.numerator.bit_length(), 1) <= digits
