"""One link of a corridor's path: how far a line goes through gates, and where the next one starts.

The links of a fewest-segment path are stretched one after the other, each as far as any line goes;
see ``corridor`` for the method and its sources.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray

Point = tuple[float, float]
# x, lower, upper.
Gate = tuple[float, float, float]
# A point it passes, x and y, then its run, above 0, and its rise. No quotient is formed before it
# is needed: so whole numbers of any length are compared without rounding.
Line = tuple[float, float, float, float]

# Asked now and then in a pass over many gates; True ends it.
Watch = Callable[[], bool | None]

# Gates between two looks at the clock: some 10 ms.
GATES_AT_ONCE = 4096
# A window that ends so close behind a gate, as part of the way to the next, ends at the gate.
NEAREST = 2.0**-30


def slope(line: Line) -> float:
    """The slope of a line."""
    return line[3] / line[2]


def at(line: Line, x: float) -> float:
    """The value of a line at x."""
    return line[1] + slope(line) * (x - line[0])


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

    def backwards(self, start: int, end: int) -> Iterator[Gate]:
        """Corners ``start`` to ``end``, the last one first."""
        columns = (column[start:end][::-1].tolist() for column in (self.x, self.lower, self.upper))
        return zip(*columns, strict=True)


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


# The part of a convex chain of limits that can still support an extreme line: with sign +1 the
# upper hull of lower limits, with -1 the lower hull of upper limits.
_Hull = deque[Point]


def _add(points: _Hull, sign: int, x: float, y: float) -> None:
    while len(points) > 1:
        (x0, y0), (x1, y1) = points[-2], points[-1]
        if sign * ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) < 0:
            break
        points.pop()
    points.append((x, y))


def _support(points: _Hull, sign: int, x: float, y: float) -> Line:
    """The extreme line through a point, which lies right of the chain.

    Drops the points left of the contact: extreme lines only ever turn inwards.
    """
    points_x, points_y = points[0]
    run, rise = x - points_x, y - points_y
    while len(points) > 1:
        points_x, points_y = points[1]
        next_run, next_rise = x - points_x, y - points_y
        if sign * (next_rise * run - rise * next_run) > 0:
            break
        run, rise = next_run, next_rise
        points.popleft()
    return x, y, run, rise


class Road:
    """The gates in the order in which links come to them, and those that were passed.

    Attributes:
        stopped: whether the gates ended early.
        passed: gates behind the link that is stretched, and corners that were looked at.
        stream: the gates ahead.
    """

    def __init__(self, gates: list[Gate], corners: Corners | None, watch: Watch) -> None:
        """Take the gates.

        Args:
            gates: all of them, in order of x.
            corners: of the tube between them; None if there is none.
            watch: asked now and then; True ends the gates early.
        """
        self.stopped = False
        self.passed: list[Gate] = []
        self._corners = corners
        self._offsets = None if corners is None else corners.offsets.tolist()
        self._ahead: list[Gate] = []
        self._reached = -1
        self._opened = 0
        self._inserted: Gate | None = None
        self.stream = self._gates(gates, watch)

    def _gates(self, gates: list[Gate], watch: Watch) -> Iterator[Gate]:
        ahead = self._ahead
        for start in range(0, len(gates), GATES_AT_ONCE):
            if watch():
                self.stopped = True
                return
            for index, gate in enumerate(gates[start : start + GATES_AT_ONCE], start):
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
        assert self._corners is not None
        self._ahead.append(gate)
        self._ahead.extend(self._corners.backwards(start, end))
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
        # Where rounding alone tells the line from the limit, it has got no further.
        part = inside / (inside - outside) if inside != outside else 0.0
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
    """Stretch one link from the window that the one before it ends with.

    What happens at a gate is written out: a hundred thousand gates call no functions for it.
    """
    lows: _Hull = deque()
    highs: _Hull = deque()
    passed = road.passed
    # The extreme lines. At first every line is feasible.
    steepest: Line | None = None
    flattest: Line | None = None
    top_x = top_y = top_run = top_rise = 0.0
    bottom_x = bottom_y = bottom_run = bottom_rise = 0.0
    top_contact = bottom_contact = 0
    if before is not None:
        # Beyond the window the path leaves it on the far side, where the limits on the window's
        # own side, from the contact on, are the only ones of the gates already passed that bind.
        for x, low, high in passed[before.contact :]:
            if before.too_high:
                _add(lows, 1, x, low)
            else:
                _add(highs, -1, x, high)
    for gate in road.stream:
        x, low, high = gate
        missed_below = steepest is not None and (low - top_y) * top_run > top_rise * (x - top_x)
        if missed_below or (
            flattest is not None and (high - bottom_y) * bottom_run < bottom_rise * (x - bottom_x)
        ):
            if road.opens(gate):
                continue
            window, contact = (
                (steepest, top_contact) if missed_below else (flattest, bottom_contact)
            )
            assert window is not None
            end = road.end(window, gate, too_high=not missed_below, contact=contact)
            break
        if lows and (steepest is None or (high - top_y) * top_run < top_rise * (x - top_x)):
            steepest = top_x, top_y, top_run, top_rise = _support(lows, 1, x, high)
            top_contact = len(passed)
        if highs and (
            flattest is None or (low - bottom_y) * bottom_run > bottom_rise * (x - bottom_x)
        ):
            flattest = bottom_x, bottom_y, bottom_run, bottom_rise = _support(highs, -1, x, low)
            bottom_contact = len(passed)
        while len(lows) > 1:
            (x0, y0), (x1, y1) = lows[-2], lows[-1]
            if (x1 - x0) * (low - y0) - (y1 - y0) * (x - x0) < 0:
                break
            lows.pop()
        lows.append((x, low))
        while len(highs) > 1:
            (x0, y0), (x1, y1) = highs[-2], highs[-1]
            if (x1 - x0) * (high - y0) - (y1 - y0) * (x - x0) > 0:
                break
            highs.pop()
        highs.append((x, high))
        passed.append(gate)
    else:
        end = None
    return Link(steepest, flattest, end)
