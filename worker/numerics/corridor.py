"""The corridor: the fewest-segment continuous piecewise-linear function through a row of gates.

A gate is a sample's x with the interval [lower, upper] the function must pass through there;
between gates it is free, and its knots may be anywhere. One link is stretched as far as any line
goes; the extreme line that just fails at the next gate, from its last point of contact on, is the
window that every path with as many links must cross; the next link starts from that window.

References:
    H. Imai, M. Iri 1986, "An optimal algorithm for approximating a piecewise linear function",
    J. Information Processing 9 (windows).
    S. L. Hakimi, E. F. Schmeichel 1991, "Fitting polygonal functions to a set of points in the
    plane", CVGIP 53 (knots anywhere, O(n)).
    J. O'Rourke 1981, "An on-line algorithm for fitting straight lines between data ranges",
    CACM 24 (the extreme lines of one link).
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
Point = tuple[float, float]


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


@dataclass(frozen=True)
class Line:
    """A line through ``(x, y)`` with a slope."""

    x: float
    y: float
    slope: float

    def at(self, x: float) -> float:
        """Its value at x."""
        return self.y + self.slope * (x - self.x)


@dataclass(frozen=True)
class _Link:
    """How far one link reaches.

    Attributes:
        steepest: feasible line of largest slope, None while any slope is feasible.
        flattest: feasible line of smallest slope, likewise.
        window: the extreme line along which the next link starts; None if all gates are passed.
        contact: index of the gate where the window begins.
        blocked: index of the first gate that no line reaches.
        too_high: whether every line passes above that gate, rather than below.
    """

    steepest: Line | None
    flattest: Line | None
    window: Line | None = None
    contact: int = 0
    blocked: int = 0
    too_high: bool = False


class _Hull:
    """The part of a convex chain of limits that can still support an extreme line.

    ``sign`` +1 keeps the upper hull of lower limits, -1 the lower hull of upper limits.
    """

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._points: deque[Point] = deque()

    def __bool__(self) -> bool:
        return bool(self._points)

    def add(self, point: Point) -> None:
        points, (x, y) = self._points, point
        while len(points) > 1:
            (x0, y0), (x1, y1) = points[-2], points[-1]
            if self._sign * ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) < 0:
                break
            points.pop()
        points.append(point)

    def support(self, point: Point) -> float:
        """The slope of the extreme line through ``point``, which lies right of the chain.

        Drops the points left of the contact: extreme lines only ever turn inwards.
        """
        points, (x, y) = self._points, point
        slope = (y - points[0][1]) / (x - points[0][0])
        while len(points) > 1:
            following = (y - points[1][1]) / (x - points[1][0])
            if self._sign * (following - slope) > 0:
                break
            slope = following
            points.popleft()
        return slope


def _stretch(gates: list[tuple[float, float, float]], first_lower: int, first_upper: int) -> _Link:
    """Stretch one link, bound by the lower limits from one gate on and the upper from another."""
    lows, highs = _Hull(1), _Hull(-1)
    steepest: Line | None = None
    flattest: Line | None = None
    steep_contact = flat_contact = 0
    for i in range(min(first_lower, first_upper), len(gates)):
        x, low, high = gates[i]
        if i >= first_lower and steepest and low > steepest.at(x):
            return _Link(steepest, flattest, steepest, steep_contact, i, too_high=False)
        if i >= first_upper and flattest and high < flattest.at(x):
            return _Link(steepest, flattest, flattest, flat_contact, i, too_high=True)
        if i >= first_upper and lows and (steepest is None or high < steepest.at(x)):
            steepest, steep_contact = Line(x, high, lows.support((x, high))), i
        if i >= first_lower and highs and (flattest is None or low > flattest.at(x)):
            flattest, flat_contact = Line(x, low, highs.support((x, low))), i
        if i >= first_lower:
            lows.add((x, low))
        if i >= first_upper:
            highs.add((x, high))
    return _Link(steepest, flattest)


def _links(
    gates: list[tuple[float, float, float]], at_most: float = math.inf
) -> list[_Link] | None:
    """All links of a shortest path; None if it takes more than ``at_most``."""
    link = _stretch(gates, 0, 0)
    links = [link]
    while link.window is not None:
        if len(links) >= at_most:
            return None
        # Beyond the window the path leaves it on the far side, where the limits on the window's
        # own side, from the contact on, are the only ones of the gates already passed that bind.
        if link.too_high:
            link = _stretch(gates, link.contact, link.blocked)
        else:
            link = _stretch(gates, link.blocked, link.contact)
        links.append(link)
    return links


def _gates(x: FloatArray, lower: FloatArray, upper: FloatArray) -> list[tuple[float, float, float]]:
    return list(zip(x.tolist(), lower.tolist(), upper.tolist(), strict=True))


def count_segments(
    x: FloatArray, lower: FloatArray, upper: FloatArray, *, at_most: float = math.inf
) -> int | None:
    """The fewest segments of a continuous piecewise-linear function through all gates.

    Args:
        x: abscissae of the gates, [N], strictly increasing.
        lower: lower limits, [N].
        upper: upper limits, [N], nowhere below the lower ones.
        at_most: stop counting beyond this.

    Returns:
        The number, or None if it is more than ``at_most``. O(N).
    """
    links = _links(_gates(x, lower, upper), at_most)
    return None if links is None else len(links)


def fewest_segments(x: FloatArray, lower: FloatArray, upper: FloatArray) -> Polyline:
    """A continuous piecewise-linear function with the fewest segments through all gates.

    Args:
        x: abscissae of the gates, [N], strictly increasing.
        lower: lower limits, [N].
        upper: upper limits, [N], nowhere below the lower ones.

    Returns:
        The function, from x[0] to x[N-1]. It touches limits: rounding may leave it outside them
        by a few ulp. O(N).
    """
    gates = _gates(x, lower, upper)
    links = _links(gates)
    assert links is not None
    windows = [link.window for link in links if link.window is not None]
    lines = [*windows, _last_line(gates, links)]
    knots_x, knots_y = [gates[0][0]], [lines[0].at(gates[0][0])]
    for link, line, following in zip(links, lines, lines[1:], strict=False):
        # Rounding must not move a knot out of its window: gates on either side would be missed.
        left, right = gates[link.contact][0], gates[link.blocked][0]
        crossing = min(max(_crossing(line, following), left), right)
        if crossing > knots_x[-1]:
            knots_x.append(crossing)
            knots_y.append(_value(crossing, line, following))
    end = gates[-1][0]
    if end > knots_x[-1]:
        knots_x.append(end)
        knots_y.append(lines[-1].at(end))
    return Polyline(x=np.array(knots_x), y=np.array(knots_y))


def _crossing(first: Line, second: Line) -> float:
    turn = second.slope - first.slope
    if turn == 0.0:
        return second.x
    # From the nearer anchor: beside a steep line the way from the other one loses every digit.
    from_first = (first.y - second.at(first.x)) / turn
    from_second = (first.at(second.x) - second.y) / turn
    if abs(from_first) < abs(from_second):
        return first.x + from_first
    return second.x + from_second


def _value(crossing: float, first: Line, second: Line) -> float:
    """The height of a crossing, from the line that rounding of x moves less."""
    return (first if abs(first.slope) <= abs(second.slope) else second).at(crossing)


def _last_line(gates: list[tuple[float, float, float]], links: list[_Link]) -> Line:
    """A line well inside the last link's freedom: half-way between its extremes."""
    last = links[-1]
    x, low, high = gates[-1]
    if last.steepest and last.flattest:
        # Feasible lines are a convex set in (value, slope).
        value = (last.steepest.at(x) + last.flattest.at(x)) / 2
        return Line(x, value, (last.steepest.slope + last.flattest.slope) / 2)
    middle = (low + high) / 2
    if len(links) == 1:
        return Line(x, middle, 0.0)
    # Only the last gate is left. Leave the window at the gate before, where its height is known to
    # be right: further on it may be steep.
    before = links[-2]
    assert before.window is not None
    start = gates[before.blocked - 1][0]
    return Line(x, middle, (middle - before.window.at(start)) / (x - start))


def smallest_tolerance(
    x: FloatArray,
    y: FloatArray,
    *,
    segments: int,
    at_most: float,
    steps: int,
    allowance: Callable[[float], FloatArray | float] = lambda tolerance: tolerance,
) -> float:
    """The smallest tolerance, to a few digits, that so many segments still hold.

    Bisects on a logarithmic scale. With it a path uses its freedom to lower its error instead of
    spending the whole tolerance: it is centred in the corridor it was asked for.

    Args:
        x: abscissae, [N], strictly increasing.
        y: ordinates, [N].
        segments: how many segments may be used.
        at_most: a tolerance that is known to suffice.
        steps: how many bisections.
        allowance: the half-width of the corridor, [N] or scalar, as a function of the tolerance.

    Returns:
        A tolerance that so many segments hold, at most ``at_most``.
    """
    enough, short = at_most, 0.0
    if at_most == 0.0:
        return at_most
    for step in range(steps):
        # The first steps look how far down it goes at all: most curves keep within a factor of 2.
        trial = enough / 2 ** (1 << min(step, 4)) if short == 0.0 else math.sqrt(enough * short)
        width = allowance(trial)
        if count_segments(x, y - width, y + width, at_most=segments) is None:
            short = trial
        else:
            enough = trial
    return enough
