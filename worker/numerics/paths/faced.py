"""A path of which ReLU faces which way: one ReLU for each inner knot, one less than segments."""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.paths.hinges import BoolArray, Hinges
from worker.numerics.paths.polyline import Polyline
from worker.numerics.problem.preparation import Scaling


@dataclass(frozen=True, eq=False)
class Faced:
    """A path of S segments, and which way each of its S - 1 ReLUs faces.

    Attributes:
        path: raw x, scaled y; its slopes obey the relation of the facing.
        left: at every inner knot, [S - 1].
    """

    path: Polyline
    left: BoolArray


def scaled_corners(scaling: Scaling, path: Polyline) -> tuple[FloatArray, FloatArray]:
    """Corners of a path from 0 to 1 and the values there; those that u cannot tell apart are one.

    Args:
        scaling: of x.
        path: raw x, scaled y.
    """
    corners = (path.x - scaling.x_start) / scaling.x_width
    corners[[0, -1]] = 0.0, 1.0
    apart = np.append(np.diff(corners) > 0.0, True)
    return corners[apart], path.y[apart]


def faced_path(scaling: Scaling, hinges: Hinges) -> Faced:
    """Hinges as a path in raw x."""
    x = scaling.x_start + hinges.corners * scaling.x_width
    return Faced(Polyline(x, hinges(hinges.corners)), hinges.left)
