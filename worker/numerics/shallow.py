"""The shallow member of the family: the fewest-segment corridor path as one hidden layer.

It always exists, so a target on the largest error at the samples is always met, down to what
float64 can resolve. Of S segments it has 3 S + 1 parameters, which is the fewest for slopes in
general position: S - 1 knots alone do not give S free slopes.
"""

import math

import numpy as np

from schemas.models import ArchitectureName
from schemas.options import SMALLEST_NETWORK, DtypeChoice
from schemas.target import BetweenSamples
from worker.numerics.candidates import Candidate, Question, judge
from worker.numerics.corridor import (
    Polyline,
    count_segments,
    fewest_segments,
    smallest_tolerance,
)
from worker.numerics.delivery import shallow_weights
from worker.numerics.mean_square import closest_in_mean, fewest_in_mean
from worker.numerics.preparation import Prepared
from worker.numerics.session import Session

# Parameters of a shallow network of S segments: at most 3 S + 1.
PER_SEGMENT = 3
# A parabola's largest error over its root mean square, when it oscillates evenly: sqrt(15 / 7).
MAXIMUM_OVER_RMS = math.sqrt(15 / 7)
# Part of the tolerance left to rounding in the corridor's own arithmetic.
CORRIDOR_MARGIN = 1e-7
# The same for a root mean square, which a path need not touch.
RMS_MARGIN = 1e-6
# Rounding of a wide layer's sum, in ulp of the scaled y for each neuron: measured on noise.
SUMMATION_ULPS = 32.0
# How often the corridor is narrowed by what rounding took.
NARROWINGS = 6
# Bisection steps for centring a path in its corridor, by the number of samples they cost.
CENTRING_WORK = 600_000
MOST_CENTRING_STEPS = 20


def most_segments(question: Question) -> float:
    """The segments a shallow network may have within the budgets."""
    return min(
        question.most_segments,
        (max(question.most_parameters, SMALLEST_NETWORK) - 1) // PER_SEGMENT,
    )


def segments_at(prepared: Prepared, tolerance: float) -> int:
    """The fewest segments in the corridor of a tolerance in the goal's units.

    Args:
        prepared: the scaled problem.
        tolerance: scaled; per unit of each residual.
    """
    width = tolerance * prepared.goal.units
    count = count_segments(prepared.x, prepared.v - width, prepared.v + width)
    assert count is not None
    return count


def centred_path(prepared: Prepared, *, segments: int, at_most: float) -> Polyline:
    """The path of so many segments with about the smallest largest error.

    Args:
        prepared: the scaled problem.
        segments: how many may be used.
        at_most: a tolerance that holds with so many.
    """
    units = prepared.goal.units
    tolerance = smallest_tolerance(
        prepared.x,
        prepared.v,
        segments=segments,
        at_most=at_most,
        steps=_bisections(prepared),
        allowance=lambda trial: trial * units,
    )
    return path_at(prepared, tolerance)


def _bisections(prepared: Prepared) -> int:
    """How many passes over the samples a bisection may take."""
    return min(MOST_CENTRING_STEPS, CENTRING_WORK // prepared.x.size)


def path_at(prepared: Prepared, tolerance: float) -> Polyline:
    """A fewest-segment path in the corridor of a tolerance in the goal's units."""
    width = tolerance * prepared.goal.units
    return fewest_segments(prepared.x, prepared.v - width, prepared.v + width)


def loosest_tolerance(prepared: Prepared) -> float:
    """A tolerance that one segment holds."""
    half_range = (prepared.v.max() - prepared.v.min()) / 2
    return 1.01 * float(half_range / prepared.goal.units.min()) or 1.0


def shallow_candidate(prepared: Prepared, question: Question, session: Session) -> Candidate:
    """The smallest shallow network that meets the target, or the best within the budgets."""
    if prepared.goal.limit is not None:
        candidate = _meeting_the_limit(prepared, question, prepared.goal.limit, session)
        if candidate.knots <= most_segments(question):
            return candidate
    segments = int(min(most_segments(question), prepared.x.size - 1))
    path = centred_path(prepared, segments=segments, at_most=loosest_tolerance(prepared))
    if not prepared.goal.is_maximum:
        path = closest_in_mean(prepared, segments=segments, known=path, stopped=session.stopped)
    return _judge_path(question, prepared, path)


def _meeting_the_limit(
    prepared: Prepared, question: Question, limit: float, session: Session
) -> Candidate:
    if prepared.goal.is_maximum:
        return _within_the_corridor(prepared, question, limit, session)
    aim = limit * (1 - RMS_MARGIN)
    path = path_for_rms(prepared, aim)
    if aim > 0.0:
        promised = question.target.between_samples is not BetweenSamples.NONE
        path = fewest_in_mean(
            prepared, aim, known=path, on_samples=promised, stopped=session.stopped
        )
    candidate = _judge_path(question, prepared, path)
    if candidate.met:
        return candidate
    return _interpolated(prepared, question, otherwise=candidate)


def _within_the_corridor(
    prepared: Prepared, question: Question, limit: float, session: Session
) -> Candidate:
    fewest = segments_at(prepared, limit)
    # What float64 loses between y and the scaled v, and in a sum over as many neurons.
    offset = abs(prepared.scaling.y_middle) / prepared.goal.y_half
    rounding = np.finfo(float).eps * (4 * (1 + offset) + SUMMATION_ULPS * fewest)
    safe = max(limit * (1 - CORRIDOR_MARGIN) - rounding, 0.0)
    # With a tie, as of whole numbers and a tolerance of one half, the margin itself costs segments.
    tied = fewest < segments_at(prepared, safe)
    width = limit if tied else safe
    first: Candidate | None = None
    for _ in range(NARROWINGS):
        segments = segments_at(prepared, width)
        candidate = _judge_path(
            question, prepared, centred_path(prepared, segments=segments, at_most=width)
        )
        if candidate.met:
            return candidate
        first = first or candidate
        if session.stopped():
            return first
        if width == 0.0:
            break
        assert question.limit is not None
        excess = prepared.goal.excess(candidate.error, question.limit) - 1.0
        width = max(min(width - 1.5 * excess * limit, safe), 0.0)
    assert first is not None
    return _interpolated(prepared, question, otherwise=first)


def _interpolated(prepared: Prepared, question: Question, *, otherwise: Candidate) -> Candidate:
    """A knot at every sample, if that meets the target: no knot is rounded away from its sample.

    If it does not, the dtype is too coarse, and so many segments would be for nothing.
    """
    path = Polyline(prepared.x, prepared.v)
    if question.options.dtype is DtypeChoice.FLOAT32 or path.segments == otherwise.knots:
        return otherwise
    candidate = _judge_path(question, prepared, path)
    return candidate if candidate.met else otherwise


def path_for_rms(prepared: Prepared, limit: float) -> Polyline:
    """A corridor's path whose root mean square error is within the limit."""
    tight, loose = limit, max(loosest_tolerance(prepared), 2 * limit)
    path = path_at(prepared, tight)
    for step in range(_bisections(prepared) if limit > 0.0 else 0):
        # An evenly oscillating error is the usual case: begin with what it would allow.
        trial = math.sqrt(tight * loose) if step else MAXIMUM_OVER_RMS * limit
        wider = path_at(prepared, trial)
        if _rms(prepared, wider) <= limit:
            tight, path = trial, wider
        else:
            loose = trial
    # As many segments, but centred: most often that leaves room for rounding as well.
    centred = centred_path(prepared, segments=path.segments, at_most=tight)
    return min(path, centred, key=lambda found: _rms(prepared, found))


def _rms(prepared: Prepared, path: Polyline) -> float:
    return prepared.goal.norm(path(prepared.x) - prepared.v)


def _judge_path(question: Question, prepared: Prepared, path: Polyline) -> Candidate:
    scaling = prepared.scaling
    raw = Polyline(path.x, path.y * scaling.y_half + scaling.y_middle)
    return judge(
        question,
        lambda dtype: shallow_weights(raw, dtype),
        name=ArchitectureName.SHALLOW,
        tents=0,
    )
