"""Hinges from many placements of few knots: where samples are few there are many local optima.

Every path of the fewest segments has its knots in windows: none is further right than links reach
from the left, nor further left than they reach from the right. Knots are placed evenly in these,
and for each placement least squares tells what every facing costs. As no largest error is below its
root mean square, most need no linear programme.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.paths.free_knots import bent_at
from worker.numerics.paths.hinges import Hinges
from worker.numerics.paths.relations import cheapest_hinges
from worker.numerics.paths.segmentation import Points
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared

# Knots that are placed in many ways, and the samples where they are.
MOST_KNOTS, MOST_SAMPLES = 6, 300
PLACEMENTS = 32
# Facings of one placement that are worth a linear programme.
FACINGS = 4
# The most that a root mean square may exceed the limit by where knots still move.
NEAR = 1.2
# Knots this close together, as a part of the windows' span, are not worth a start.
APART = 1e-3
# Of the generalised golden ratio, whose multiples fill a cube of any dimension evenly.
ROOT_STEPS = 30


def placed_hinges(prepared: Prepared, tube: Tube, tolerance: float, count: int) -> list[Hinges]:
    """Hinges that may come within a tolerance, the most hopeful first.

    Args:
        prepared: the scaled problem.
        tube: what binds; its shortest path has one segment more than there are hinges.
        tolerance: in the goal's units.
        count: of the hinges.
    """
    if not 1 <= count <= MOST_KNOTS or prepared.u.size > MOST_SAMPLES:
        return []
    weight = prepared.goal.units**-2.0
    points = Points(prepared.u, prepared.v, weight / weight.sum())
    # In the units of the goal a mean over all samples is at most the largest error.
    limit = NEAR * tolerance * float(np.sqrt(weight.size / weight.sum()))
    found: list[tuple[float, Hinges]] = []
    for knots in _placements(prepared, tube, tolerance, count):
        corners = np.concatenate([[0.0], knots, [1.0]])
        found += [
            (error, hinges)
            for hinges, error in cheapest_hinges(bent_at(points, corners), FACINGS)
            if error <= limit
        ]
    return [hinges for _, hinges in sorted(found, key=lambda one: one[0])]


def _placements(
    prepared: Prepared, tube: Tube, tolerance: float, count: int
) -> Iterator[FloatArray]:
    last = _reaches(tube, tolerance, count)
    first = _reaches(Tube(_mirrored(prepared), tube.between), tolerance, count)
    if last is None or first is None:
        return
    scaling = prepared.scaling
    late = (last - scaling.x_start) / scaling.x_width
    early = (-first[::-1] - scaling.x_start) / scaling.x_width
    for number, shares in enumerate(_even_points(count)):
        knots = np.sort(early + shares * (late - early))
        if number % 2:
            # At samples measured curves have their kinks.
            knots = prepared.u[np.abs(prepared.u[:, None] - knots).argmin(axis=0)]
        if np.all(np.diff(np.concatenate([[0.0], knots, [1.0]])) > APART):
            yield knots


def _reaches(tube: Tube, tolerance: float, count: int) -> FloatArray | None:
    """Where the windows of a shortest path end; None if there are not so many."""
    ends = [link.end.right for link in tube.hold(tolerance).links if link.end is not None]
    return np.array(ends) if len(ends) == count else None


def _mirrored(prepared: Prepared) -> Prepared:
    """The same problem from right to left."""
    goal = replace(prepared.goal, units=prepared.goal.units[::-1])
    x, u, v = -prepared.x[::-1], 1.0 - prepared.u[::-1], prepared.v[::-1]
    return replace(prepared, x=x, u=u, v=v, goal=goal)


def _even_points(count: int) -> FloatArray:
    """Points that fill the unit cube evenly, [P, count]: Roberts' additive recurrence (2018)."""
    root = 1.5
    for _ in range(ROOT_STEPS):
        root = (1 + root) ** (1 / (count + 1))
    steps = root ** -np.arange(1.0, count + 1)
    found: FloatArray = (0.5 + np.arange(PLACEMENTS)[:, None] * steps) % 1.0
    return found
