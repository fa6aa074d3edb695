"""The corridor: the fewest-segment continuous piecewise-linear function through a row of gates.

A gate is an x with the interval [lower, upper] the function must pass through there. Between gates
it is either free, or bound by the tube whose corners the gates are; its knots may be anywhere. One
link is stretched as far as any line goes; the extreme line that just fails at the next gate, from
its last point of contact on, is the window that every path with as many links must cross; the next
link starts from that window. In a tube the window ends where it leaves the tube, and that point is
one more gate for the next link. A line that passes two neighbouring gates is inside a tube whose
corners between them only widen it: those are looked at where a window ends, and nowhere else.

References:
    H. Imai, M. Iri 1986, "An optimal algorithm for approximating a piecewise linear function",
    J. Information Processing 9 (windows).
    L. J. Guibas, J. E. Hershberger, J. S. B. Mitchell, J. S. Snoeyink 1993, "Approximating
    polygons and subdivisions with minimum-link paths", IJCGA 3 (tubes).
    S. L. Hakimi, E. F. Schmeichel 1991, "Fitting polygonal functions to a set of points in the
    plane", CVGIP 53 (knots anywhere, O(n)).
    J. O'Rourke 1981, "An on-line algorithm for fitting straight lines between data ranges",
    CACM 24 (the extreme lines of one link).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.paths.links import Corners, Line, Link, Road, Watch, at, slope, stretch
from worker.numerics.paths.polyline import Polyline


class Corridor:
    """Gates, and whether the function is bound between them."""

    def __init__(
        self, x: FloatArray, lower: FloatArray, upper: FloatArray, corners: Corners | None = None
    ) -> None:
        """Take the gates as they are.

        Args:
            x: abscissae of the gates, [N], strictly increasing.
            lower: lower limits, [N].
            upper: upper limits, [N], nowhere below the lower ones.
            corners: those of the tube between the gates; None if the function is free there.
        """
        self._gates = list(zip(x.tolist(), lower.tolist(), upper.tolist(), strict=True))
        self._corners = corners

    def links(self, at_most: float = math.inf, watch: Watch = lambda: None) -> list[Link] | None:
        """The links of a shortest path, O(N).

        Args:
            at_most: a path of more links is of no use.
            watch: asked every few thousand gates; True ends the search.

        Returns:
            The links; None if they are more than ``at_most``, or the search was ended.
        """
        road = Road(self._gates, self._corners, watch)
        links = [stretch(road, None)]
        while links[-1].end is not None:
            if len(links) >= at_most:
                return None
            links.append(stretch(road, links[-1].end))
        return None if road.stopped else links

    def path(self, links: Sequence[Link]) -> Polyline:
        """The function that these links make, from the first gate to the last.

        It touches limits: rounding may leave it outside them by a few ulp.
        """
        ends = [link.end for link in links if link.end is not None]
        lines = [*(end.window for end in ends), self._last_line(links)]
        start, end = self._gates[0][0], self._gates[-1][0]
        x, y = [start], [at(lines[0], start)]
        for ending, line, following in zip(ends, lines, lines[1:], strict=False):
            # Rounding must not move a knot out of its window: gates beside it would be missed.
            crossing = min(max(_crossing(line, following), ending.left), ending.right)
            if crossing > x[-1]:
                x.append(crossing)
                y.append(_height(crossing, line, following))
        if end > x[-1]:
            x.append(end)
            y.append(at(lines[-1], end))
        return Polyline(x=np.array(x), y=np.array(y))

    def _last_line(self, links: Sequence[Link]) -> Line:
        """A line well inside the last link's freedom: half-way between its extremes."""
        last = links[-1]
        x, low, high = self._gates[-1]
        if last.steepest and last.flattest:
            # Feasible lines are a convex set in (value, slope).
            value = (at(last.steepest, x) + at(last.flattest, x)) / 2
            return x, value, 1.0, (slope(last.steepest) + slope(last.flattest)) / 2
        middle = (low + high) / 2
        if len(links) == 1:
            return x, middle, 1.0, 0.0
        # Only the last gate is left. Leave the window at the gate before, where its height is known
        # to be right: further on it may be steep.
        before = links[-2].end
        assert before is not None
        return x, middle, x - before.last, middle - at(before.window, before.last)


def _crossing(first: Line, second: Line) -> float:
    turn = slope(second) - slope(first)
    if turn == 0.0:
        return second[0]
    # From the nearer anchor: beside a steep line the way from the other one loses every digit.
    from_first = (first[1] - at(second, first[0])) / turn
    from_second = (at(first, second[0]) - second[1]) / turn
    if abs(from_first) < abs(from_second):
        return first[0] + from_first
    return second[0] + from_second


def _height(crossing: float, first: Line, second: Line) -> float:
    """The height of a crossing, from the line that rounding of x moves less."""
    return at(first if abs(slope(first)) <= abs(slope(second)) else second, crossing)


def count_segments(
    x: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    corners: Corners | None = None,
    *,
    at_most: float = math.inf,
) -> int | None:
    """The fewest segments of a continuous piecewise-linear function through all gates.

    Args:
        x: abscissae of the gates, [N], strictly increasing.
        lower: lower limits, [N].
        upper: upper limits, [N], nowhere below the lower ones.
        corners: those of the tube between the gates; None if the function is free there.
        at_most: stop counting beyond this.

    Returns:
        The number, or None if it is more than ``at_most``. O(N).
    """
    links = Corridor(x, lower, upper, corners).links(at_most)
    return None if links is None else len(links)


def fewest_segments(
    x: FloatArray, lower: FloatArray, upper: FloatArray, corners: Corners | None = None
) -> Polyline:
    """A continuous piecewise-linear function with the fewest segments through all gates.

    Args:
        x: abscissae of the gates, [N], strictly increasing.
        lower: lower limits, [N].
        upper: upper limits, [N], nowhere below the lower ones.
        corners: those of the tube between the gates; None if the function is free there.

    Returns:
        The function, from x[0] to x[N-1]. It touches limits: rounding may leave it outside them
        by a few ulp. O(N).
    """
    corridor = Corridor(x, lower, upper, corners)
    links = corridor.links()
    assert links is not None
    return corridor.path(links)


@dataclass(frozen=True, eq=False)
class Held:
    """A tolerance, and a shortest path in its corridor.

    Attributes:
        tolerance: that was tried.
        corridor: of that tolerance.
        links: of the path.
    """

    tolerance: float
    corridor: Corridor
    links: Sequence[Link]

    @property
    def segments(self) -> int:
        """How many the path has."""
        return len(self.links)

    def path(self) -> Polyline:
        """The path, as a function."""
        return self.corridor.path(self.links)


def hold(
    corridor: Corridor,
    tolerance: float,
    *,
    at_most: float = math.inf,
    watch: Watch = lambda: None,
) -> Held | None:
    """A shortest path; None if it takes more than ``at_most`` segments, or ``watch`` ended it."""
    links = corridor.links(at_most, watch)
    return None if links is None else Held(tolerance, corridor, links)


def narrow(
    held: Held,
    corridor_at: Callable[[float], Corridor],
    *,
    steps: int,
    precision: float,
    segments: int | None = None,
    short: float = 0.0,
    stopped: Callable[[], bool] = lambda: False,
) -> Held:
    """The smallest tolerance, nearly, that as many segments still hold.

    Bisects on a logarithmic scale. With it a path uses its freedom to lower its error instead of
    spending the whole tolerance: it is centred in the corridor it was asked for.

    Args:
        held: where to begin.
        corridor_at: the corridor of a tolerance.
        steps: how many bisections at most, each a pass over all gates.
        precision: how much above the smallest it may stay, as a part of it.
        segments: how many may be used, if not as many as ``held`` has.
        short: a tolerance that so many do not hold.
        stopped: asked before and during each of them; True ends with the best so far.
    """
    best, most = held, held.segments if segments is None else segments
    for step in range(steps if held.tolerance > 0.0 else 0):
        if stopped() or best.tolerance <= (1 + precision) * short:
            break
        # The first steps look how far down it goes at all: most curves keep within a factor of 2.
        enough = best.tolerance
        trial = enough / 2 ** (1 << min(step, 4)) if short == 0.0 else math.sqrt(enough * short)
        narrower = hold(corridor_at(trial), trial, at_most=most, watch=stopped)
        if narrower is None:
            short = trial
        else:
            best = narrower
    return best
