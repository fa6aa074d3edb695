"""Which towers are trained for a target, and in which order.

The corridor predicts sizes. Each tent layer divides the residual of a parabola by 4, so a tower of
m tents meets a tolerance when its base meets 4^m times as much: the corridor at that tolerance says
how many pieces K that takes, before anything is trained. Candidates are tried in order of their
parameters; one that falls short is raised in K by (error / limit)^(1/3), the rate at which a
tower's error falls; one that meets the target makes every larger one pointless.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from schemas.models import ArchitectureName
from worker.numerics.candidates import Candidate, Question, trained_candidate, within_budgets
from worker.numerics.corridor import Polyline
from worker.numerics.knots import Zigzag, bending, plain_zigzag, signed_zigzag
from worker.numerics.means import MAXIMUM_OVER_RMS
from worker.numerics.preparation import Prepared, thin
from worker.numerics.session import Session
from worker.numerics.shallow import centred_path, loosest_tolerance, segments_at
from worker.numerics.tents import Tower, starting_tower
from worker.numerics.training import Plan

# Normal equations of more parameters than this cost more than a shallow network saves.
MOST_TRAINED_PARAMETERS = 400
MOST_TENTS = 5
# Numbers of tent layers in the order in which they tend to be the best.
MOST_PROMISING = (3, 2, 4, 1, 5, 0)
# Segments of the path that shows how the curve bends, at most this part of the samples.
BENDING_SEGMENTS = 40
BENDING_SHARE = 10
# What every tent after the first falls short of dividing the error by 4, in pieces: measured on ten
# smooth curves, where 2, 3 and 4 tents took 1.1-1.3, 1.2-1.5 and 1.4-1.8 times the pieces.
TENT_SHORTFALL = 1.16
# Samples that sizes are predicted from.
SKETCH_SAMPLES = 4096
# Exponents of the knots' density and peaks of the tents, start by start; the first is the
# deterministic one, the others the neighbourhood where better ones were found.
STARTS = ((0.5, 0.5), (0.45, 0.5), (0.5, 0.53), (0.4, 0.47), (0.48, 0.48), (0.42, 0.52))
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
        raised = int(np.ceil(self.failed * min(excess, LARGEST_EXCESS) ** (1 / 3)))
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
        work: multiplications in all, about; a core does some 10^10 a second.
    """

    towers: int
    work: float


class TowerLadder:
    """The towers of one run: what was trained, and how the curve bends."""

    def __init__(
        self,
        prepared: Prepared,
        question: Question,
        session: Session,
        *,
        plan: Plan,
        limits: Limits,
    ) -> None:
        """See how the curve bends.

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
        self._plan = plan
        self._limits = limits
        self._work = 0.0
        self._seen: set[tuple[int, int]] = set()
        # Sizes and shapes show on a part of many samples as well.
        self._sketch = sketch = thin(prepared, SKETCH_SAMPLES)
        segments = max(2, min(BENDING_SEGMENTS, sketch.u.size // BENDING_SHARE))
        path = centred_path(sketch, segments=segments, at_most=loosest_tolerance(sketch))
        knots = (path.x - prepared.scaling.x_start) / prepared.scaling.x_width
        apart = np.concatenate([[True], np.diff(knots) > 0.0])
        self._bending = bending(Polyline(knots[apart], path.y[apart]))
        self._signed = self._bending.runs > 1

    def meeting_the_limit(self, shallow: Candidate) -> Iterator[Candidate]:
        """Towers that might meet the target with fewer parameters than the shallow network.

        Yields:
            Each that was trained, met or not.
        """
        goal, question = self._prepared.goal, self._question
        assert goal.limit is not None
        assert question.limit is not None
        tolerance = goal.limit * (1.0 if goal.is_maximum else MAXIMUM_OVER_RMS)
        rungs = [
            _Rung(tents, self._predicted_pieces(tents, tolerance))
            for tents in range(1, MOST_TENTS + 1)
        ]
        largest = min(question.most_parameters, MOST_TRAINED_PARAMETERS)
        if shallow.met:
            largest = min(largest, shallow.delivery.parameters - 1)
        while len(self._seen) < self._limits.towers and not self._session.stopped():
            rung = min(rungs, key=self._size)
            if self._size(rung) > largest or not self._affords(self._size(rung)):
                return
            candidate = self._train(rung.tents, rung.pieces)
            if candidate is None:
                rung.fell_short(rung.pieces, 1.0)
                continue
            yield candidate
            if candidate.met:
                rung.succeeded(rung.pieces)
                largest = min(largest, candidate.delivery.parameters - 1)
            else:
                rung.fell_short(rung.pieces, goal.excess(candidate.error, question.limit))

    def within_the_budgets(self) -> Iterator[Candidate]:
        """For each number of tents the largest tower that the budgets allow.

        Yields:
            Each that was trained.
        """
        for tents in MOST_PROMISING:
            if self._session.stopped():
                return
            pieces = self._most_pieces(tents)
            affordable = pieces and self._affords(self._parameters(tents, pieces))
            candidate = self._train(tents, pieces) if affordable else None
            if candidate is not None:
                yield candidate

    def _predicted_pieces(self, tents: int, tolerance: float) -> int:
        base = segments_at(self._sketch, tolerance * 4.0**tents)
        return math.ceil(base * TENT_SHORTFALL ** (tents - 1))

    def _affords(self, parameters: float) -> bool:
        """Whether the work of one more tower of this size is left."""
        return self._work + self._cost(int(parameters)) <= self._limits.work

    def _cost(self, parameters: int) -> float:
        return self._plan.work(
            parameters, self._prepared.u.size, is_maximum=self._prepared.goal.is_maximum
        )

    def _size(self, rung: _Rung) -> float:
        return np.inf if rung.exhausted else self._parameters(rung.tents, rung.pieces)

    def _parameters(self, tents: int, pieces: int) -> int:
        return Tower(np.zeros(pieces + 1), tents, self._signed).shape.parameters

    def _most_pieces(self, tents: int) -> int:
        question = self._question
        parameters = min(question.most_parameters, MOST_TRAINED_PARAMETERS)
        limit = int(min(question.most_segments / 2**tents, self._prepared.u.size - 1))
        fitting = (
            pieces
            for pieces in range(1, min(limit, MOST_TRAINED_PARAMETERS) + 1)
            # A signed zigzag may have more pieces than it was asked for.
            if self._parameters(tents, self._zigzag(pieces).pieces) <= parameters
        )
        return max(fitting, default=0)

    def _zigzag(self, pieces: int, *, exponent: float = 0.5) -> Zigzag:
        place = signed_zigzag if self._signed else plain_zigzag
        return place(self._bending, pieces, exponent=exponent)

    def _train(self, tents: int, pieces: int) -> Candidate | None:
        """Train a tower of about so many pieces; None if it was, or breaks a budget."""
        key = tents, self._zigzag(pieces).pieces
        if key in self._seen:
            return None
        self._seen.add(key)
        self._work += self._cost(self._parameters(*key))
        starts = [
            starting_tower(
                self._zigzag(pieces, exponent=exponent),
                self._prepared.u,
                self._prepared.v,
                tents=tents,
                signed=self._signed,
                peak=peak,
            )
            for exponent, peak in STARTS[: self._plan.starts]
        ]
        candidate = trained_candidate(
            starts[0][0],
            torch.cat([structured for _, structured in starts]),
            prepared=self._prepared,
            question=self._question,
            plan=self._plan,
            session=self._session,
            name=ArchitectureName.TOWER if tents else ArchitectureName.SHALLOW,
            tents=tents,
        )
        done = len(self._seen) / (self._limits.towers + MOST_TENTS + 1)
        self._session.report(fraction=0.1 + 0.8 * done, error=candidate.error)
        return candidate if within_budgets(candidate, self._question) else None
