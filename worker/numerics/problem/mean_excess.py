"""The mean of a promise's excess between the samples: the integral of its square, in closed form.

On a stretch without corners the distance d of a network from the lines is linear in t and the bulge
b a cubic of one sign, so ``max(|d| - |b|, 0)`` is a cubic wherever it is above 0. Its roots are
bracketed between its stationary points, and its square, of degree 6, is integrated by four Gauss
points, which are exact to degree 7. Where a root is only known to lie in a bracket, the whole
bracket is integrated: the square is nowhere negative, so the integral is never too small, and too
large by the cube of the bracket's width at most.
"""

import itertools

import numpy as np

from worker.numerics.arrays import AnyArray, IndexArray

# How often a bracket of a root is halved: what is integrated too much is below 1e-18 of the whole.
HALVINGS = 20

_INNER, _OUTER = (np.sqrt((3 + sign * 2 * np.sqrt(np.longdouble(6) / 5)) / 7) for sign in (-1, 1))
_HEAVY, _LIGHT = ((18 + sign * np.sqrt(np.longdouble(30))) / 72 for sign in (1, -1))
# Gauss-Legendre on [0, 1]: places and weights.
_GAUSS = (
    ((1 - _OUTER) / 2, _LIGHT),
    ((1 - _INNER) / 2, _HEAVY),
    ((1 + _INNER) / 2, _HEAVY),
    ((1 + _OUTER) / 2, _LIGHT),
)


def stationary(rise: AnyArray, fall: AnyArray, slope: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Where bulges have a slope, t of each: [P] -> two of [P], NaN or infinite where nowhere.

    Args:
        rise: the bulge is ``t (1 - t) (rise (1 - t) - fall t)``, [P].
        fall: likewise, [P].
        slope: by t, [P].
    """
    # slope of the bulge: square t^2 - 2 half t + rise.
    square, half, constant = 3 * (rise + fall), 2 * rise + fall, rise - slope
    with np.errstate(invalid="ignore", divide="ignore"):
        # Without cancellation: the root of larger magnitude first, then the other by Vieta.
        larger = half + np.copysign(np.sqrt(half**2 - square * constant), half)
        return larger / square, constant / larger


def square_integrals(
    start: AnyArray, end: AnyArray, distance: AnyArray, rise: AnyArray, fall: AnyArray
) -> AnyArray:
    """``integral from start to end of max(|d(t)| - |b(t)|, 0)^2 dt`` for each of P stretches.

    Args:
        start: where each begins, [P], as a fraction of its interval of the samples.
        end: where it ends, [P].
        distance: d at both, [2, P]; linear between them.
        rise: of the bulge b over the whole interval, [P]; b has one sign on the stretch.
        fall: likewise, [P].

    Returns:
        [P], in units of y squared; not below the truth but for rounding.
    """
    length = end - start
    first, last = distance
    found: AnyArray = length * (first**2 + first * last + last**2) / 3
    bent = np.flatnonzero(((rise != 0.0) | (fall != 0.0)) & (length > 0.0))
    stretches = _Stretches(start[bent], end[bent], distance[:, bent], rise[bent], fall[bent])
    found[bent] = stretches.above(1) + stretches.above(-1)
    return found


class _Stretches:
    """Stretches with a bulge, P of them."""

    def __init__(
        self, start: AnyArray, end: AnyArray, distance: AnyArray, rise: AnyArray, fall: AnyArray
    ) -> None:
        self._start, self._end = start, end
        self._first, self._slope = distance[0], (distance[1] - distance[0]) / (end - start)
        middle = (start + end) / 2
        side = np.sign(rise * (1 - middle) - fall * middle)
        # |b| on the stretch, as a cubic of its own.
        self._rise, self._fall = side * rise, side * fall

    def above(self, side: int) -> AnyArray:
        """Integral of the square of what the distance exceeds |b| by, above or below, [P]."""
        edges = [self._start, self._end]
        for t in stationary(self._rise, self._fall, side * self._slope):
            inside = (t > self._start) & (t < self._end)
            edges.append(np.where(inside, t, self._start))
        edges = list(np.sort(np.stack(edges), axis=0))
        total = np.zeros_like(self._start)
        for low, high in itertools.pairwise(edges):
            at_low, at_high = self._excess(side, low), self._excess(side, high)
            crossed = np.flatnonzero((at_low > 0.0) != (at_high > 0.0))
            # From the end where it is above 0 to the far side of the bracket of its root.
            begin, stop = low.copy(), high.copy()
            rising = at_high[crossed] > 0.0
            kept = np.where(rising, high[crossed], low[crossed])
            other = self._bracket(
                side, crossed, np.where(rising, low[crossed], high[crossed]), kept
            )
            begin[crossed], stop[crossed] = np.minimum(kept, other), np.maximum(kept, other)
            positive = (at_low > 0.0) | (at_high > 0.0)
            total += np.where(positive, self._squares(side, begin, stop), 0.0)
        return total

    def _excess(self, side: int, t: AnyArray, chosen: IndexArray | slice = slice(None)) -> AnyArray:
        line = self._first[chosen] + (t - self._start[chosen]) * self._slope[chosen]
        bulge = t * (1 - t) * (self._rise[chosen] * (1 - t) - self._fall[chosen] * t)
        found: AnyArray = side * line - bulge
        return found

    def _bracket(self, side: int, chosen: IndexArray, below: AnyArray, above: AnyArray) -> AnyArray:
        """The places nearest to a root that were seen where the excess is not above 0."""
        for _ in range(HALVINGS):
            middle = (below + above) / 2
            positive = self._excess(side, middle, chosen) > 0.0
            below, above = np.where(positive, below, middle), np.where(positive, middle, above)
        return below

    def _squares(self, side: int, begin: AnyArray, stop: AnyArray) -> AnyArray:
        width = stop - begin
        total = np.zeros_like(width)
        for place, weight in _GAUSS:
            total += weight * self._excess(side, begin + place * width) ** 2
        return width * total
