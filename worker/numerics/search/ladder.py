"""From a target to a network: which candidates are trained, in which order, and when to stop."""

from dataclasses import replace

import numpy as np

from schemas.models import ArchitectureName
from schemas.options import ArchitectureChoice, Effort, Minimise
from worker.numerics.networks.compelled import Compelled, starting_compelled
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, within_budgets
from worker.numerics.search.shallow import shallow_candidate
from worker.numerics.search.towers import Limits, TowerLadder
from worker.numerics.search.trained_candidates import Workshop
from worker.numerics.session import Session
from worker.numerics.training.phase1 import Start
from worker.numerics.training.refinement import Training
from worker.numerics.training.trainer import Plan

# Beyond this depth phase 1 gains nothing: the family is not rich enough.
DEEPEST_COMPELLED = 8
# Training plans and limits, by effort.
TOWER_PLANS = {
    Effort.QUICK: Plan(starts=1, phase1=10, phase2=60, per_norm=10),
    Effort.STANDARD: Plan(
        starts=4, phase1=10, phase2=100, per_norm=15, sharpened=2, hops=60, near=1.3
    ),
    Effort.THOROUGH: Plan(
        starts=8, phase1=10, phase2=150, per_norm=20, sharpened=3, hops=300, near=1.6
    ),
}
BUDGET_PLANS = {
    Effort.QUICK: Plan(starts=1, phase1=3, phase2=80, per_norm=10, hops=24),
    Effort.STANDARD: Plan(starts=8, phase1=3, phase2=150, per_norm=15, sharpened=3, hops=300),
    Effort.THOROUGH: Plan(
        starts=32,
        phase1=3,
        phase2=300,
        per_norm=30,
        sharpened=6,
        hops=1500,
        # Hops end in a minimum that depends on where they begin, so that many are worth as much.
        race=((0.35, 8), (0.3, 4), (0.2, 2), (0.15, 1)),
    ),
}
TOWER_LIMITS = {
    Effort.QUICK: Limits(towers=3, shapes=3, work=1e10),
    Effort.STANDARD: Limits(towers=20, shapes=4, work=3e11),
    Effort.THOROUGH: Limits(towers=40, shapes=6, work=1.2e12),
}
COMPELLED_PLANS = {
    Effort.QUICK: Plan(starts=8, phase1=10, phase2=60, per_norm=10),
    Effort.STANDARD: Plan(starts=30, phase1=10, phase2=100, per_norm=15),
    Effort.THOROUGH: Plan(starts=60, phase1=30, phase2=200, per_norm=30),
}


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
    shallow = shallow_candidate(prepared, question, session)
    tried = [shallow]
    session.report(fraction=0.1, error=shallow.error)
    only_shallow = question.options.architecture is ArchitectureChoice.SHALLOW
    if only_shallow or _settles(shallow, question) or session.stopped():
        return tried
    effort = question.options.effort
    limits = TOWER_LIMITS[effort]
    if question.limit is not None:
        towers = TowerLadder(prepared, question, session, plan=TOWER_PLANS[effort], limits=limits)
        tried += yield from towers.meeting_the_limit(shallow)
    if question.limit is None or not any(candidate.met for candidate in tried):
        towers = TowerLadder(prepared, question, session, plan=BUDGET_PLANS[effort], limits=limits)
        tried += yield from towers.within_the_budgets()
    return tried


def _settles(shallow: Candidate, question: Question) -> bool:
    """Whether no tower can be a better answer than the shallow network, or one at all."""
    if shallow.knots == 1:
        return True
    if question.limit is None:
        return False
    if not shallow.met:
        # What every segment cannot do is beyond the dtype.
        return not question.has_budget
    # No network has fewer segments than the corridor's path.
    return question.options.minimise is Minimise.SEGMENTS


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
            depth,
        )
        candidate = attempt.candidate
        kept = within_budgets(candidate, question)
        # The first stays, should none keep the budgets: then it is the answer, and says so.
        if kept or not tried:
            tried.append(candidate if kept else replace(candidate, met=False))
        session.report(fraction=0.9 * depth / DEEPEST_COMPELLED, error=candidate.error)
        if kept and candidate.met and question.limit is not None:
            break
    return tried
