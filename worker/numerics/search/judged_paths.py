"""Paths as delivered networks, in the units of x and y."""

import math
from collections.abc import Iterable

import numpy as np

from schemas.models import ArchitectureName
from schemas.network import Dtype, Weights
from worker.numerics.arrays import FloatArray
from worker.numerics.networks.delivery import shallow_weights
from worker.numerics.networks.facing import faced_weights
from worker.numerics.paths.faced import Faced
from worker.numerics.paths.hinges import BoolArray
from worker.numerics.paths.polyline import Polyline
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, judge

# Judging a network of more products than this, samples times segments, takes half a second.
LONG_PRODUCTS = 1_000_000_000
# Of so many samples every try to meet the target is made, whatever the clock says; a path that
# misses by little is tried once more, rounded.
FEW_SAMPLES = 1000
# To so many decimal digits.
ROUND_DIGITS = 10
# Beyond it, and below one over it, powers of ten are beyond float64.
HUGE = 1e150


def judge_path(
    question: Question,
    prepared: Prepared,
    path: Polyline,
    *,
    left: BoolArray | None = None,
    late: bool = False,
) -> Candidate:
    """Judge a path as a network.

    Args:
        question: what was asked.
        prepared: the scaled problem.
        path: raw x, scaled y.
        left: which way the neuron at each inner knot faces, if there are no others.
        late: whether a path that takes long is judged only in the dtype most likely to do.
    """
    return judge_raw(question, _in_raw_units(prepared, path), left, late=late)


def first_met(prepared: Prepared, question: Question, ways: Iterable[Faced]) -> Candidate | None:
    """The first network that meets the target.

    What the search was after may be round numbers that its own rounding misses: where samples are
    few, knots and values are tried with fewer digits too.
    """
    for faced in ways:
        raw = _in_raw_units(prepared, faced.path)
        candidate = judge_raw(question, raw, faced.left)
        if not candidate.met and question.samples.count <= FEW_SAMPLES:
            rounded = _rounded_path(raw)
            if np.all(np.diff(rounded.x) > 0.0):
                candidate = judge_raw(question, rounded, faced.left)
        if candidate.met:
            return candidate
    return None


def judge_raw(
    question: Question, raw: Polyline, left: BoolArray | None = None, *, late: bool = False
) -> Candidate:
    """Judge a path in units of x and y; else as ``judge_path``."""

    def build(dtype: Dtype) -> Weights:
        return shallow_weights(raw, dtype) if left is None else faced_weights(raw, left, dtype)

    return judge(
        question,
        build,
        name=ArchitectureName.SHALLOW,
        sides=(),
        exact=late and raw.segments * question.samples.count > LONG_PRODUCTS,
    )


def _in_raw_units(prepared: Prepared, path: Polyline) -> Polyline:
    scaling = prepared.scaling
    return Polyline(path.x, path.y * scaling.y_half + scaling.y_middle)


def _rounded_path(raw: Polyline) -> Polyline:
    """A path whose values and inner knots have few digits."""
    x = np.concatenate([raw.x[:1], _rounded(raw.x[1:-1]), raw.x[-1:]])
    return Polyline(x, _rounded(raw.y))


def _rounded(numbers: FloatArray) -> FloatArray:
    """Numbers, [N], with few decimal digits from the first one of the largest on."""
    largest = float(np.abs(numbers).max())
    if not 1 / HUGE < largest < HUGE:
        return numbers
    return np.round(numbers, ROUND_DIGITS - 1 - math.floor(math.log10(largest)))
