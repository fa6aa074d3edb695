"""The same for a mean square error: the shallow network of one ReLU less than segments.

Where knots stay, what each facing costs is known in advance. Of few segments the knots are moved
for the facings that cost least.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from worker.numerics.paths.faced import Faced, faced_path, scaled_corners
from worker.numerics.paths.free_knots import bent_at
from worker.numerics.paths.hinges import Hinges
from worker.numerics.paths.hinges_in_mean import (
    Fitted,
    fitted_knots,
    fitted_values,
    root_mean_square,
)
from worker.numerics.paths.mean_square import MOST_SAMPLES, MOST_SEGMENTS, points_of
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.relations import cheapest_hinges
from worker.numerics.paths.segmentation import Points
from worker.numerics.problem.preparation import Prepared, thin
from worker.numerics.search.one_fewer import MOST_MOVED, MOVED, ROOMY

# Iterations that move the knots, on part of many samples and then on all of them.
ITERATIONS, LAST_ITERATIONS = 30, 5


def ways_with_one_fewer_in_mean(
    prepared: Prepared,
    path: Polyline,
    limit: float,
    *,
    on_samples: bool,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Faced]:
    """Paths of as many segments and one ReLU less within a root mean square, the closest first.

    Args:
        prepared: the scaled problem, its goal a mean.
        path: within the limit.
        limit: of the goal's norm.
        on_samples: whether one with all knots at samples is wanted, should the others not do.
        stopped: asked between steps; True ends the search.
    """
    points = points_of(prepared)
    for found in _local_optima(prepared, path, ROOMY * limit, stopped):
        if found.error <= limit:
            yield faced_path(prepared.scaling, found.hinges)
            if on_samples:
                placed = _on_samples(points, found.hinges)
                if placed is not None and placed.error <= limit:
                    yield faced_path(prepared.scaling, placed.hinges)
            return


def closest_in_mean_with_one_fewer(
    prepared: Prepared, path: Polyline, *, stopped: Callable[[], bool] = lambda: False
) -> Faced | None:
    """A path of as many segments and one ReLU less of a small root mean square; None if too many.

    Args:
        prepared: the scaled problem, its goal a mean.
        path: one of so many segments, of a small error.
        stopped: asked between steps; True ends the search.
    """
    best = min(
        _local_optima(prepared, path, 0.0, stopped), key=lambda found: found.error, default=None
    )
    return None if best is None else faced_path(prepared.scaling, best.hinges)


def _local_optima(
    prepared: Prepared, path: Polyline, enough: float, stopped: Callable[[], bool]
) -> Iterator[Fitted]:
    """The best found of each facing that is worth it, at all samples, the most hopeful first."""
    corners, _ = scaled_corners(prepared.scaling, path)
    if not 3 <= corners.size <= MOST_SEGMENTS + 1:
        return
    points = points_of(prepared)
    few = prepared.u.size <= MOST_SAMPLES
    sketch = points if few else points_of(thin(prepared, MOST_SAMPLES))
    for start, _ in cheapest_hinges(bent_at(sketch, corners), MOVED):
        if stopped():
            return
        if corners.size > MOST_MOVED + 1:
            yield Fitted(start, root_mean_square(points, start))
            continue
        found = fitted_values(sketch, start)
        found = fitted_knots(sketch, found, enough=enough, iterations=ITERATIONS, stopped=stopped)
        if not few:
            found = fitted_values(points, found.hinges)
            found = fitted_knots(
                points, found, enough=enough, iterations=LAST_ITERATIONS, stopped=stopped
            )
        yield found


def _on_samples(points: Points, hinges: Hinges) -> Fitted | None:
    """The same with every knot at the nearest sample; None if two are nearest to one."""
    placed = hinges.with_knots_in(points.u)
    return None if placed is None else fitted_values(points, replace(placed, offset=0.0))
