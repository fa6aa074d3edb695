"""Where the knots of a tower go: an equal share of the curve's bending to every piece.

A chord over a piece of length h misses a smooth f by ``f'' h^2 / 8`` at its middle, so pieces with
equal integrals of ``|f''|^(1/2)`` have equal residuals (de Boor 1973). The corridor's path knows
that integral without differentiating samples: at one tolerance each of its segments holds the same
amount of it, whatever the noise and the spacing. So its knots, counted, are the cumulative bending.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from schemas.target import BetweenSamples
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.paths.polyline import Polyline
from worker.numerics.problem.bulge import Bulge

# A run must bend over at least so many segments of the path, and this part of them all if that is
# not many, before it counts as one: less is noise, or a kink.
SHORTEST_RUN, MANY = 2, 4
SHORTEST_SHARE = 0.06


@dataclass(frozen=True, eq=False)
class Bending:
    """How a curve bends, read off a fine corridor path.

    Attributes:
        path: the path, over [0, 1].
        inflections: where one run ends and the next begins, [R - 1], increasing.
        signs: +1 for a concave run (the curve lies above its chords), -1 for a convex one, [R].
    """

    path: Polyline
    inflections: FloatArray
    signs: FloatArray

    @property
    def runs(self) -> int:
        """The number of runs R: stretches between inflections."""
        return int(self.signs.size)


def bending(path: Polyline) -> Bending:
    """Split a path into its runs of one sign of curvature.

    Args:
        path: a fewest-segment path through the corridor, finer than the knots asked of it.
    """
    turns = -np.sign(np.diff(np.diff(path.y) / np.diff(path.x)))
    if not turns.any():
        return Bending(path, np.empty(0), np.ones(1))
    starts = np.flatnonzero(np.diff(turns, prepend=0.0))
    lengths = np.diff(starts, append=turns.size)
    # A lone turn against its neighbours is noise, or the path's last segment, not a run.
    bent = turns[starts] != 0.0
    keep = bent & (lengths >= max(SHORTEST_RUN, min(SHORTEST_SHARE * path.segments, MANY)))
    if not keep.any():
        keep = bent & (lengths == lengths[bent].max())
    starts, signs = starts[keep], turns[starts[keep]]
    fresh = np.diff(signs, prepend=0.0) != 0.0
    starts, signs = starts[fresh], signs[fresh]
    # Turn i sits at knot i + 1, so the segment before the first turn of a run holds the inflection.
    inflections = (path.x[starts[1:]] + path.x[starts[1:] + 1]) / 2
    return Bending(path, inflections, signs)


def equidistribute(
    path: Polyline,
    pieces: int,
    *,
    exponent: float = 0.5,
    start: float = 0.0,
    end: float = 1.0,
) -> FloatArray:
    """Place knots so that every piece carries the same integral of ``|f''|^exponent``.

    Args:
        path: a fine corridor path over [0, 1].
        pieces: number of pieces K, at least 1.
        exponent: 1/2 gives equal residuals; a little less favours the flat parts.
        start: the first knot.
        end: the last knot.

    Returns:
        Knots [K + 1], strictly increasing.

    References:
        C. de Boor 1973, "Good approximation by splines with variable knots".
    """
    # |f''| goes as h^-2 of the path's segments, so a segment holds h * h^(-2 exponent).
    shares = np.diff(path.x) ** (1 - 2 * exponent)
    cumulative = np.concatenate([[0.0], np.cumsum(shares)])
    # Smoothly between the path's knots: there are about as many of them as of those to place.
    ends = np.interp([start, end], path.x, cumulative)
    wanted = np.linspace(ends[0], ends[1], pieces + 1)
    smooth = Bulge.of(cumulative, path.x, BetweenSamples.SMOOTH)
    interval = smooth.locate(wanted)
    height = smooth.height(smooth.fraction(wanted, interval), interval)
    placed = np.interp(wanted, cumulative, path.x) + height
    # The smooth measure has the ends it was asked for only where they are knots of the path.
    share = (placed - placed[0]) / (placed[-1] - placed[0])
    knots: FloatArray = start + (end - start) * share
    knots[-1] = end
    return knots


@dataclass(frozen=True, eq=False)
class Zigzag:
    """Knots, and the values of the zigzag there: 0 and +-1 alternating.

    Attributes:
        knots: [K + 1], from 0 to 1.
        values: [K + 1]; pieces between equal values do not exist.
    """

    knots: FloatArray
    values: FloatArray

    @property
    def pieces(self) -> int:
        """The number of pieces K."""
        return int(self.knots.size) - 1


def plain_zigzag(shape: Bending, pieces: int, *, exponent: float = 0.5) -> Zigzag:
    """A zigzag in [0, 1] over K pieces, for a curve of one run."""
    return Zigzag(
        knots=equidistribute(shape.path, pieces, exponent=exponent),
        values=np.arange(pieces + 1, dtype=np.float64) % 2.0,
    )


def signed_zigzag(shape: Bending, pieces: int, *, exponent: float = 0.5) -> Zigzag:
    """A zigzag in [-1, 1], 0 at every inflection, with the sign of each run.

    Args:
        shape: the runs of the curve.
        pieces: about how many pieces; runs between two inflections get an even number.
        exponent: see ``equidistribute``.
    """
    cuts = np.concatenate([[0.0], shape.inflections, [1.0]])
    counted = np.interp(cuts, shape.path.x, np.arange(shape.path.x.size, dtype=float))
    counts = _piece_counts(np.diff(counted), pieces)
    knots, values = [np.zeros(1)], [np.zeros(1)]
    for run, (left, right) in enumerate(pairwise(cuts)):
        first, last = run == 0, run == shape.runs - 1
        count = int(counts[run])
        part = equidistribute(shape.path, count, exponent=exponent, start=left, end=right)
        # Zero where the run meets an inflection: at its right end if first, else at its left.
        zigzag = np.arange(count + 1) % 2.0
        zigzag = zigzag[::-1] if first and not last else zigzag
        knots.append(part[1:])
        values.append(shape.signs[run] * zigzag[1:])
        if first:
            values[0] = shape.signs[run] * zigzag[:1]
    return Zigzag(knots=np.concatenate(knots), values=np.concatenate(values))


def _piece_counts(bending: FloatArray, pieces: int) -> IndexArray:
    """Pieces of every run, [R]: of those between two inflections an even number, of all at least 1.

    As many of the pieces as there may be, so that the most bending of a piece is as small as can
    be: the next ones go where a piece has most.
    """
    steps = np.full(bending.size, 2)
    steps[[0, -1]] = 1
    most = np.ceil(bending / bending.sum() * pieces).astype(np.intp) + 1
    run = np.repeat(np.arange(bending.size), most)
    number = np.arange(run.size) - np.repeat(np.cumsum(most) - most, most)
    # What a piece of its run has to bend before this step adds to them.
    order = np.argsort(-bending[run] / ((number + 1) * steps[run]), kind="stable")
    spare = pieces - steps.sum()
    taken = order[np.cumsum(steps[run[order]]) <= spare]
    counts: IndexArray = steps * (1 + np.bincount(run[taken], minlength=bending.size))
    return counts
