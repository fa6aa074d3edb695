"""The shallow member of the family: the fewest-segment corridor path as one hidden layer.

It always exists, so a target on the largest error at the samples is always met, down to what
float64 can resolve. Of S segments it has 3 S + 1 parameters for slopes in general position, and 3
fewer where its slopes obey the relation of a facing (``one_fewer``), which is looked for first. No
network of one hidden layer has fewer than 3 (S - 1) + 1: N ReLUs make at most N + 1 segments.
"""

from dataclasses import replace

from schemas.options import SMALLEST_NETWORK
from schemas.target import Metric
from worker.numerics.paths.budgeted import budgeted_paths
from worker.numerics.paths.centred import centred_path
from worker.numerics.paths.faced import Faced
from worker.numerics.paths.mean_square import closest_in_mean
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, choose, within_budgets
from worker.numerics.search.efforts import TINY
from worker.numerics.search.judged_paths import judge_path
from worker.numerics.search.one_fewer import closest_with_one_fewer
from worker.numerics.search.one_fewer_in_mean import closest_in_mean_with_one_fewer
from worker.numerics.search.within_limit import smallest_shallow
from worker.numerics.session import Session

# Parameters of a shallow network of S segments: at most 3 S + 1.
PER_SEGMENT = 3


def most_segments(question: Question) -> float:
    """The segments a shallow network may have within the budgets."""
    return min(
        question.most_segments,
        (max(question.most_parameters, SMALLEST_NETWORK) - 1) // PER_SEGMENT,
    )


def shallow_candidates(prepared: Prepared, question: Question, session: Session) -> list[Candidate]:
    """The smallest shallow network that meets the target, or the best within the budgets.

    It comes first. A second one has fewer segments, whose path touches its limits, and rounding
    takes it across them.
    """
    if prepared.goal.limit is not None:
        found = smallest_shallow(prepared, question, session)
        if within_budgets(found[0], question):
            return found
    if prepared.goal.limit is None:
        segments = int(min(most_segments(question), prepared.x.size - 1))
        paths = budgeted_paths(prepared, segments=segments, stopped=session.stopped)
    else:
        paths = [_closest(prepared, question, session)]
    free = [judge_path(question, prepared, path) for path in paths]
    return [choose([*free, *_closest_with_one_fewer(prepared, question, session)], question)]


def _closest(
    prepared: Prepared, question: Question, session: Session, *, more: int = 0
) -> Polyline:
    """The path of as many segments as the budgets allow, or so many more, of least error."""
    segments = int(min(most_segments(question) + more, prepared.x.size - 1))
    path = centred_path(
        prepared,
        segments=segments,
        between=question.target.between_samples,
        stopped=session.stopped,
    )
    if prepared.goal.is_maximum:
        return path
    return closest_in_mean(prepared, segments=segments, known=path, stopped=session.stopped)


def _closest_with_one_fewer(
    prepared: Prepared, question: Question, session: Session
) -> list[Candidate]:
    """Where parameters are what is short: one segment more from as many ReLUs, if they can."""
    fewer = most_segments(question) + 1 <= min(question.most_segments, prepared.x.size - 1)
    if not fewer or session.stopped():
        return []
    path = _closest(prepared, question, session, more=1)
    faced = [_with_one_fewer(prepared, question, session, path)]
    if prepared.goal.is_maximum and prepared.x.size <= TINY:
        # Both are local optima: now and then that of the mean is the nearer one everywhere.
        goal = replace(prepared.goal, metric=Metric.RMSE)
        mean = replace(prepared, goal=goal)
        known = closest_in_mean(mean, segments=path.segments, known=path, stopped=session.stopped)
        faced.append(_with_one_fewer(mean, question, session, known))
    return [judge_path(question, prepared, one.path, left=one.left) for one in faced if one]


def _with_one_fewer(
    prepared: Prepared, question: Question, session: Session, path: Polyline
) -> Faced | None:
    """A path of as many segments and one ReLU less, of small error; None if none is found."""
    if prepared.goal.is_maximum:
        tube = Tube(prepared, question.target.between_samples)
        return closest_with_one_fewer(prepared, tube, path, stopped=session.stopped)
    return closest_in_mean_with_one_fewer(prepared, path, stopped=session.stopped)
