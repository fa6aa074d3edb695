"""The outline of a network: its function by its breakpoints, few enough to be drawn as it changes.

Where there are too many, those are kept without which the drawing would be furthest off: from the
ends on, each time the point that lies furthest above or below what is drawn already.
"""

from heapq import heappop, heappush

import numpy as np

from schemas.jobs import MAX_OUTLINE, Outline
from schemas.network import Dtype, Weights
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.certificate.breakpoints import propagate
from worker.numerics.networks.delivery import Delivery, ExtendedArray, fold
from worker.numerics.problem.preparation import Prepared

# How far off it is, negative; the point that is; the points drawn on either side of it.
_Waiting = tuple[float, int, int, int]


def outline(
    delivery: Delivery, x_min: float, x_max: float, *, breakpoints: ExtendedArray | None = None
) -> Outline | None:
    """The outline of a network in [x_min, x_max]; None if a value there is not finite.

    Args:
        delivery: the network; its weights are taken as exact numbers.
        x_min: start of the interval.
        x_max: end of the interval.
        breakpoints: those of the network, if they are known, [M].
    """
    # In training weights may be anything.
    with np.errstate(all="ignore"):
        if breakpoints is None:
            breakpoints = propagate(delivery, x_min, x_max)
        x = np.unique(breakpoints.astype(np.float64))
        y = delivery.real_function(x).astype(np.float64)
        if not np.isfinite(y).all():
            return None
        kept = most_telling(x, y, MAX_OUTLINE)
    return Outline(x=x[kept].tolist(), y=y[kept].tolist())


def outline_in_training(weights: Weights, prepared: Prepared) -> Outline | None:
    """The same of a network from u to v, in the units of x and y.

    Args:
        weights: ``(weight [out, in], bias [out])`` by layer.
        prepared: the scaled problem.
    """
    with np.errstate(all="ignore"):
        folded = fold(weights, prepared.scaling)
    ends = float(prepared.x[0]), float(prepared.x[-1])
    return outline(Delivery(folded, Dtype.FLOAT64), *ends)


def most_telling(x: FloatArray, y: FloatArray, most: int) -> IndexArray:
    """Which points of a piecewise-linear function to draw.

    Args:
        x: [M], strictly increasing; M of at least 2.
        y: [M].
        most: how many may be drawn, at least 2.

    Returns:
        Their indices, increasing; the ends are among them.
    """
    if x.size <= most:
        return np.arange(x.size, dtype=np.intp)
    kept = [0, x.size - 1]
    waiting = [_furthest(x, y, 0, x.size - 1)]
    while len(kept) < most:
        _, point, left, right = heappop(waiting)
        kept.append(point)
        for ends in ((left, point), (point, right)):
            if ends[1] - ends[0] > 1:
                heappush(waiting, _furthest(x, y, *ends))
    return np.sort(np.array(kept, dtype=np.intp))


def _furthest(x: FloatArray, y: FloatArray, left: int, right: int) -> _Waiting:
    """The point that lies furthest above or below the line between these two."""
    inner = slice(left + 1, right)
    t = (x[inner] - x[left]) / (x[right] - x[left])
    distance = np.abs((1 - t) * y[left] + t * y[right] - y[inner])
    point = int(distance.argmax())
    return -float(distance[point]), left + 1 + point, left, right
