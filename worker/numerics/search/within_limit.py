"""The smallest shallow network within a limit: a fewest-segment path, or one with one ReLU less."""

from dataclasses import replace

import numpy as np

from schemas.options import DtypeChoice
from schemas.target import BetweenSamples
from worker.numerics.paths.centred import loosest_tolerance
from worker.numerics.paths.corridor import Held, hold, narrow
from worker.numerics.paths.mean_square import fewest_in_mean
from worker.numerics.paths.means import MeanPaths
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.straying import least_straying
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question
from worker.numerics.search.judged_paths import (
    FEW_SAMPLES,
    LONG_PRODUCTS,
    first_met,
    judge_path,
    judge_raw,
)
from worker.numerics.search.one_fewer import ways_with_one_fewer
from worker.numerics.search.one_fewer_in_mean import ways_with_one_fewer_in_mean
from worker.numerics.search.tie_search import search_tie
from worker.numerics.session import Session

# Part of the tolerance left to rounding in the corridor's own arithmetic.
CORRIDOR_MARGIN = 1e-7
# The same for a root mean square, which a path need not touch.
RMS_MARGIN = 1e-6
# How far above the smallest possible error a path may stay that is centred in its corridor.
CENTRED = 1e-2
# How often the corridor is narrowed by what rounding took.
NARROWINGS = 6
# From this part of the samples on, knots are as well at all of them.
MANY_KNOTS = 0.5


def smallest_shallow(prepared: Prepared, question: Question, session: Session) -> list[Candidate]:
    """The smallest shallow network for a limit, whatever the budgets; the best if none meets it.

    Followed by one of fewer segments, if there is one that rounding takes across its limits.
    """
    limit = prepared.goal.limit
    assert limit is not None
    find = _within_the_corridor if prepared.goal.is_maximum else _within_the_mean
    return find(prepared, question, limit, session)


def _within_the_mean(
    prepared: Prepared, question: Question, limit: float, session: Session
) -> list[Candidate]:
    between = question.target.between_samples
    paths = MeanPaths(prepared, between, stopped=session.stopped, alive=session.alive)
    aim = limit * (1 - RMS_MARGIN)
    # The same for every dtype and whatever the budgets.
    path = session.once(
        (_fewest_in_the_mean, between, aim),
        lambda: _fewest_in_the_mean(prepared, paths, aim, session),
    )
    if aim > 0.0 and not _late(question, session):
        fewer = _one_fewer_in_mean(prepared, question, path, aim, session)
        if fewer is not None:
            return [fewer]
    candidate = judge_path(question, prepared, path, late=_late(question, session))
    if not candidate.met and not _late(question, session):
        path = paths.smallest(aim, loosest=loosest_tolerance(prepared), at_samples=True)
        candidate = _better(candidate, judge_path(question, prepared, path))
    if candidate.met:
        return [candidate]
    return [_interpolated(prepared, question, session, otherwise=candidate)]


def _fewest_in_the_mean(
    prepared: Prepared, paths: MeanPaths, aim: float, session: Session
) -> Polyline:
    """A path within a mean, of about the fewest segments that keep the promise."""
    path = paths.smallest(aim, loosest=loosest_tolerance(prepared))
    if aim == 0.0:
        return path
    return fewest_in_mean(
        prepared,
        aim,
        known=path,
        keeps=lambda found: paths.keeps(found, aim),
        stopped=session.stopped,
    )


def _within_the_corridor(
    prepared: Prepared, question: Question, limit: float, session: Session
) -> list[Candidate]:
    safe = _safe_width(prepared, limit)
    found = _shortest(prepared, question, limit, safe, session)
    if found is None:
        return [judge_path(question, prepared, Polyline(prepared.x, prepared.v), late=True)]
    tube, held = found
    tied = _touching(prepared, question, tube, limit, held.segments, session)
    if tied is not None and (tied.met or limit == 0.0):
        return [tied]
    kept = _with_a_margin(prepared, question, limit, tube, held, session)
    return [kept] if tied is None else [kept, tied]


def _touching(
    prepared: Prepared,
    question: Question,
    tube: Tube,
    limit: float,
    segments: int,
    session: Session,
) -> Candidate | None:
    """A network of fewer segments, whose path touches its limits."""
    if segments <= (question.fewest or 0) or session.stopped():
        return None
    tied = search_tie(prepared, question, fewer_than=segments, session=session)
    if tied is None:
        return None
    found = replace(judge_raw(question, tied), tied=True)
    if not found.met or session.stopped():
        return found
    scaling = prepared.scaling
    scaled = Polyline(tied.x, (tied.y - scaling.y_middle) / scaling.y_half)
    return _one_fewer(prepared, question, tube, scaled, limit, session) or found


def _with_a_margin(
    prepared: Prepared,
    question: Question,
    limit: float,
    tube: Tube,
    held: Held,
    session: Session,
) -> Candidate:
    """A network whose path keeps away from its limits as far as its segments allow."""
    every_sample = Polyline(prepared.x, prepared.v)
    safe = held.tolerance
    first: Candidate | None = None
    ending = False
    for _ in range(NARROWINGS):
        steps = tube.centring_steps(held)
        held = narrow(held, tube.corridor, steps=steps, precision=CENTRED, stopped=session.stopped)
        path, late = held.path(), _late(question, session)
        if first is None and not late:
            fewer = _one_fewer(prepared, question, tube, path, limit, session)
            if fewer is not None:
                return fewer
        if late and first is None and _takes_long(question, path.segments):
            path = every_sample
        candidate = judge_path(question, prepared, path, late=late)
        if candidate.met:
            return candidate
        first = first or candidate
        # What rounding added stays about the same: the width has to leave room for it.
        missed = 1.2 * candidate.evidence.overshoot * limit
        width = max(min(held.tolerance - missed, safe), 0.0)
        if ending or (late and (width == 0.0 or path is every_sample)):
            return first
        # There is a path: one more try, though late, is to make it hold.
        ending = late
        if held.tolerance == 0.0:
            break
        held = tube.hold(width, session.alive)
    assert first is not None
    return _interpolated(prepared, question, session, otherwise=first)


def _one_fewer(
    prepared: Prepared,
    question: Question,
    tube: Tube,
    path: Polyline,
    tolerance: float,
    session: Session,
) -> Candidate | None:
    """The network of as many segments and one ReLU less; None if none is found that meets."""
    between = question.target.between_samples
    tubes = [tube] if tube.between is between else [tube, Tube(prepared, between)]
    ways = (
        faced
        for bound in tubes
        for faced in ways_with_one_fewer(prepared, bound, path, tolerance, stopped=session.stopped)
    )
    return first_met(prepared, question, ways)


def _one_fewer_in_mean(
    prepared: Prepared, question: Question, path: Polyline, limit: float, session: Session
) -> Candidate | None:
    """The same for a mean."""
    bound = question.target.between_samples is not BetweenSamples.NONE
    ways = ways_with_one_fewer_in_mean(
        prepared, path, limit, on_samples=bound, stopped=session.stopped
    )
    return first_met(prepared, question, ways)


def _late(question: Question, session: Session) -> bool:
    """Whether the run is to end; few samples cost too little to leave a target unmet for."""
    return question.samples.count > FEW_SAMPLES and session.stopped()


def _takes_long(question: Question, segments: int) -> bool:
    """Whether judging takes long, and less is saved than risked by knots elsewhere than at samples.

    Then a run that is out of time judges a path that no rounding breaks.
    """
    count = question.samples.count
    return segments * count > LONG_PRODUCTS and segments > MANY_KNOTS * count


def _safe_width(prepared: Prepared, limit: float) -> float:
    """The limit, less what float64 loses between y and scaled v; not what a network's sum does."""
    offset = abs(prepared.scaling.y_middle) / prepared.goal.y_half
    rounding = np.finfo(float).eps * (1 + offset)
    return max(limit * (1 - CORRIDOR_MARGIN) - rounding, 0.0)


def _shortest(
    prepared: Prepared, question: Question, limit: float, safe: float, session: Session
) -> tuple[Tube, Held] | None:
    """The tube that the path is to stay in, and a shortest path in it.

    None if time was up before it was found, and a knot at every sample is nearly as good.
    """
    between, fewest = question.target.between_samples, question.fewest or 0
    tube = Tube(prepared, between)
    watch = session.stopped if _takes_long(question, fewest) else session.alive
    held = hold(tube.corridor(safe), safe, watch=watch)
    if held is None:
        return None
    if session.stopped():
        return tube, held
    if between is BetweenSamples.NONE:
        return least_straying(prepared, tube, held, stopped=session.stopped)
    return tube, held


def _better(first: Candidate, second: Candidate) -> Candidate:
    return second if second.met else first


def _interpolated(
    prepared: Prepared, question: Question, session: Session, *, otherwise: Candidate
) -> Candidate:
    """A knot at every sample, if that meets the target: no knot is rounded away from its sample.

    If it does not, the dtype is too coarse, and so many segments would be for nothing.
    """
    if question.options.dtype is DtypeChoice.FLOAT32 or _late(question, session):
        return otherwise
    candidate = judge_path(question, prepared, Polyline(prepared.x, prepared.v))
    return candidate if candidate.met else otherwise
