"""Training towers of one curve, each from some of its starts, and keeping count of the work."""

import numpy as np

from schemas.models import ArchitectureName
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Question
from worker.numerics.search.trained_candidates import Attempt, Workshop
from worker.numerics.search.varieties import Variety
from worker.numerics.session import Session
from worker.numerics.training.refinement import Training
from worker.numerics.training.trainer import Plan

# Larger towers are not trained: to judge one of nearly so many took most of a minute.
MOST_TRAINED_PARAMETERS = 30_000


class TowerTraining:
    """Trains towers by one plan.

    Attributes:
        plan: how much work goes into one tower.
        count: how many were trained.
        work: products that took.
    """

    def __init__(
        self,
        prepared: Prepared,
        question: Question,
        session: Session,
        plan: Plan,
        *,
        stretch: tuple[float, float],
        steps: int,
        most_work: float = np.inf,
    ) -> None:
        """Take the problem.

        Args:
            prepared: the scaled problem.
            question: what was asked.
            session: time, device and progress.
            plan: how much work goes into one tower.
            stretch: from what to what fraction of the run this lasts.
            steps: how many times something is trained or polished, about.
            most_work: products that all of it may take, about.
        """
        self._workshop = Workshop(prepared, question, session, plan)
        self._session = session
        self._stretch, self._steps, self._step = stretch, steps, 0
        self._most_work = most_work
        self.plan = plan
        self.count = 0
        self.work = 0.0

    def train(self, variety: Variety, pieces: int, starts: range) -> Training[Attempt]:
        """Train a tower of about so many pieces from some of its starts."""
        begun = variety.starts(
            pieces,
            chosen=starts,
            seed=[self._session.seed, *variety.sides, variety.placed(pieces)],
        )
        attempt = yield from self._workshop.attempt(begun, ArchitectureName.TOWER, variety.sides)
        self.count += 1
        self.work += attempt.trained.work
        self._report(attempt)
        return attempt

    def polish(self, attempt: Attempt, hops: int, most_work: float = np.inf) -> Training[Attempt]:
        """Kick it so often, or until the target is met or the work done; keep what is better."""
        before = attempt.trained.work
        polished = yield from self._workshop.polished(attempt, hops, most_work)
        self.work += polished.trained.work - before
        self._report(polished)
        return polished

    def _report(self, attempt: Attempt) -> None:
        self._step += 1
        begin, end = self._stretch
        done = min(max(self._step / self._steps, self.work / self._most_work), 1.0)
        self._session.report(
            fraction=begin + (end - begin) * done,
            error=attempt.candidate.error,
            current=attempt.candidate.outline,
        )
