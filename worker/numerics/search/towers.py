"""Which towers are trained for a target, and in which order.

The corridor predicts sizes. Each tent layer divides the residual of a parabola by 4, so a tower of
m tents meets a tolerance when its base meets 4^m times as much: the corridor at that tolerance says
how many pieces K that takes, before anything is trained. Candidates are tried in order of their
parameters; one that falls short is raised in K by (error / limit)^(1/3), the rate at which a
tower's error falls; one that meets the target makes every larger one pointless.
"""

from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from schemas.models import ArchitectureName
from schemas.options import Minimise
from worker.numerics.networks.network import Shape
from worker.numerics.networks.tents import tower_shape
from worker.numerics.paths.means import MAXIMUM_OVER_RMS
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, within_budgets
from worker.numerics.search.tower_starts import TowerStarts
from worker.numerics.search.trained_candidates import Attempt, Workshop
from worker.numerics.session import Session
from worker.numerics.training.refinement import Training
from worker.numerics.training.trainer import Plan

# Normal equations of more parameters than this cost more than a shallow network saves.
MOST_TRAINED_PARAMETERS = 500
MOST_TENTS = 5
# Numbers of tent layers in the order in which they tend to be the best.
MOST_PROMISING = (4, 3, 2, 5, 1, 0)
# Within a budget every shape gets so many starts, and so many of the best shapes the others.
PROBES = 2
FINALISTS = 2
# The others are tried so many at a time, and the best of each go on.
BATCH = 3
# Towers of four tents have the worse starts and, after hops, the better ends: by this factor,
# measured at 93 parameters against three and five.
HOPPED_TENTS, HOPPED = 4, 0.6
# A first start this close to the limit is worth the others: they are that much better at times.
NEAR = 1.7
# Towers of so many tents are.
TALL = 4
# One step of a ladder raises K by at most the cube root of this.
LARGEST_EXCESS = 64.0


@dataclass
class _Rung:
    """What is known of towers of m tents: the K that failed and the K that met the target."""

    tents: int
    pieces: int
    failed: int = 0
    met: float = np.inf

    def fell_short(self, pieces: int, excess: float) -> None:
        """Choose the next K after an error of ``excess`` times the limit."""
        self.failed = max(self.failed, pieces)
        raised = int(self.failed * min(excess, LARGEST_EXCESS) ** (1 / 3))
        self.pieces = max(self.failed + 1, raised)
        if self.pieces >= self.met:
            self.pieces = (self.failed + int(self.met)) // 2

    def succeeded(self, pieces: int) -> None:
        """Choose the next K after the target was met."""
        self.met = min(self.met, pieces)
        self.pieces = pieces - 1

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left to try."""
        return self.pieces <= self.failed or self.pieces >= self.met


@dataclass(frozen=True)
class Limits:
    """When a ladder ends, if not by success; in work rather than time, so that it is repeatable.

    Attributes:
        towers: how many are trained on the way to a target.
        shapes: how many numbers of tents are tried within a budget.
        work: products in all, about; a core does some 10^10 a second.
    """

    towers: int
    shapes: int
    work: float


class TowerLadder:
    """The towers of one run, and how much was tried."""

    def __init__(
        self,
        prepared: Prepared,
        question: Question,
        session: Session,
        *,
        plan: Plan,
        limits: Limits,
    ) -> None:
        """Take the problem.

        Args:
            prepared: the scaled problem.
            question: what was asked.
            session: time, device and progress.
            plan: how much work goes into one tower.
            limits: how much is tried in all.
        """
        self._prepared = prepared
        self._question = question
        self._session = session
        self._workshop = Workshop(prepared, question, session, plan)
        self._plan, self._limits = plan, limits
        self._work = 0.0
        self._seen: set[tuple[int, int]] = set()
        self._towers = TowerStarts(prepared, question, stopped=session.stopped)

    def meeting_the_limit(self, shallow: Candidate) -> Training[list[Candidate]]:
        """Towers that might meet the target and be smaller than the shallow network.

        Returns:
            Each that was trained, met or not.
        """
        goal, question = self._prepared.goal, self._question
        assert goal.limit is not None
        assert question.limit is not None
        tolerance = goal.limit * (1.0 if goal.is_maximum else MAXIMUM_OVER_RMS)
        rungs = [
            _Rung(tents, self._towers.predicted_pieces(tents, tolerance))
            for tents in range(1, MOST_TENTS + 1)
        ]
        largest = np.inf
        if shallow.met:
            largest = self._size(Shape(tuple(shallow.delivery.widths))) - 1
        tried: list[Candidate] = []
        while len(self._seen) < self._limits.towers and not self._session.stopped():
            rung = min(rungs, key=self._size_of)
            size = self._size_of(rung)
            if np.isinf(size) or size > largest or self._work > self._limits.work:
                break
            if (rung.tents, self._towers.placed(rung.pieces)) in self._seen:
                rung.fell_short(rung.pieces, 1.0)
                continue
            attempt = yield from self._approach(rung.tents, rung.pieces)
            if not within_budgets(attempt.candidate, question):
                rung.fell_short(rung.pieces, 1.0)
                continue
            tried.append(attempt.candidate)
            if attempt.candidate.met:
                rung.succeeded(rung.pieces)
                largest = min(largest, self._size(attempt.trained.shape) - 1)
            else:
                at_samples = goal.excess(attempt.candidate.error, question.limit)
                hoped_for = attempt.trained.expected / goal.limit
                rung.fell_short(rung.pieces, min(at_samples, max(hoped_for, 1.0)))
        return tried

    def _approach(self, tents: int, pieces: int) -> Training[Attempt]:
        """Train a tower from its first start and, if that comes near, from the others."""
        limit = self._prepared.goal.limit
        assert limit is not None
        attempt = yield from self._train(tents, pieces, range(1))
        near = attempt.trained.expected <= NEAR * limit
        if attempt.candidate.met or not near or self._plan.starts == 1:
            return attempt
        again = yield from self._train(tents, pieces, range(1, self._plan.starts))
        if again.candidate.met or again.trained.expected < attempt.trained.expected:
            attempt = again
        if not attempt.candidate.met and attempt.trained.expected <= self._plan.near * limit:
            before = attempt.trained.work
            attempt = yield from self._workshop.polished(attempt, self._plan.hops)
            self._work += attempt.trained.work - before
        return attempt

    def within_the_budgets(self) -> Training[list[Candidate]]:
        """The largest towers that the budgets allow: the more promising, the more is tried.

        For each number of tents some starts; for the best of them all starts; for the best of
        those, hops.

        Returns:
            Each that was trained.
        """
        shapes: list[tuple[int, int]] = []
        for tents in MOST_PROMISING[: self._limits.shapes]:
            pieces = self._most_pieces(tents)
            shapes += [(tents, pieces)] if pieces else []
        probes = min(PROBES, self._plan.starts)
        found = yield from self._contest(shapes, range(probes))
        if probes < self._plan.starts and not self._session.stopped():
            best = [(a.candidate.tents, a.candidate.knots) for a in found[:FINALISTS]]
            kept = [(m, k) for m, k in shapes if (m, self._towers.placed(k)) in best]
            for first in range(probes, self._plan.starts, BATCH):
                starts = range(first, min(first + BATCH, self._plan.starts))
                found += yield from self._contest(kept, starts)
        finalists = sorted(found, key=_prospect)
        for share, going in self._plan.race:
            finalists = sorted(finalists, key=_prospect)[:going]
            hops = round(share * self._plan.hops / going)
            for number, attempt in enumerate(finalists):
                finalists[number] = yield from self._workshop.polished(attempt, hops)
        return [
            attempt.candidate
            for attempt in [*found, *finalists]
            if within_budgets(attempt.candidate, self._question)
        ]

    def _contest(self, shapes: list[tuple[int, int]], starts: range) -> Training[list[Attempt]]:
        """Train towers of these tents and pieces from some of their starts; the best first."""
        found: list[Attempt] = []
        for shape in shapes:
            if self._session.stopped() or not starts:
                break
            found.append((yield from self._train(*shape, starts)))
        return sorted(found, key=_prospect)

    def _size(self, shape: Shape) -> int:
        neurons = self._question.options.minimise is Minimise.NEURONS
        return shape.neurons if neurons else shape.parameters

    def _size_of(self, rung: _Rung) -> float:
        """The size of a rung's next tower; infinite if it has none."""
        shape = self._towers.shape(rung.tents, rung.pieces)
        largest = min(self._question.most_parameters, MOST_TRAINED_PARAMETERS)
        if rung.exhausted or shape.parameters > largest:
            return np.inf
        return self._size(shape)

    def _most_pieces(self, tents: int) -> int:
        question = self._question
        parameters = min(question.most_parameters, MOST_TRAINED_PARAMETERS)
        limit = int(min(question.most_segments / 2**tents, self._prepared.u.size - 1))
        shapes = (
            tower_shape(pieces, tents, signed=self._towers.signed) for pieces in range(1, limit + 1)
        )
        most = sum(1 for _ in takewhile(lambda shape: shape.parameters <= parameters, shapes))
        while most and self._towers.shape(tents, most).parameters > parameters:
            most -= 1
        return most

    def _train(self, tents: int, pieces: int, starts: range) -> Training[Attempt]:
        """Train a tower of about so many pieces from some of its starts."""
        key = tents, self._towers.placed(pieces)
        self._seen.add(key)
        # A tall plain tower is grown from one that is a tent shorter.
        grown = tents >= TALL and not self._towers.signed
        begun = self._towers.starts(
            tents - grown, pieces, chosen=starts, seed=[self._session.seed, *key]
        )
        name = ArchitectureName.TOWER if tents else ArchitectureName.SHALLOW
        attempt = yield from self._workshop.attempt(begun, name, tents, deepen=grown)
        self._work += attempt.trained.work
        done = len(self._seen) / (self._limits.towers + MOST_TENTS + 1)
        self._session.report(fraction=0.1 + 0.8 * done, error=attempt.candidate.error)
        return attempt


def _prospect(attempt: Attempt) -> float:
    """What hops may make of a figure, but for a common factor."""
    gain = HOPPED if attempt.candidate.tents == HOPPED_TENTS else 1.0
    return gain * attempt.trained.figure
