"""The towers that might meet a target, tried in the order that finds the smallest soonest.

The corridor predicts sizes. Each tent layer divides the residual of a parabola by 4, so a tower of
m tents meets a tolerance when its base meets 4^m times as much: the corridor at that tolerance says
how many pieces K that takes, before anything is trained. Going up, candidates are tried in order of
their parameters; one that falls short is raised in K by (error / limit)^(1/3), the rate at which a
tower's error falls; one that meets the target makes every larger one pointless. Going down, those
that would be smaller than the answer are tried with more effort, the most hopeful first.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from schemas.options import Minimise
from worker.numerics.networks.network import Shape
from worker.numerics.networks.tents import tower_shape
from worker.numerics.paths.means import MAXIMUM_OVER_RMS
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, within_budgets
from worker.numerics.search.efforts import Stage
from worker.numerics.search.tower_starts import TowerStarts
from worker.numerics.search.tower_training import MOST_TRAINED_PARAMETERS, TowerTraining
from worker.numerics.search.trained_candidates import Attempt
from worker.numerics.session import Session
from worker.numerics.training.refinement import Training
from worker.numerics.training.row_selection import most_rows
from worker.numerics.training.step_work import step_work

MOST_TENTS = 5
# A tower's error falls as this power of its pieces.
RATE = 3
# On the way down a tower is worth a first start if its error over the limit may be at most this,
# and need not be larger than for this.
FAR, HOPED = 2.5, 0.7
# One step of a ladder raises K by at most the cube root of this.
LARGEST_EXCESS = 64.0
# What was so many times too far off with little work is not begun again with more.
TOO_FAR = 3.0
# A network that is smaller by a smaller part than this is not worth looking for.
WORTHWHILE = 0.02
# Of larger networks starts differed less, and kicks found less (J_1 and Runge, 300 to 600 of them):
# up to so many parameters a stage's starts and hops are worth their work.
MOST_VARYING = 150
# Products that judging a tower costs, again and again until it misses nothing, for each sample and
# neuron of the first layer: about, from three towers of 600 to 5,000 neurons on 20,001 samples.
JUDGED = 4e3
# Part of the work that is left which the hops of one tower may take.
HOPS_SHARE = 0.35
# Hops go on as long as they lower the error to this part of it.
GAINED = 0.97
# What meets the target where it is trained may miss it elsewhere: hops go on from there so often.
ROUNDS = 3


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
        raised = int(self.failed * min(excess, LARGEST_EXCESS) ** (1 / RATE))
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


def size_of(shape: Shape, question: Question) -> int:
    """What is to be small: the parameters, or the neurons."""
    return shape.neurons if question.options.minimise is Minimise.NEURONS else shape.parameters


def _worth_finding(size: int) -> int:
    """The largest size that is worth looking for where a network of this size is known."""
    return size - max(1, round(WORTHWHILE * size))


def smallest_tower(question: Question) -> int:
    """The size of the smallest tower that has as many segments as any function needs."""
    fewest = question.fewest or 1
    return min(
        size_of(tower_shape(math.ceil(fewest / 2**tents), tents, signed=False), question)
        for tents in range(1, MOST_TENTS + 1)
    )


class TowerLadder:
    """The towers that were tried for one target, and the size that the next has to be below.

    Attributes:
        has_met: whether one of them meets the target, within the budgets.
    """

    def __init__(
        self, prepared: Prepared, question: Question, session: Session, shallow: Candidate
    ) -> None:
        """Take the problem.

        Args:
            prepared: the scaled problem; its goal has a limit.
            question: what was asked.
            session: time, device and progress.
            shallow: the network to beat, if it meets the target.
        """
        goal = prepared.goal
        assert goal.limit is not None
        self._prepared, self._question, self._session = prepared, question, session
        self._limit = goal.limit
        self._tolerance = goal.limit * (1.0 if goal.is_maximum else MAXIMUM_OVER_RMS)
        self._towers = TowerStarts(prepared, question, stopped=session.stopped)
        self._largest = np.inf
        self.has_met = False
        # The best of each m and K that failed, and of how many starts.
        self._short: dict[tuple[int, int], tuple[Attempt, int]] = {}
        if shallow.met:
            self._largest = _worth_finding(size_of(Shape(tuple(shallow.delivery.widths)), question))

    def tried(self, stage: Stage, stretch: tuple[float, float]) -> Training[list[Candidate]]:
        """The towers that a stage trains, met or not, but for those beyond the budgets.

        Args:
            stage: how much is tried.
            stretch: from what to what fraction of the run it lasts.
        """
        training = TowerTraining(
            self._prepared,
            self._question,
            self._session,
            self._towers,
            stage.plan,
            stretch=stretch,
            steps=stage.towers,
        )
        way = self._down if stage.descends else self._up
        return (yield from way(stage, training))

    def _up(self, stage: Stage, training: TowerTraining) -> Training[list[Candidate]]:
        """In order of size, from what the corridor predicts."""
        found: list[Candidate] = []
        # How a curve bends takes longer to see than that no tower will do.
        rungs = [
            _Rung(tents, self._towers.predicted_pieces(tents, self._tolerance))
            for tents in range(1, MOST_TENTS + 1)
            if self._least_size(tents) <= self._largest
        ]
        if not rungs:
            return found
        before, self._short = self._short, {}
        while not self._over(stage, training):
            rung = min(rungs, key=partial(self._size_of, stage))
            size = self._size_of(stage, rung)
            if np.isinf(size) or size > self._largest:
                break
            key = self._key(rung.tents, rung.pieces)
            if key in self._short:
                rung.fell_short(rung.pieces, 1.0)
                continue
            excess = before[key][0].trained.expected / self._limit if key in before else 0.0
            if excess > TOO_FAR:
                self._short[key] = before[key]
                rung.fell_short(rung.pieces, excess)
                continue
            attempt = yield from self._approach(stage, training, rung.tents, rung.pieces)
            candidate = attempt.candidate
            if not within_budgets(candidate, self._question):
                rung.fell_short(rung.pieces, 1.0)
                continue
            found.append(candidate)
            if candidate.met:
                rung.succeeded(rung.pieces)
            else:
                assert self._question.limit is not None
                at_samples = self._prepared.goal.excess(candidate.error, self._question.limit)
                hoped_for = attempt.trained.expected / self._limit
                excess = min(at_samples, max(hoped_for, 1.0))
                rung.fell_short(rung.pieces, stage.spare * excess)
        return found

    def _down(self, stage: Stage, training: TowerTraining) -> Training[list[Candidate]]:
        """Those that would be smaller than the answer, the most hopeful first."""
        found: list[Candidate] = []
        seen: set[tuple[int, int]] = set()
        while not self._over(stage, training):
            hopes = self._hopes()
            left = {
                (m, k): hope
                for (m, k), hope in hopes.items()
                if (m, k) not in seen
                and hope <= FAR
                and self._affords(stage, m, self._towers.shape(m, k))
            }
            if not left:
                break
            key = min(left, key=lambda one: (left[one], one))
            seen.add(key)
            known = self._short.get(key)
            attempt = yield from self._approach(stage, training, *key)
            new = known is None or attempt is not known[0]
            if new and within_budgets(attempt.candidate, self._question):
                found.append(attempt.candidate)
        return found

    def _hopes(self) -> dict[tuple[int, int], float]:
        """By m and K of a tower that would be small enough: its error over the limit, about.

        These are the towers that fell short, and one of every m: as large as need be, or may be.
        """
        hopes: dict[tuple[int, int], float] = {}
        for tents in range(1, MOST_TENTS + 1):
            top = self._towers.most_pieces(tents, self._fits)
            known = {k: found.trained for (m, k), (found, _) in self._short.items() if m == tents}
            largest = self._towers.predicted_pieces(tents, self._tolerance)
            error = 1.0
            if known:
                largest = max(known)
                error = known[largest].expected / self._limit
            if top:
                needed = max(math.ceil(largest * (error / HOPED) ** (1 / RATE)), largest + 1)
                pieces = self._towers.placed(min(top, needed))
                hopes[tents, pieces] = error * (largest / pieces) ** RATE
            for pieces, trained in known.items():
                if self._fits(self._towers.shape(tents, pieces)):
                    hopes[tents, pieces] = trained.expected / self._limit
        return hopes

    def _approach(
        self, stage: Stage, training: TowerTraining, tents: int, pieces: int
    ) -> Training[Attempt]:
        """Train a tower from its first start and, if that comes near, from the others."""
        limit, starts = self._limit, stage.plan.starts
        key = self._key(tents, pieces)
        if key in self._short:
            attempt, done = self._short[key]
        else:
            attempt, done = (yield from training.train(tents, pieces, range(1))), 1
        # Of a large network other starts are about as good as the first.
        share = min(1.0, MOST_VARYING / attempt.trained.shape.parameters)
        near = attempt.trained.expected <= (1 + share * (stage.promising - 1)) * limit
        if not attempt.candidate.met and near and done < starts:
            again = yield from training.train(tents, pieces, range(done, starts))
            done = starts
            if again.candidate.met or again.trained.expected < attempt.trained.expected:
                attempt = again
        for _ in range(ROUNDS if stage.plan.hops else 0):
            if attempt.candidate.met or attempt.trained.expected > stage.near * limit:
                break
            most_work = HOPS_SHARE * (stage.work - training.work)
            hops = max(1, round(share * stage.plan.hops))
            before = attempt.trained.expected
            attempt = yield from training.polish(attempt, hops, most_work)
            if attempt.trained.expected > GAINED * before:
                break
        if attempt.candidate.met and within_budgets(attempt.candidate, self._question):
            self.has_met = True
            found = size_of(attempt.trained.shape, self._question)
            self._largest = min(self._largest, _worth_finding(found))
        else:
            self._short[key] = attempt, done
        return attempt

    def _over(self, stage: Stage, training: TowerTraining) -> bool:
        spent = training.count >= stage.towers or training.work > stage.work
        return spent or self._session.stopped()

    def _affords(self, stage: Stage, tents: int, shape: Shape) -> bool:
        """Whether one start of a tower takes no more work than the whole stage may."""
        samples, neurons = self._prepared.x.size, shape.widths[1]
        rows = most_rows(samples, shape, segments=neurons << tents)
        training = stage.plan.most_steps * step_work(shape, rows)
        return training + JUDGED * samples * neurons <= stage.work

    def _key(self, tents: int, pieces: int) -> tuple[int, int]:
        return tents, self._towers.placed(pieces)

    def _fits(self, shape: Shape) -> bool:
        return self._trainable(shape) and size_of(shape, self._question) <= self._largest

    def _trainable(self, shape: Shape) -> bool:
        return shape.parameters <= min(self._question.most_parameters, MOST_TRAINED_PARAMETERS)

    def _least_size(self, tents: int) -> int:
        """The size of a plain tower of so many tents that may do: signed ones are larger."""
        pieces = self._towers.least_pieces(tents, self._tolerance)
        return size_of(tower_shape(pieces, tents, signed=False), self._question)

    def _size_of(self, stage: Stage, rung: _Rung) -> float:
        """The size of a rung's next tower; infinite if it has none that the stage can afford."""
        shape = self._towers.shape(rung.tents, rung.pieces)
        if rung.exhausted or not self._trainable(shape):
            return np.inf
        if not self._affords(stage, rung.tents, shape):
            return np.inf
        return size_of(shape, self._question)
