"""The towers that might meet a target, tried in the order that finds the smallest soonest.

Going up, candidates are tried in order of their parameters, from what ``tower_sizes`` predicts. One
that falls short is raised in K by (error / limit)^(1/3), the rate at which a tower's error falls;
one that meets the target makes every larger one pointless. Going down, those that would be smaller
than the answer are tried start by start, the most hopeful first, and then kicked.
"""

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from worker.numerics.networks.network import Shape
from worker.numerics.paths.means import MAXIMUM_OVER_RMS
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, within_budgets
from worker.numerics.search.efforts import Stage
from worker.numerics.search.tower_sizes import RATE, TowerSizes, size_of
from worker.numerics.search.tower_training import MOST_TRAINED_PARAMETERS, TowerTraining
from worker.numerics.search.trained_candidates import Attempt
from worker.numerics.search.varieties import Variety, varieties_of
from worker.numerics.session import Session
from worker.numerics.training.refinement import Training
from worker.numerics.training.row_selection import most_rows
from worker.numerics.training.step_work import step_work

# With every start and round of hops a tower is less hopeful by this factor.
WEARY = 1.1
# Where the network to beat is larger than this, a stage may work more in proportion.
USUAL_SIZE = 150
# What fell short did so by this factor at least: of errors, of the promise between the samples too.
LEAST_EXCESS = 1.02
# A tower whose error is at most so many times the limit nearly met the target.
NEARLY = 1.1
# A network that is smaller by a smaller part than this is not worth looking for.
WORTHWHILE = 0.02
# Of larger networks starts differed less, and kicks found less (J_1 and Runge, 300 to 600 of them):
# up to so many parameters a stage's starts and hops are worth their work.
MOST_VARYING = 150
# Products that judging a tower costs, again and again until it misses nothing, for each sample and
# neuron of the first layer: about, from towers of 613 and 843 neurons on 20,001 samples, which took
# 100 and 1,400.
JUDGED = 4e2
# Part of the work that is left which the hops of one tower may take.
HOPS_SHARE = 0.35
# Hops go on as long as they lower the error to this part of it, and so many times at most.
GAINED, ROUNDS = 0.97, 3

# The variety and K of a tower.
_Key = tuple[Variety, int]


@dataclass
class _Tried:
    """What was done for a tower that has not met the target.

    Attributes:
        best: of its attempts.
        excess: its error over the limit, or what is to be hoped for.
        starts: how many were trained.
        rounds: of hops.
    """

    best: Attempt | None = None
    excess: float = np.inf
    starts: int = 0
    rounds: int = 0

    def keep(self, attempt: Attempt, excess: float) -> None:
        """Keep an attempt if it is the best."""
        if self.best is None or attempt.trained.expected < self.best.trained.expected:
            self.best, self.excess = attempt, excess


def _shape(key: _Key) -> Shape:
    variety, pieces = key
    return variety.shape(pieces)


def _worth_finding(size: int) -> int:
    """The largest size that is worth looking for where a network of this size is known."""
    return size - max(1, round(WORTHWHILE * size))


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
        tolerance = goal.limit * (1.0 if goal.is_maximum else MAXIMUM_OVER_RMS)
        self._varieties = varieties_of(prepared, question, session.stopped)
        self._sizes = TowerSizes(question, tolerance)
        self._largest = np.inf
        self.has_met = False
        # Those that have not met it.
        self._short: dict[_Key, _Tried] = {}
        if shallow.met:
            self._largest = _worth_finding(size_of(Shape(tuple(shallow.delivery.widths)), question))

    def tried(self, stage: Stage, stretch: tuple[float, float]) -> Training[list[Candidate]]:
        """The towers that a stage trains, met or not, but for those beyond the budgets.

        Args:
            stage: how much is tried.
            stretch: from what to what fraction of the run it lasts.
        """
        if np.isfinite(self._largest):
            more = np.clip(self._largest / USUAL_SIZE, 1.0, stage.most_more)
            stage = replace(stage, work=stage.work * float(more))
        training = TowerTraining(
            self._prepared,
            self._question,
            self._session,
            stage.plan,
            stretch=stretch,
            steps=stage.towers,
            most_work=stage.work,
        )
        way = self._down if stage.descends else self._up
        return (yield from way(stage, training))

    def _up(self, stage: Stage, training: TowerTraining) -> Training[list[Candidate]]:
        """In order of size, from what is predicted."""
        found: list[Candidate] = []
        possible = [n for n in self._varieties if self._sizes.least(n) <= self._largest]
        spare = 1.0
        while possible and not self._over(stage, training):
            keys = [self._next(one, spare) for one in possible]
            key = min(keys, key=partial(self._size_of, stage))
            size = self._size_of(stage, key)
            if np.isinf(size) or size > self._largest:
                break
            while True:
                found += yield from self._advanced(stage, training, key)
                if not self._is_worth_a_start(stage, key) or self._over(stage, training):
                    break
            if key in self._short:
                # One that nearly did needs little more, whatever was tried before it.
                near = self._short[key].excess <= NEARLY
                spare = stage.spare if near else spare * stage.spare
        return found

    def _down(self, stage: Stage, training: TowerTraining) -> Training[list[Candidate]]:
        """Those that would be smaller than the answer, the most hopeful first."""
        found: list[Candidate] = []
        while not self._over(stage, training):
            left = {key: hope for key, hope in self._hopes().items() if self._goes_on(stage, key)}
            key = min(left, key=lambda one: (left[one], one[0].order, one[1]), default=None)
            if key is None or left[key] > stage.far:
                break
            found += yield from self._advanced(stage, training, key)
        return found

    def _hopes(self) -> dict[_Key, float]:
        """By variety and K of a tower that would be small enough: its error over the limit, about.

        These are the towers that fell short, less hopeful with everything that was tried, and one
        of every variety: as large as need be, or may be. Of those that were not tried yet little
        is known: the error may be its root as well, so that one start of them tells.
        """
        hopes: dict[_Key, float] = {}
        for variety in self._varieties:
            top = variety.most_pieces(self._fits)
            if top:
                taken = self._sizes.pieces(variety)
                pieces = variety.placed(min(top, taken))
                hope = (taken / pieces) ** RATE
                hopes[variety, pieces] = hope if self._sizes.knows(variety) else np.sqrt(hope)
        for key, tried in self._short.items():
            if self._fits(_shape(key)):
                hopes[key] = tried.excess * WEARY ** (tried.starts + tried.rounds)
        return hopes

    def _next(self, variety: Variety, spare: float) -> _Key:
        """The next tower of this variety on the way up."""
        asked = math.ceil(self._sizes.pieces(variety) * spare)
        while (variety, variety.placed(asked)) in self._short:
            asked += 1
        return variety, variety.placed(asked)

    def _is_worth_a_start(self, stage: Stage, key: _Key) -> bool:
        """Whether a tower that was tried and has not met the target gets another start."""
        tried = self._short.get(key)
        if tried is None or tried.starts >= self._starts(stage, key):
            return False
        return tried.excess <= stage.promising

    def _goes_on(self, stage: Stage, key: _Key) -> bool:
        """Whether a stage does more for a tower: its first start, another, or hops."""
        tried = self._short.get(key)
        if tried is None:
            return self._affords(stage, key)
        if tried.starts < self._starts(stage, key):
            return self._is_worth_a_start(stage, key)
        return tried.rounds < ROUNDS and tried.excess <= stage.near

    def _advanced(
        self, stage: Stage, training: TowerTraining, key: _Key
    ) -> Training[list[Candidate]]:
        """Train a tower from its next start, or kick the best of them; what is new."""
        tried = self._short.get(key) or _Tried()
        if tried.starts < self._starts(stage, key):
            number = tried.starts
            latest = yield from training.train(*key, range(number, number + 1))
            tried.starts += 1
        else:
            assert tried.best is not None
            most_work = HOPS_SHARE * (stage.work - training.work)
            hops = max(1, round(self._share(key) * stage.plan.hops))
            latest = yield from training.polish(tried.best, hops, most_work)
            gained = latest.trained.expected <= GAINED * tried.best.trained.expected
            tried.rounds = tried.rounds + 1 if gained else ROUNDS
        candidate = latest.candidate
        kept = within_budgets(candidate, self._question)
        if candidate.met and kept:
            self._short.pop(key, None)
            self._sizes.learn(*key, 1.0)
            self.has_met = True
            found = size_of(latest.trained.shape, self._question)
            self._largest = min(self._largest, _worth_finding(found))
        else:
            tried.keep(latest, self._excess(latest))
            self._short[key] = tried
            self._sizes.learn(*key, max(tried.excess, LEAST_EXCESS))
        return [candidate] if kept else []

    def _excess(self, attempt: Attempt) -> float:
        """The error of a tower that fell short over the limit: what is to be hoped for."""
        assert self._question.limit is not None
        at_samples = self._prepared.goal.excess(attempt.candidate.error, self._question.limit)
        return min(at_samples, max(attempt.trained.expected / self._limit, 1.0))

    def _starts(self, stage: Stage, key: _Key) -> int:
        """How many starts it may get: of a large network others are about as good as the first."""
        return max(1, round(self._share(key) * stage.plan.starts))

    def _share(self, key: _Key) -> float:
        return min(1.0, MOST_VARYING / _shape(key).parameters)

    def _over(self, stage: Stage, training: TowerTraining) -> bool:
        spent = training.count >= stage.towers or training.work > stage.work
        return spent or self._session.stopped()

    def _affords(self, stage: Stage, key: _Key) -> bool:
        """Whether one start of a tower takes no more work than the whole stage may."""
        shape, samples = _shape(key), self._prepared.x.size
        neurons = shape.widths[1]
        rows = most_rows(samples, shape, segments=neurons * math.prod(key[0].sides))
        training = stage.plan.most_steps * step_work(shape, rows)
        return training + JUDGED * samples * neurons <= stage.work

    def _fits(self, shape: Shape) -> bool:
        return self._trainable(shape) and size_of(shape, self._question) <= self._largest

    def _trainable(self, shape: Shape) -> bool:
        return shape.parameters <= min(self._question.most_parameters, MOST_TRAINED_PARAMETERS)

    def _size_of(self, stage: Stage, key: _Key) -> float:
        """The size of a tower; infinite if the stage cannot afford it."""
        shape = _shape(key)
        if not self._trainable(shape) or not self._affords(stage, key):
            return np.inf
        return size_of(shape, self._question)
