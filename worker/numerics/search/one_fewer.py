"""The shallow network of one ReLU less than segments, where there is one within the limits.

A path of S segments takes S ReLUs in general, and S - 1 if its slopes obey the relation of a facing
(``hinges``); where S is the fewest, no network of one hidden layer has fewer ReLUs. First the
values at a path's knots are moved, which often is enough and costs next to nothing; then, of few
segments, knots and values together. That finds local optima: where it finds nothing, there may
still be one.
"""

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.paths.closest_hinges import Close, closest, error_of, with_best_values
from worker.numerics.paths.faced import Faced, faced_path, scaled_corners
from worker.numerics.paths.hinges import Hinges, facing_of, hinges_of
from worker.numerics.paths.limits import Limits
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.relations import hopeful_relations, obeying_values, rooms
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.placements import placed_hinges

# Paths of more segments than this have only the values at their knots moved.
MOST_MOVED = 13
# Facings whose best values are computed, and of these the ones whose knots are moved.
FACINGS, MOVED = 12, 4
# The same of so many rows that only a part is looked at: each start takes long there.
MOVED_OF_MANY = 2
# Values that are further off than so many tolerances are not within them after any small move.
FARTHEST = 2.0
# Placements of knots whose best values are computed.
PLACED = 40
# An error that moving the knots may bring within the limit, as a multiple of it.
NEAR = 1.6
# An error that leaves room for rounding, as a part of the limit.
ROOMY = 0.98
# Rows that are looked at in each step; and rounds in which the others may add to them.
MOST_ROWS = 400
# Rows that are looked at in the search at all; what it finds is measured at every row.
MANY_ROWS = 8192
ROUNDS = 3
# Sums that are tried by moving values.
TRIED = 4
# Rounding of the search itself, as a part of the limit: with a tie it is all there is.
TIED = 1e-9
# Where knots are put with a tie, as parts of the samples' distance.
EVEN_PARTS = (1.0, 0.125)


def ways_with_one_fewer(
    prepared: Prepared,
    tube: Tube,
    path: Polyline,
    tolerance: float,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Faced]:
    """Paths within a tolerance of as many segments and one ReLU less, those found soonest first.

    Args:
        prepared: the scaled problem.
        tube: what binds.
        path: within it.
        tolerance: in the goal's units.
        stopped: asked between steps; True ends the search.
    """
    corners, values = scaled_corners(prepared.scaling, path)
    if corners.size < 3:
        return
    limits, within = tube.limits(), tolerance * (1 + TIED)
    rows = limits.part(limits.telling(np.interp(limits.u, corners, values), MANY_ROWS))
    for hinges in _candidates(prepared, tube, rows, (corners, values), tolerance, stopped):
        if error_of(limits, hinges) <= within:
            yield faced_path(prepared.scaling, hinges)


def _candidates(
    prepared: Prepared,
    tube: Tube,
    rows: Limits,
    path: tuple[FloatArray, FloatArray],
    tolerance: float,
    stopped: Callable[[], bool],
) -> Iterator[Hinges]:
    """Hinges that may be within the tolerance, those found soonest first."""
    corners, values = path
    moved = _by_values(rows, corners, values, tolerance)
    if moved is not None:
        yield moved
    if corners.size > MOST_MOVED + 1:
        return

    def placed() -> Iterator[Close]:
        hinges = placed_hinges(prepared, tube, tolerance, corners.size - 2)
        yield from _improved(rows, hinges[:PLACED], tolerance, stopped)

    optima = _local_optima(rows, corners, values, tolerance, stopped)
    for close in itertools.chain(optima, placed()):
        if abs(close.error - tolerance) <= TIED * tolerance:
            yield from _evenly_placed(rows, close.hinges, prepared.u)
        yield close.hinges


def closest_with_one_fewer(
    prepared: Prepared,
    tube: Tube,
    path: Polyline,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> Faced | None:
    """A path of as many segments that takes one ReLU less, of a small largest error.

    Args:
        prepared: the scaled problem.
        tube: what binds; its tolerance is the error.
        path: one of so many segments, of a small error, at least 2 and at most ``MOST_MOVED``.
        stopped: asked between steps; True ends the search.
    """
    corners, values = scaled_corners(prepared.scaling, path)
    if not 3 <= corners.size <= MOST_MOVED + 1:
        return None
    limits = tube.limits()
    rows = limits.part(limits.telling(np.interp(limits.u, corners, values), MANY_ROWS))
    best: Close | None = None
    for found in _local_optima(rows, corners, values, math.inf, stopped):
        if best is None or found.error < best.error:
            best = found
    return None if best is None else faced_path(prepared.scaling, best.hinges)


def _evenly_placed(limits: Limits, hinges: Hinges, u: FloatArray) -> Iterator[Hinges]:
    """The best with knots at multiples of the samples' distance, and of an eighth of it.

    With a tie no rounding is allowed at the samples. Where these are round numbers, so are most
    often the gains and values of such hinges.
    """
    for part in EVEN_PARTS:
        step = part * float(np.median(np.diff(u)))
        knots = np.round(hinges.knots / step) * step
        if np.all(np.diff(np.concatenate([[0.0], knots, [1.0]])) > step / 2):
            placed = Hinges(hinges.offset, hinges.gains, knots, hinges.left)
            found = with_best_values(limits, placed)
            if found is not None:
                yield found.hinges


def _by_values(
    rows: Limits, corners: FloatArray, values: FloatArray, tolerance: float
) -> Hinges | None:
    """The hinges that come of moving values at the knots, those that use up least of their room."""
    up, down = rooms(rows, corners, values, tolerance)
    best, least = None, math.inf
    for signs in hopeful_relations(corners, values, (up + down) / 4)[:TRIED]:
        found = obeying_values(rows, corners, values, signs, tolerance)
        if found is not None and found[1] < least:
            best, least = hinges_of(corners, found[0], facing_of(signs)), found[1]
    return best


def _local_optima(
    limits: Limits,
    corners: FloatArray,
    values: FloatArray,
    tolerance: float,
    stopped: Callable[[], bool],
) -> Iterator[Close]:
    """The best found of each facing that may come within a tolerance, the nearest one first.

    Without one, infinite, all are as good as they get; else one that leaves room for rounding is.
    """
    moves, most = limits.at(corners).units, FARTHEST * tolerance
    relations = hopeful_relations(corners, values, moves, most=most)[:FACINGS]
    hinges = [hinges_of(corners, values, facing_of(signs)) for signs in relations]
    yield from _improved(limits, hinges, tolerance, stopped)


def _improved(
    limits: Limits, hinges: list[Hinges], tolerance: float, stopped: Callable[[], bool]
) -> Iterator[Close]:
    """The same from any hinges."""
    starts = []
    for one in hinges:
        chosen = limits.telling(one(limits.u), MOST_ROWS)
        start = with_best_values(limits.part(chosen), one)
        if start is not None and start.error <= NEAR * tolerance:
            starts.append((start.error, chosen, start))
    whole = limits.whole or limits
    most = MOVED if whole.u.size <= MANY_ROWS else MOVED_OF_MANY
    for _, chosen, start in sorted(starts, key=lambda one: one[0])[:most]:
        if stopped():
            return
        found = _closest_of_all(limits, chosen, start, tolerance, stopped)
        placed = _at_samples(limits.part(chosen), found.hinges)
        # Knots of measured curves often are at samples, where the error itself has a kink.
        if tolerance < found.error <= NEAR * tolerance and placed is not None:
            again = _closest_of_all(limits, chosen, placed, tolerance, stopped)
            found = min(found, again, key=lambda close: close.error)
        yield found


def _at_samples(rows: Limits, hinges: Hinges) -> Close | None:
    """The best with every knot at the nearest row; None if two are nearest to one."""
    placed = hinges.with_knots_in(rows.u)
    return None if placed is None else with_best_values(rows, placed)


def _closest_of_all(
    limits: Limits,
    chosen: IndexArray,
    start: Close,
    tolerance: float,
    stopped: Callable[[], bool],
) -> Close:
    """The best from a start, for all limits: rows that it misses join the chosen ones."""
    enough = 0.0 if tolerance == math.inf else ROOMY * tolerance
    best: Close | None = None
    for _ in range(ROUNDS):
        rows = limits.part(chosen)
        found = closest(rows, start, enough=enough, wanted=tolerance, stopped=stopped)
        measured = Close(found.hinges, error_of(limits, found.hinges))
        if best is None or measured.error < best.error:
            best = measured
        if measured.error <= max(found.error * (1 + TIED), enough) or found.error > tolerance:
            break
        missed = limits.telling(found.hinges(limits.u), MOST_ROWS)
        chosen = np.union1d(chosen, missed)
        start = Close(found.hinges, error_of(limits.part(chosen), found.hinges))
    assert best is not None
    return best
