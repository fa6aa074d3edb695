"""Candidates that are trained: from a family of networks and its starts to a delivered network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from schemas.models import ArchitectureName
from schemas.target import BetweenSamples
from worker.numerics.arrays import IndexArray
from worker.numerics.networks.delivery import fold
from worker.numerics.networks.tents import Sides
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, attainable, enough, judge
from worker.numerics.session import Session
from worker.numerics.training.phase1 import Start
from worker.numerics.training.refinement import Training
from worker.numerics.training.rows import Rows, between_rows, joined, sample_rows
from worker.numerics.training.trained import Trained
from worker.numerics.training.trainer import Plan, Trainer

# How often what a network misses, of the samples left out and between them, is added to what it is
# trained on; and how many of them at once.
EXCHANGES = 16
EXCHANGED = 256


@dataclass(frozen=True, eq=False)
class Attempt:
    """A candidate and the training it came from.

    Attributes:
        candidate: as delivered.
        trained: in scaled units.
    """

    candidate: Candidate
    trained: Trained


class Workshop:
    """Trains candidates for one question."""

    def __init__(
        self, prepared: Prepared, question: Question, session: Session, plan: Plan
    ) -> None:
        """Take the problem.

        Args:
            prepared: the scaled problem.
            question: what was asked.
            session: time, device and progress.
            plan: how much work goes into one network.
        """
        self._prepared, self._question, self._session = prepared, question, session
        self._enough = enough(prepared, question)
        self._attainable = attainable(prepared, question)
        self._between = question.target.between_samples
        self._trainer = Trainer(prepared, self._between, session, plan=plan, enough=self._enough)

    def attempt(
        self, starts: Sequence[Start], name: ArchitectureName, sides: Sides
    ) -> Training[Attempt]:
        """Train a network from several starts and judge it as delivered.

        Args:
            starts: all of one shape.
            name: the network's family.
            sides: of its tents.
        """
        trained = yield from self._trainer.train(starts)
        return (yield from self._judged(trained, name, sides))

    def polished(self, attempt: Attempt, hops: int, most_work: float) -> Training[Attempt]:
        """The same network after so many kicks or so much work, if that made it better."""
        before = attempt.trained
        trained = yield from self._trainer.polish(before, hops, most_work)
        if trained.figure >= before.figure:
            return Attempt(attempt.candidate, trained)
        candidate = attempt.candidate
        return (yield from self._judged(trained, candidate.name, candidate.sides))

    def _judged(self, trained: Trained, name: ArchitectureName, sides: Sides) -> Training[Attempt]:
        """Judge a network; while it misses what it was not trained on, train it on that too."""
        latest = best = self._judge(trained, name, sides)
        for _ in range(EXCHANGES if self._prepared.goal.is_maximum else 0):
            short = trained.figure > self._attainable > 0.0
            if (latest.candidate.met and self._enough > 0.0) or short or self._session.stopped():
                break
            missed = self._missed(latest)
            if missed is None:
                break
            trained = yield from self._trainer.sharpen_on(trained, missed)
            latest = self._judge(trained, name, sides)
            if latest.candidate.met or latest.candidate.error < best.candidate.error:
                best = latest
        # What is trained further goes on from where all that was missed is known.
        return best if best.candidate.met else replace(latest, candidate=best.candidate)

    def _judge(self, trained: Trained, name: ArchitectureName, sides: Sides) -> Attempt:
        folded = fold(trained.weights(), self._prepared.scaling)
        candidate = judge(self._question, lambda _: folded, name=name, sides=sides)
        return Attempt(candidate, trained)

    def _missed(self, attempt: Attempt) -> Rows | None:
        """Rows for what the network misses: samples left out, and points between samples."""
        chosen = self._left_out(attempt.trained)
        rows = sample_rows(self._prepared, chosen)
        between = np.empty(0)
        if self._between is not BetweenSamples.NONE:
            between = attempt.candidate.evidence.peaks()[:EXCHANGED].astype(np.float64)
        if between.size:
            rows = joined(rows, between_rows(self._prepared, self._between, between))
        return rows if rows.count else None

    def _left_out(self, trained: Trained) -> IndexArray:
        """Indices of the samples where the error is a local maximum and too large, worst first."""
        prepared = self._prepared
        if trained.rows.count >= prepared.u.size:
            return np.empty(0, dtype=np.intp)
        everything = sample_rows(prepared, np.arange(prepared.u.size))
        error = np.abs(trained.residuals(everything))
        padded = np.pad(error, 1, constant_values=-np.inf)
        peak = (error >= padded[:-2]) & (error >= padded[2:])
        peak &= error > max(self._enough, trained.figure)
        found = np.flatnonzero(peak)
        return found[np.argsort(error[found])[::-1][:EXCHANGED]]
