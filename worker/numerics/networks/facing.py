"""A path of S segments as one hidden layer of S - 1 neurons, where its slopes allow it."""

import numpy as np

from schemas.network import Dtype, Weights
from worker.numerics.arrays import FloatArray
from worker.numerics.paths.hinges import (
    BoolArray,
    hinge_sums,
    relation_by_values,
    relation_signs,
)
from worker.numerics.paths.polyline import Polyline


def faced_weights(polyline: Polyline, left: BoolArray, dtype: Dtype) -> Weights:
    """A path whose slopes obey the relation of a facing, as a neuron for each inner knot.

    Rounding moves the knots, and with them the slopes between them. What that adds to the relation
    is taken out of all values that it depends on, which moves none by more than its own rounding.

    Args:
        polyline: in raw units, of S segments, whose slopes obey the relation about.
        left: which way the neuron at each inner knot faces, [S - 1].
        dtype: that the knots will be rounded to.

    Returns:
        ``3 (S - 1) + 1`` parameters. Knots that rounding would bring together are not rounded: then
        the dtype does not hold the path, and its error says so.
    """
    span = float(polyline.x[-1] - polyline.x[0])
    unit = float(2.0 ** -np.round(np.log2(span)))
    with np.errstate(over="ignore"):
        inner = polyline.x[1:-1].astype(dtype.value).astype(np.float64)
    knots = np.concatenate([polyline.x[:1], inner, polyline.x[-1:]])
    if not np.all(np.diff(knots) > 0.0):
        knots = polyline.x
    widths = np.diff(knots) * unit
    values = _obeying(polyline(knots), knots * unit, left)
    turns = np.diff(np.diff(values) / widths)
    facing = np.where(left, -unit, unit)
    # The same at every knot but for rounding.
    missing = values - hinge_sums(widths, turns, left)
    offset = (missing.max() + missing.min()) / 2
    return [
        (facing[:, None], -facing * knots[1:-1]),
        (turns[None], np.array([offset])),
    ]


def _obeying(values: FloatArray, knots: FloatArray, left: BoolArray) -> FloatArray:
    """The nearest values whose slopes obey the facing's relation."""
    rates = relation_by_values(knots, relation_signs(left))
    found: FloatArray = values - rates * ((rates @ values) / (rates @ rates))
    return found
