"""Which way the ReLUs of a path may face, when there is to be one less than segments.

Every facing asks for one alternating sum of the slopes to be 0. Of few segments all sums are looked
at; of many those of one and of three slopes that change most easily, and those of a whole stretch,
which many small changes add up in. What a sum takes is measured against what the values at the
knots may move: to first order, the part of their freedom that it uses up.
"""

import itertools

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.paths.free_knots import Bent
from worker.numerics.paths.hinges import (
    Hinges,
    facing_of,
    hinges_of,
    relation_by_values,
    relation_signs,
)
from worker.numerics.paths.limits import Limits

# Of so many segments every sum is looked at.
FEW_SEGMENTS = 12
# Pieces whose threes are, and the longest path of which every stretch is.
FREEST = 40
MOST_STRETCHED = 400
# Sums that are looked at in earnest.
SHORTLISTED = 32
# How often values are moved for one sum, and what multiple of a move's effect is beyond hope.
MOVES = 6
HOPELESS = 6.0
# What counts as the freedom of a slope that has none.
LEAST_FREEDOM = 1e-30
# Where nothing binds, a value may move by so much: half the range.
FREE = 1.0
# An alternating sum is 0 if it is this small beside its terms.
ROUNDING = 1e-14


def hopeful_relations(
    corners: FloatArray, values: FloatArray, moves: FloatArray, *, most: float = np.inf
) -> FloatArray:
    """Signs of the alternating sums that small moves bring to 0, best first: [R, S].

    Args:
        corners: of the path, [S + 1].
        values: there, [S + 1].
        moves: by how much each may move, [S + 1].
        most: a sum that takes more than so many times these moves is of no use.
    """
    slopes = np.diff(values) / np.diff(corners)
    if slopes.size <= FEW_SEGMENTS:
        facings = np.array(list(itertools.product([False, True], repeat=slopes.size - 1)))
        signs = relation_signs(facings)
    else:
        signs = _shortlist(slopes, (moves[:-1] + moves[1:]) / np.diff(corners))
    rates = relation_by_values(corners, signs)
    shares = np.abs(rates @ values) / np.maximum(np.abs(rates) @ moves, LEAST_FREEDOM)
    best = np.argsort(shares, kind="stable")[:SHORTLISTED]
    return signs[best[shares[best] <= most]]


def _shortlist(slopes: FloatArray, freedom: FloatArray) -> FloatArray:
    """Sums of one slope, of three and of stretches, the most hopeful of each: [R, S]."""
    freedom = np.maximum(freedom, LEAST_FREEDOM)
    chosen = []
    for a in _smallest(np.abs(slopes) / freedom, SHORTLISTED // 4):
        chosen.append(_signs(slopes.size, [a]))
    freest = np.sort(np.argpartition(-freedom, min(FREEST, slopes.size) - 1)[:FREEST])
    threes = freest[np.array(list(itertools.combinations(range(freest.size), 3)))]
    sums = np.abs(slopes[threes] @ np.array([1.0, -1.0, 1.0]))
    for three in _smallest(sums / freedom[threes].sum(axis=1), SHORTLISTED // 2):
        chosen.append(_signs(slopes.size, threes[three]))
    if slopes.size <= MOST_STRETCHED:
        alternating = np.cumsum(np.append(0.0, slopes * (-1.0) ** np.arange(slopes.size)))
        together = np.cumsum(np.append(0.0, freedom))
        first, last = np.triu_indices(slopes.size, 2)
        odd = (last - first) % 2 == 0
        first, last = first[odd], last[odd]
        sums = np.abs(alternating[last + 1] - alternating[first])
        room = np.maximum(together[last + 1] - together[first], LEAST_FREEDOM)
        for stretch in _smallest(sums / room, SHORTLISTED // 4):
            chosen.append(_signs(slopes.size, np.arange(first[stretch], last[stretch] + 1)))
    return np.array(chosen)


def _smallest(values: FloatArray, count: int) -> list[int]:
    count = min(count, values.size)
    found: list[int] = np.argpartition(values, count - 1)[:count].tolist()
    return found


def _signs(segments: int, pieces: list[int] | IndexArray) -> FloatArray:
    signs = np.zeros(segments)
    signs[pieces] = (-1.0) ** np.arange(np.size(pieces))
    return signs


def cheapest_hinges(bent: Bent, most: int) -> list[tuple[Hinges, float]]:
    """The hinges of least mean square with a path's knots, and their root mean square error.

    For a sum that has to be 0 the least mean square grows by its violation squared over its
    variance.

    Args:
        bent: the path of least mean square.
        most: how many, of those that cost least.
    """
    inverse = np.linalg.pinv(bent.gram, hermitian=True)
    moves = np.sqrt(np.maximum(inverse.diagonal(), 0.0))
    signs = hopeful_relations(bent.knots, bent.values, moves)
    rates = relation_by_values(bent.knots, signs)
    spread = rates @ inverse
    variances = np.maximum((spread * rates).sum(axis=1), np.finfo(float).tiny)
    missing = rates @ bent.values
    costs = missing**2 / variances
    found = []
    for one in np.argsort(costs, kind="stable")[:most]:
        values = bent.values - spread[one] * missing[one] / variances[one]
        hinges = hinges_of(bent.knots, values, facing_of(signs[one]))
        found.append((hinges, float(np.sqrt(bent.error**2 + costs[one]))))
    return found


def obeying_values(
    limits: Limits,
    corners: FloatArray,
    values: FloatArray,
    signs: FloatArray,
    tolerance: float,
) -> tuple[FloatArray, float] | None:
    """Values at the same knots, within the limits, whose slopes have this alternating sum 0.

    Every value may go half the way that it could go alone: what holds for each of the two ends of
    a segment, the other staying, holds half-way for both.

    Args:
        limits: the rows.
        corners: of the path, [S + 1], from 0 to 1.
        values: there, within the limits.
        signs: of the sum, [S].
        tolerance: of the limits.

    Returns:
        The values, and the part of their freedom that the last move took; None if it is too little.
    """
    rates = relation_by_values(corners, signs)
    for _ in range(MOVES):
        missing = float(rates @ values)
        if abs(missing) <= ROUNDING * float(np.abs(rates) @ np.abs(values)):
            return values, 0.0
        direction = -np.sign(missing * rates)
        up, down = rooms(limits, corners, values, tolerance)
        room = np.where(direction > 0.0, up, down) / 2
        brings = float(np.abs(rates) @ room)
        if abs(missing) > HOPELESS * brings:
            return None
        share = min(1.0, abs(missing) / brings)
        values = values + direction * room * share
        if share < 1.0:
            return values, share
    return None


def rooms(
    limits: Limits, corners: FloatArray, values: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    """How far each value alone may go up and down within the limits, twice [S + 1]."""
    rows = limits.joined(limits.at(corners[1:-1])) if limits.bound else limits
    piece = np.clip(np.searchsorted(corners, rows.u, side="right") - 1, 0, corners.size - 2)
    share = (rows.u - corners[piece]) / np.diff(corners)[piece]
    residuals = values[piece] + share * (values[piece + 1] - values[piece]) - rows.line
    width = tolerance * rows.units + rows.height
    found = []
    for left in (width - residuals, width + residuals):
        room = np.full(corners.size, FREE)
        with np.errstate(divide="ignore", invalid="ignore"):
            np.fmin.at(room, piece, np.where(share < 1.0, left / (1 - share), np.inf))
            np.fmin.at(room, piece + 1, np.where(share > 0.0, left / share, np.inf))
        found.append(np.maximum(room, 0.0))
    return found[0], found[1]
