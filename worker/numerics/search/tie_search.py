"""Shallow networks of so few segments that their path must touch its limits: nothing is left over.

Whole numbers with a tolerance of one half, as of quantised tables, counters and converters, often
need a segment or two less without any margin for rounding than with it.
"""

from collections.abc import Callable, Iterator

import numpy as np

from schemas.target import BetweenSamples
from worker.numerics.arrays import FloatArray
from worker.numerics.paths.corridor import hold
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.ties import SampleLimits, find_touching_path
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.bulge import Bulge
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Question
from worker.numerics.session import Session

# Part of the limit that is added where it is only asked whether fewer segments are possible.
WIDENED = 1e-9
# Part of the room between samples, and ulp, that rounding may take where knots are placed.
ROUNDING, ULPS = 1e-12, 8
# How many numbers of segments are tried, and how many knots for all of them: a second.
MOST_COUNTS, MOST_TRIED = 4, 5_000


def search_tie(
    prepared: Prepared, question: Question, *, fewer_than: int, session: Session
) -> Polyline | None:
    """A path, in units of x and y, of fewer segments than any has that leaves a margin.

    Args:
        prepared: the scaled problem, its goal a maximum within a limit.
        question: what was asked.
        fewer_than: the segments of a path with a margin.
        session: says when time is up.

    Returns:
        A path that keeps its limits exactly, of as few segments as possible; else one of fewest
        segments, which rounding may take across them; None if there is none of fewer segments.
    """
    asked = question.target.between_samples
    own = _Search(prepared, question, asked)
    nearest = own.find_nearest(fewer_than - 1)
    if nearest is None or session.stopped():
        return None
    # What keeps nearer to the samples' lines keeps the other promises as well.
    stricter = (BetweenSamples.LINEAR, BetweenSamples.SMOOTH, BetweenSamples.NONE)
    others = stricter[: stricter.index(asked)]
    searches = [*(_Search(prepared, question, between) for between in others), own]
    tries = iter(range(MOST_TRIED))
    rounded: tuple[Polyline, bool] | None = None
    for segments in range(nearest.segments, min(fewer_than, nearest.segments + MOST_COUNTS)):
        for search in searches:
            found = search.find_touching(segments, tries, session.stopped)
            if found is not None and found[1]:
                return found[0]
            rounded = rounded or found
    return rounded[0] if rounded else nearest


class _Search:
    """Limits in units of y, and the corridor that they make."""

    def __init__(self, prepared: Prepared, question: Question, between: BetweenSamples) -> None:
        samples = question.samples
        width = question.target.limits(samples)
        assert width is not None
        assert prepared.goal.limit is not None
        self._limits = SampleLimits(samples.x, samples.y, width)
        self._limit = prepared.goal.limit
        self._tube, self._between = Tube(prepared, between), between
        self._scaling = prepared.scaling
        self._bulge = Bulge.of(samples.x, samples.y, between)

    def find_nearest(self, at_most: int) -> Polyline | None:
        """A path within limits that are a little wider, as rounding is."""
        y, width = self._limits.y, self._limits.width
        more = np.maximum(WIDENED * width, ULPS * np.spacing(np.abs(y) + width))
        return self._path_between(y - width - more, y + width + more, at_most)

    def find_touching(
        self, segments: int, tries: Iterator[int], stopped: Callable[[], bool]
    ) -> tuple[Polyline, bool] | None:
        """A path of so many segments that touches the limits, and whether it keeps them."""
        inside = (lambda *_: True) if self._between is BetweenSamples.NONE else self._has
        return find_touching_path(
            self._limits,
            lambda lower, upper: self._path_between(lower, upper, segments),
            inside=inside,
            tries=tries,
            stopped=stopped,
        )

    def _path_between(self, lower: FloatArray, upper: FloatArray, at_most: int) -> Polyline | None:
        middle, half = self._scaling.y_middle, self._scaling.y_half
        corridor = self._tube.corridor_between(
            (lower - middle) / half, (upper - middle) / half, self._limit
        )
        held = hold(corridor, self._limit, at_most=at_most)
        if held is None:
            return None
        path = held.path()
        return Polyline(path.x, path.y * half + middle)

    def _has(self, x: float, y: float) -> bool:
        """Whether a knot may be there: as far off the lines as limits and smooth curve allow."""
        limits, place = self._limits, np.array([x])
        interval = self._bulge.locate(place)
        height = self._bulge.height(self._bulge.fraction(place, interval), interval)
        room = float(np.interp(x, limits.x, limits.width) + abs(height[0]))
        off = abs(y - float(np.interp(x, limits.x, limits.y)))
        return off <= room * (1 + ROUNDING) + ULPS * float(np.spacing(abs(y)))
