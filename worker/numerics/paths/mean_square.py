"""The shallow network for a root-mean-square target: few segments, not the corridor's.

A corridor follows every outlier, so on noisy data its path has far more segments than a mean needs.
Here the samples are cut into groups first: the fewest groups whose lines hold the target are a
lower bound of the segments. Joined, they mostly hold it as well. Where they do not, knots are taken
away from a path that does, the one that costs least first, and all are moved after each; what is
stuck has one knot taken away and one put in where it helps most.

References:
    J. H. Friedman 1991, "Multivariate adaptive regression splines", Annals of Statistics 19
    (knots by what they cost and gain, forwards and backwards).
"""

import itertools
from collections.abc import Callable

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.paths.free_knots import (
    Bent,
    bent_at,
    costs_of_dropping,
    refined,
    with_best_knot,
)
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.segmentation import Points, Segmentation, joined, segmentations
from worker.numerics.problem.preparation import Prepared, thin

# Knots are moved for so many samples, and for all of them only at the end.
MOST_SAMPLES = 4096
# Beyond this the equations for the knots cost more than the segments they save.
MOST_SEGMENTS = 150
# Iterations after each change of the knots, and at the end.
ITERATIONS = 30
LAST_ITERATIONS = 10
# Exchanges of one knot: how many may fail in a row, and how many there are in all.
TRIES = 8
MOST_EXCHANGES = 60
# Steps on the sketch that a run out of time still takes, a millisecond or two each; and how many of
# them one on all of many samples is worth.
LATE_STEPS = 150
FULL_STEP = 15
# An exchange that improves the error by a smaller part than this has failed.
WORTHWHILE = 1e-4
# By so little the norm of a path may differ from what it was on scaled knots.
ROUNDING = 1e-9

Stopped = Callable[[], bool]


def fewest_in_mean(
    prepared: Prepared,
    limit: float,
    *,
    known: Polyline,
    keeps: Callable[[Polyline], bool] = lambda _: True,
    stopped: Stopped = lambda: False,
) -> Polyline:
    """A path with about the fewest segments whose root mean square error is within the limit.

    Args:
        prepared: the scaled problem, its goal a mean.
        limit: of the goal's norm, positive.
        known: a path that holds it; the answer if no better one is found.
        keeps: whether a path keeps what is promised between the samples; one with its knots at
            samples is taken to.
        stopped: asked between steps; True ends the search.
    """
    finishing = stopped
    if known.segments > MOST_SAMPLES:
        # A network of so many takes longer to evaluate than a few steps more to avoid it.
        finishing = _after(stopped, LATE_STEPS // FULL_STEP)
        stopped = _after(stopped, LATE_STEPS)
    if stopped():
        return known
    sketch = points_of(thin(prepared, MOST_SAMPLES))
    start = _fewest_groups(sketch, limit, most=known.segments, stopped=stopped)
    if start is None:
        return known
    fewest = start.starts.size - 1
    found = refined(
        sketch,
        bent_at(sketch, joined(sketch, start)),
        enough=limit,
        iterations=ITERATIONS,
        stopped=stopped,
    )
    if found.error > limit:
        if known.segments <= MOST_SEGMENTS:
            found = bent_at(sketch, _scaled_knots(prepared, known))
            found = refined(sketch, found, enough=limit, iterations=ITERATIONS, stopped=stopped)
        else:
            found = _grown(sketch, found, limit, most=MOST_SEGMENTS, stopped=stopped)
        found = _pruned(sketch, found, limit, fewest=fewest, stopped=stopped)
    found = _finished(
        points_of(prepared),
        found.knots,
        limit,
        most=known.segments,
        keeps=lambda bent: keeps(_path(prepared, bent)),
        stopped=finishing,
    )
    path = _path(prepared, found)
    holds = found.error <= limit and _error(prepared, path) <= limit * (1 + ROUNDING)
    return path if holds and path.segments <= known.segments else known


def closest_in_mean(
    prepared: Prepared, *, segments: int, known: Polyline, stopped: Stopped = lambda: False
) -> Polyline:
    """A path of at most so many segments with a small root mean square error.

    Args:
        prepared: the scaled problem, its goal a mean.
        segments: how many may be used.
        known: a path that has no more; the answer if no better one is found.
        stopped: asked between steps; True ends the search.
    """
    if segments > MOST_SEGMENTS or stopped():
        return known
    sketch = points_of(thin(prepared, MOST_SAMPLES))
    starts = [_scaled_knots(prepared, known)]
    # Few samples are cut everywhere before that.
    for segmentation in itertools.islice(segmentations(sketch), segments - 1, None):
        starts.append(joined(sketch, segmentation))
        break
    found = min(
        (
            refined(sketch, bent_at(sketch, s), enough=0.0, iterations=ITERATIONS, stopped=stopped)
            for s in starts
        ),
        key=lambda bent: bent.error,
    )
    found = _exchanged(sketch, found, 0.0, stopped)
    points = points_of(prepared)
    best = refined(
        points,
        bent_at(points, found.knots),
        enough=0.0,
        iterations=LAST_ITERATIONS,
        stopped=stopped,
    )
    as_known = bent_at(points, _scaled_knots(prepared, known))
    paths = _path(prepared, best), _path(prepared, as_known), known
    return min(paths, key=lambda path: _error(prepared, path))


def _error(prepared: Prepared, path: Polyline) -> float:
    """The goal's norm of what a path leaves; infinite if it has no values."""
    error = prepared.goal.norm(path(prepared.x) - prepared.v)
    return error if np.isfinite(error) else np.inf


def _after(stopped: Stopped, asked: int) -> Stopped:
    """Says True only after it was asked so often in vain."""
    answers = itertools.count()
    return lambda: stopped() and next(answers) >= asked


def points_of(prepared: Prepared) -> Points:
    """The samples of a problem as points, weighted by their units."""
    weight = prepared.goal.units**-2.0
    return Points(prepared.u, prepared.v, weight / weight.sum())


def _scaled_knots(prepared: Prepared, path: Polyline) -> FloatArray:
    scaling = prepared.scaling
    inner = (path.x[1:-1] - scaling.x_start) / scaling.x_width
    apart = np.unique(inner[(inner > 0.0) & (inner < 1.0)])
    return np.concatenate([[0.0], apart, [1.0]])


def _path(prepared: Prepared, bent: Bent) -> Polyline:
    x, scaling, inside = prepared.x, prepared.scaling, bent.knots[1:-1]
    # A knot at a sample is to be exactly there.
    at = np.searchsorted(prepared.u, inside)
    inner = np.where(prepared.u[at] == inside, x[at], scaling.x_start + inside * scaling.x_width)
    knots, kept = np.unique(np.concatenate([x[:1], inner, x[-1:]]), return_index=True)
    return Polyline(knots, bent.values[kept])


def _fewest_groups(
    points: Points, limit: float, *, most: int, stopped: Stopped
) -> Segmentation | None:
    """The fewest groups of samples whose lines hold the limit, a lower bound of the segments."""
    for segmentation in segmentations(points):
        groups = segmentation.starts.size - 1
        if groups > min(most, MOST_SEGMENTS) or stopped():
            return None
        if segmentation.error <= limit:
            return segmentation
    return None


def _grown(points: Points, bent: Bent, limit: float, *, most: int, stopped: Stopped) -> Bent:
    """One knot after the other put in, until the limit is held or there are most segments."""
    while bent.error > limit and bent.segments < min(most, MOST_SEGMENTS) and not stopped():
        knots = with_best_knot(points, bent)
        if knots.size == bent.knots.size:
            break
        bent = refined(
            points, bent_at(points, knots), enough=limit, iterations=ITERATIONS, stopped=stopped
        )
    return bent


def _finished(
    points: Points,
    knots: FloatArray,
    limit: float,
    *,
    most: int,
    keeps: Callable[[Bent], bool],
    stopped: Stopped,
) -> Bent:
    """The knots at their best for all samples, and more of them if that takes it."""
    while True:
        # Beyond the limit too: that leaves room for rounding.
        bent = refined(
            points, bent_at(points, knots), enough=0.0, iterations=LAST_ITERATIONS, stopped=stopped
        )
        strays = bent.error <= limit and not keeps(bent)
        placed = _on_samples(points, bent, stopped) if strays else bent
        if placed.error <= limit or bent.segments >= min(most, MOST_SEGMENTS) or stopped():
            return placed
        knots = with_best_knot(points, bent)


def _on_samples(points: Points, bent: Bent, stopped: Stopped) -> Bent:
    """The same with every knot at a sample: the nearest, or the one beside it if that is better."""
    u = points.u
    middles = (u[:-1] + u[1:]) / 2
    places = np.unique(np.searchsorted(middles, bent.knots))
    bent = bent_at(points, u[places])
    for knot in range(1, places.size - 1):
        if stopped():
            break
        for beside in (places[knot] - 1, places[knot] + 1):
            if places[knot - 1] < beside < places[knot + 1]:
                trial = np.concatenate([places[:knot], [beside], places[knot + 1 :]])
                moved = bent_at(points, u[trial])
                if moved.error < bent.error:
                    bent, places = moved, trial
    return bent


def _pruned(points: Points, bent: Bent, limit: float, *, fewest: int, stopped: Stopped) -> Bent:
    """Knots taken away as long as the limit is held, several at once while that goes well."""
    at_once = max(1, (bent.segments - fewest) // 4)
    while fewest < bent.segments and bent.error <= limit and not stopped():
        trial = bent_at(points, _without(bent, at_once))
        trial = refined(points, trial, enough=limit, iterations=ITERATIONS, stopped=stopped)
        if trial.error > limit and at_once == 1:
            trial = _exchanged(points, trial, limit, stopped)
        if trial.error <= limit:
            bent = trial
        elif at_once == 1:
            break
        else:
            at_once = max(1, at_once // 2)
    return bent


def _exchanged(points: Points, bent: Bent, limit: float, stopped: Stopped) -> Bent:
    """As many knots at better places: one put in and one taken away, or the other way round."""
    failed = 0
    for _ in range(MOST_EXCHANGES):
        if bent.error <= limit or failed == TRIES or bent.segments == 1 or stopped():
            break
        rank = failed // 2
        if failed % 2 == 0:
            knots = _without(bent_at(points, with_best_knot(points, bent)), 1, rank=rank)
        else:
            knots = with_best_knot(points, bent_at(points, _without(bent, 1, rank=rank)))
        trial = refined(
            points, bent_at(points, knots), enough=limit, iterations=ITERATIONS, stopped=stopped
        )
        if trial.segments == bent.segments and trial.error < bent.error * (1 - WORTHWHILE):
            bent, failed = trial, 0
        else:
            failed += 1
    return bent


def _without(bent: Bent, count: int, *, rank: int = 0) -> FloatArray:
    """The knots without those that cost least, no two of them neighbours; from a rank on."""
    order = np.argsort(costs_of_dropping(bent))
    kept = np.ones(bent.knots.size, dtype=bool)
    for knot in order[min(rank, order.size - 1) :] + 1:
        if count > 0 and kept[knot - 1] and kept[knot + 1]:
            kept[knot] = False
            count -= 1
    return bent.knots[kept]
