"""One link of a corridor's path: how far a line goes through gates, and where the next one starts.

The links of a fewest-segment path are stretched one after the other, each as far as any line goes;
see ``corridor`` for the method and its sources.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray

Point = tuple[float, float]
# x, lower, upper.
Gate = tuple[float, float, float]
# A point it passes, x and y, and its slope: (x, y, slope).
Line = tuple[float, float, float]

# A window that ends so close behind a gate, as part of the way to the next, ends at the gate.
NEAREST = 2.0**-30


def at(line: Line, x: float) -> float:
    """The value of a line at x."""
    return line[1] + line[2] * (x - line[0])


@dataclass(frozen=True, eq=False)
class Corners:
    """What a tube has between its gates, where that is wider than the lines from gate to gate.

    Attributes:
        offsets: corners ``offsets[i]`` to ``offsets[i + 1]`` lie between gates i and i + 1, [N].
        x: [M], strictly increasing and strictly between the gates.
        lower: lower limits, [M].
        upper: upper limits, [M].
    """

    offsets: IndexArray
    x: FloatArray
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def none(cls, gates: int) -> "Corners":
        """A tube of straight limits from each of so many gates to the next."""
        return cls(np.zeros(gates, dtype=np.intp), np.empty(0), np.empty(0), np.empty(0))


class End(NamedTuple):
    """Where a link ends.

    Attributes:
        window: the extreme line along which the next link starts.
        too_high: whether every line passes above the next gate, rather than below.
        contact: index, among the gates passed, of the one where the window begins.
        left: x of that gate.
        last: x of the last gate passed.
        right: where the window ends.
    """

    window: Line
    too_high: bool
    contact: int
    left: float
    last: float
    right: float


class _Hull:
    """The part of a convex chain of limits that can still support an extreme line.

    ``sign`` +1 keeps the upper hull of lower limits, -1 the lower hull of upper limits.
    """

    __slots__ = ("_points", "_sign")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._points: deque[Point] = deque()

    def __bool__(self) -> bool:
        return bool(self._points)

    def add(self, x: float, y: float) -> None:
        points = self._points
        while len(points) > 1:
            (x0, y0), (x1, y1) = points[-2], points[-1]
            if self._sign * ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) < 0:
                break
            points.pop()
        points.append((x, y))

    def support(self, x: float, y: float) -> float:
        """The slope of the extreme line through a point, which lies right of the chain.

        Drops the points left of the contact: extreme lines only ever turn inwards.
        """
        points = self._points
        slope = (y - points[0][1]) / (x - points[0][0])
        while len(points) > 1:
            following = (y - points[1][1]) / (x - points[1][0])
            if self._sign * (following - slope) > 0:
                break
            slope = following
            points.popleft()
        return slope


class Road:
    """The gates in the order in which links come to them, and those that were passed."""

    def __init__(self, gates: list[Gate], corners: Corners | None) -> None:
        self.passed: list[Gate] = []
        self._ahead: list[Gate] = []
        self._reached = -1
        self._opened = 0
        self._inserted: Gate | None = None
        self._offsets: list[int] | None = None
        if corners is not None:
            columns = corners.x.tolist(), corners.lower.tolist(), corners.upper.tolist()
            self._offsets = corners.offsets.tolist()
            self._corners: list[Gate] = list(zip(*columns, strict=True))
        self.stream = self._gates(gates)

    def _gates(self, gates: list[Gate]) -> Iterator[Gate]:
        ahead = self._ahead
        for index, gate in enumerate(gates):
            self._reached = index
            yield gate
            while ahead:
                yield ahead.pop()

    def opens(self, gate: Gate) -> bool:
        """Whether the tube has corners before this gate: if so, they and the gate come next."""
        index = self._reached
        if self._offsets is None or self._opened == index:
            return False
        self._opened = index
        start, end = self._offsets[index - 1], self._offsets[index]
        if start == end:
            return False
        self._ahead.append(gate)
        self._ahead.extend(reversed(self._corners[start:end]))
        return True

    def end(self, window: Line, gate: Gate, *, too_high: bool, contact: int) -> End:
        """End a link before a gate that its window misses; where a tube is left is passed next."""
        passed, last = self.passed, self.passed[-1]
        left = passed[contact][0]
        self._ahead.append(gate)
        if self._offsets is None:
            return End(window, too_high, contact, left, last[0], gate[0])
        if last is self._inserted:
            # Rounding alone stops a link here: it starts afresh from the gate before.
            passed.pop()
            self._ahead.append(passed.pop())
            last = self._ahead[-1]
            return End(window, too_high, contact, min(left, last[0]), last[0], last[0])
        side = 2 if too_high else 1
        inside, outside = last[side] - at(window, last[0]), gate[side] - at(window, gate[0])
        part = inside / (inside - outside)
        x = last[0] + part * (gate[0] - last[0])
        if part > NEAREST and last[0] < x < gate[0]:
            part = (x - last[0]) / (gate[0] - last[0])
            low = last[1] + part * (gate[1] - last[1])
            high = last[2] + part * (gate[2] - last[2])
            self._inserted = (x, low, high)
            self._ahead.append(self._inserted)
        else:
            x = last[0]
            self._ahead.append(passed.pop())
        return End(window, too_high, contact, left, last[0], x)


class Link(NamedTuple):
    """How far one link reaches.

    Attributes:
        steepest: feasible line of largest slope, None while any slope is feasible.
        flattest: feasible line of smallest slope, likewise.
        end: where it ends; None if all gates are passed.
    """

    steepest: Line | None
    flattest: Line | None
    end: End | None


def stretch(road: Road, before: End | None) -> Link:
    """Stretch one link from the window that the one before it ends with."""
    lows, highs = _Hull(1), _Hull(-1)
    passed = road.passed
    steepest: Line | None = None
    flattest: Line | None = None
    steep_contact = flat_contact = 0
    if before is not None:
        # Beyond the window the path leaves it on the far side, where the limits on the window's
        # own side, from the contact on, are the only ones of the gates already passed that bind.
        for x, low, high in passed[before.contact :]:
            if before.too_high:
                lows.add(x, low)
            else:
                highs.add(x, high)
    for gate in road.stream:
        x, low, high = gate
        top = None if steepest is None else steepest[1] + steepest[2] * (x - steepest[0])
        bottom = None if flattest is None else flattest[1] + flattest[2] * (x - flattest[0])
        missed_below = top is not None and low > top
        if missed_below or (bottom is not None and high < bottom):
            if road.opens(gate):
                continue
            window, contact = (
                (steepest, steep_contact) if missed_below else (flattest, flat_contact)
            )
            assert window is not None
            end = road.end(window, gate, too_high=not missed_below, contact=contact)
            return Link(steepest, flattest, end)
        if (top is None or high < top) and lows:
            steepest, steep_contact = (x, high, lows.support(x, high)), len(passed)
        if (bottom is None or low > bottom) and highs:
            flattest, flat_contact = (x, low, highs.support(x, low)), len(passed)
        lows.add(x, low)
        highs.add(x, high)
        passed.append(gate)
    return Link(steepest, flattest, None)
