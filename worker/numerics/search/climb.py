"""From a target to a network: which candidates are trained, in which order, and when to stop."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from schemas.models import ArchitectureName
from schemas.options import ArchitectureChoice, Minimise
from schemas.target import Metric
from worker.numerics.networks.compelled import Compelled, starting_compelled
from worker.numerics.networks.network import Shape
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import (
    Candidate,
    Question,
    is_rounding,
    within_budgets,
)
from worker.numerics.search.efforts import COMPELLED_PLANS, RACES, STAGES, TINY, parts_for
from worker.numerics.search.ladder import TowerLadder
from worker.numerics.search.race import raced, raced_for_the_mean
from worker.numerics.search.shallow import shallow_candidates
from worker.numerics.search.tower_sizes import size_of, smallest_tower
from worker.numerics.search.trained_candidates import Workshop
from worker.numerics.session import Session
from worker.numerics.training.phase1 import Start
from worker.numerics.training.refinement import Training

Part = TypeVar("Part")

# Beyond this depth phase 1 gains nothing: the family is not rich enough.
DEEPEST_COMPELLED = 8


def climb(prepared: Prepared, question: Question, session: Session) -> Training[list[Candidate]]:
    """Try candidates until one is the smallest that effort, time and budgets allow to find.

    Args:
        prepared: the scaled problem.
        question: what was asked.
        session: time, device and progress.

    Returns:
        Every candidate within the budgets that was tried, at least one to choose from.
    """
    if question.options.architecture is ArchitectureChoice.COMPELLED:
        return (yield from _climb_compelled(prepared, question, session))
    tried = shallow_candidates(prepared, question, session)
    shallow = tried[0]
    session.report(fraction=0.1, error=shallow.error, current=shallow.outline)
    only_shallow = question.options.architecture is ArchitectureChoice.SHALLOW
    settled = only_shallow or _settles(shallow, question) or _is_best(shallow, prepared, question)
    if settled or session.stopped():
        return tried
    effort, count = question.options.effort, question.samples.count
    if question.limit is not None:
        ladder = TowerLadder(prepared, question, session, shallow)
        for stage, stretch in _stretches(parts_for(STAGES[effort], effort, count)):
            # Once a tower is found, smaller ones are looked for from there.
            if stage.descends or not ladder.has_met:
                tried += yield from ladder.tried(stage, stretch)
    if question.limit is None or not any(candidate.met for candidate in tried):
        for race, stretch in _stretches(parts_for(RACES[effort], effort, count)):
            tried += yield from raced(prepared, question, session, race, stretch, shallow)
            if question.limit is None and question.target.metric is Metric.MAX_ABS:
                tried += yield from raced_for_the_mean(
                    prepared, question, session, race, stretch, shallow
                )
    return tried


def _stretches(parts: tuple[Part, ...]) -> Iterator[tuple[Part, tuple[float, float]]]:
    """Parts of a search, and from what to what fraction of the run each is said to last.

    Each takes several times as long as the one before.
    """
    begin = 0.1
    for number, part in enumerate(parts, 1):
        end = 0.1 + 0.8 * (number / len(parts)) ** 2
        yield part, (begin, end)
        begin = end


def _settles(shallow: Candidate, question: Question) -> bool:
    """Whether no tower can be a better answer than the shallow network, or one at all."""
    if shallow.knots == 1:
        return True
    if question.limit is None:
        return False
    if question.limit == 0.0:
        return True
    if not shallow.met:
        # What every segment cannot do is beyond the dtype.
        return not question.has_budget
    # No network has fewer segments than the corridor's path.
    if question.options.minimise is Minimise.SEGMENTS:
        return True
    shape = Shape(tuple(shallow.delivery.widths))
    return size_of(shape, question) <= smallest_tower(question)


def _is_best(shallow: Candidate, prepared: Prepared, question: Question) -> bool:
    """Whether no tower within the budgets can be nearer to the samples than the shallow network."""
    if question.limit is not None and shallow.met:
        return False
    # What a tower of so many segments computes, a shallow network of as many does too.
    if question.samples.count <= TINY and question.options.max_parameters is None:
        return True
    return is_rounding(shallow, prepared)


def _climb_compelled(
    prepared: Prepared, question: Question, session: Session
) -> Training[list[Candidate]]:
    """The paper's network, one layer deeper each time, until the target is met."""
    plan = COMPELLED_PLANS[question.options.effort]
    workshop = Workshop(prepared, question, session, plan)
    tried: list[Candidate] = []
    for depth in range(1, DEEPEST_COMPELLED + 1):
        family = Compelled(depth)
        if tried and (family.shape.parameters > question.most_parameters or session.stopped()):
            break
        generator = np.random.default_rng([session.seed, depth])
        attempt = yield from workshop.attempt(
            [Start(family, one[None]) for one in starting_compelled(depth, plan.starts, generator)],
            ArchitectureName.COMPELLED,
            (2,) * depth,
        )
        candidate = attempt.candidate
        kept = within_budgets(candidate, question)
        # The first stays, should none keep the budgets: then it is the answer, and says so.
        if kept or not tried:
            tried.append(candidate if kept else replace(candidate, met=False))
        session.report(
            fraction=0.9 * depth / DEEPEST_COMPELLED,
            error=candidate.error,
            current=candidate.outline,
        )
        if kept and candidate.met and question.limit is not None:
            break
    return tried
