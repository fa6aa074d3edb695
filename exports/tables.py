"""The breakpoint table for other programs: as an array, and as points for optimisation models."""

import io
import json

import numpy as np

from exports.subject import Subject
from schemas.network import Extrapolation
from schemas.table import COLUMNS, BreakpointTable


def to_npy(table: BreakpointTable) -> bytes:
    """The table as an NPY file: a structured array [rows] of float64, x, y, slope and intercept."""
    rows = np.empty(len(table.x), dtype=[(name, "<f8") for name in COLUMNS])
    for name in COLUMNS:
        rows[name] = getattr(table, name)
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    return buffer.getvalue()


def to_points(subject: Subject) -> bytes:
    """The points of the function as JSON, as Gurobi's addGenConstrPWL and Pyomo's Piecewise take it.

    Gurobi lets the outer segments go on, so that for ``clamp`` there is a point more on either
    side, an interval's length away, that makes them level. Pyomo knows nothing outside its points.
    """
    x, y = list(subject.table.x), list(subject.table.y)
    if subject.extrapolate is Extrapolation.CLAMP:
        length = x[-1] - x[0]
        x = [x[0] - length, *x, x[-1] + length]
        y = [y[0], *y, y[-1]]
    return json.dumps({"x": x, "y": y, **subject.facts()}).encode() + b"\n"
