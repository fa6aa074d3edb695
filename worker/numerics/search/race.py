"""The best tower within a budget: all sizes are tried a little, the most promising a lot."""

import math
from dataclasses import replace

from schemas.target import Metric
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, judged_by, within_budgets
from worker.numerics.search.efforts import TINY, Race
from worker.numerics.search.tower_training import MOST_TRAINED_PARAMETERS, TowerTraining
from worker.numerics.search.trained_candidates import Attempt
from worker.numerics.search.varieties import Variety, most_promising, varieties_of
from worker.numerics.session import Session
from worker.numerics.training.refinement import Training

# Every shape gets so many starts, and so many of the best shapes the others,
PROBES = 2
FINALISTS = 2
# so many at a time, of which the best goes on.
BATCH = 3
# Towers of three tents and more have the worse starts and, after hops, the better ends: by this
# factor.
HOPPED_TENTS, HOPPED = 3, 0.7
# On tiny curves towers that begin so many times further off than the rival end further off too: the
# rest of a race gained a factor of 2, on some hundred questions.
FAR = 8.0


def raced(
    prepared: Prepared,
    question: Question,
    session: Session,
    race: Race,
    stretch: tuple[float, float],
    rival: Candidate,
) -> Training[list[Candidate]]:
    """The largest towers that the budgets allow: the more promising, the more is tried.

    For each of some varieties a few starts; for the best of them all starts; for the best of those,
    hops.

    Args:
        prepared: the scaled problem.
        question: what was asked.
        session: time, device and progress.
        race: how much is tried.
        stretch: from what to what fraction of the run it lasts.
        rival: the network to beat.

    Returns:
        Each that was trained and keeps the budgets.
    """
    batches = math.ceil(race.plan.starts / BATCH)
    steps = race.shapes + FINALISTS * batches + sum(going for _, going in race.heats)
    training = TowerTraining(
        prepared,
        question,
        session,
        race.plan,
        stretch=stretch,
        steps=steps,
        most_work=race.work,
    )
    most = min(question.most_parameters, MOST_TRAINED_PARAMETERS)
    varieties = varieties_of(prepared, question, session.stopped)
    shapes = most_promising(varieties, race.shapes, lambda shape: shape.parameters <= most)
    starts = race.plan.starts
    probes = min(PROBES, starts)
    found = yield from _tried(training, session, shapes, range(probes), race.work)
    behind: list[Attempt] = []
    if question.samples.count <= TINY:
        behind = [a for a in found if prepared.goal.excess(a.candidate.error, rival.error) > FAR]
        found = [a for a in found if a not in behind]
    if probes < starts and not session.stopped():
        best = [a.trained.shape for a in found[:FINALISTS]]
        kept = [one for one in shapes if one[0].shape(one[1]) in best]
        for first in range(probes, starts, BATCH):
            batch = range(first, min(first + BATCH, starts))
            found += yield from _tried(training, session, kept, batch, race.work)
    finalists = sorted(found, key=_prospect)
    for share, going in race.heats:
        finalists = sorted(finalists, key=_prospect)[:going]
        hops = round(share * race.plan.hops / going)
        for number, attempt in enumerate(finalists):
            left = race.work - training.work
            finalists[number] = yield from training.polish(attempt, hops, left)
    return [
        attempt.candidate
        for attempt in [*behind, *found, *finalists]
        if within_budgets(attempt.candidate, question)
    ]


def raced_for_the_mean(
    prepared: Prepared,
    question: Question,
    session: Session,
    race: Race,
    stretch: tuple[float, float],
    rival: Candidate,
) -> Training[list[Candidate]]:
    """The towers of the same race for the root mean square, judged by what is asked.

    Training ends in local minima: now and then one for the mean has the smaller largest error.
    """
    target = question.target.model_copy(update={"metric": Metric.RMSE})
    goal = replace(prepared.goal, metric=Metric.RMSE)
    with session.other_errors():
        found = yield from raced(
            replace(prepared, goal=goal),
            replace(question, target=target),
            session,
            race,
            stretch,
            judged_by(rival, replace(question, target=target)),
        )
    return [judged_by(candidate, question) for candidate in found]


def _tried(
    training: TowerTraining,
    session: Session,
    shapes: list[tuple[Variety, int]],
    starts: range,
    most_work: float,
) -> Training[list[Attempt]]:
    """Train towers of these varieties and pieces from some of their starts; the best first."""
    found: list[Attempt] = []
    for shape in shapes:
        if session.stopped() or not starts or training.work > most_work:
            break
        found.append((yield from training.train(*shape, starts)))
    return sorted(found, key=_prospect)


def _prospect(attempt: Attempt) -> float:
    """What hops may make of a figure, but for a common factor."""
    gain = HOPPED if len(attempt.candidate.sides) >= HOPPED_TENTS else 1.0
    return gain * attempt.trained.figure
