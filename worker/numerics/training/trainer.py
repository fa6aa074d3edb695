"""Training one network: phase 1 on its structured parameters, phase 2 on all weights.

Both phases are Levenberg-Marquardt in float64. For a target on the largest error, phase 2 goes on
with rising p-norms; the iterate of smallest largest error is kept. Hops are small random kicks,
refined again: what they find is nearby, and often a little better.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from schemas.jobs import Outline, Phase
from schemas.target import BetweenSamples
from worker.numerics.arrays import FloatArray
from worker.numerics.certificate.outline import outline_in_training
from worker.numerics.networks.network import Shape
from worker.numerics.problem.preparation import Prepared
from worker.numerics.session import Session
from worker.numerics.training.hops import Allowance, kicked
from worker.numerics.training.phase1 import Start, pretrained
from worker.numerics.training.refinement import Outcome, Refinement, Training, Watch
from worker.numerics.training.row_selection import RowSelection
from worker.numerics.training.rows import Rows, joined
from worker.numerics.training.step_work import is_long, is_small, step_work
from worker.numerics.training.trained import Trained

# Largest error over root mean square that p-norms leave in the end, usually and at best: measured
# on towers of ten smooth curves.
USUAL_RATIO, BEST_RATIO = 2.15, 1.8
# A candidate whose largest error is still this far above the limit at p = 8 will not get there.
HOPELESS = 1.6
NORMS = (3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)
# Before these norms the rows are joined by the points between the samples where the network is
# furthest off: its kinks, mostly.
EXCHANGE_NORMS = (3.0, 8.0, 24.0)
# For a network that is nearly there.
SHARP_NORMS = (12.0, 24.0, 48.0)
# When p-norms fell short of what least squares promised, those are aimed so much lower.
AIMED_LOWER = 0.9
# Kicks of a small network at once.
ABREAST = 8


@dataclass(frozen=True)
class Plan:
    """How much work goes into one network.

    Attributes:
        starts: how many starts are tried.
        phase1: steps on the structured parameters.
        phase2: steps on all weights.
        per_norm: steps for each p-norm, if the goal is a maximum.
        sharpened: how many of the starts, the best, go on to p-norms.
        hops: kicks tried in the end.
    """

    starts: int
    phase1: int
    phase2: int
    per_norm: int
    sharpened: int = 1
    hops: int = 0

    @property
    def most_steps(self) -> int:
        """Steps on all weights from one start, hops left out."""
        return self.phase2 + len(NORMS) * self.per_norm


class Trainer:
    """The training of one problem: what it is for, and when it ends."""

    def __init__(
        self,
        prepared: Prepared,
        between: BetweenSamples,
        session: Session,
        *,
        plan: Plan,
        enough: float,
    ) -> None:
        """Take the problem.

        Args:
            prepared: the scaled problem.
            between: what is promised between its samples.
            session: time, device and progress.
            plan: how much work to put in.
            enough: the goal's norm at which to stop.
        """
        self._prepared, self._session = prepared, session
        self._plan, self._enough = plan, enough
        self._maximum = prepared.goal.is_maximum
        self._generator = np.random.default_rng(session.seed)
        self._selection = RowSelection(prepared, between)

    def train(self, starts: Sequence[Start]) -> Training[Trained]:
        """Train one network.

        Args:
            starts: structured starts, all of one shape.
        """
        family = starts[0].family
        shape = family.shape
        rows = self._selection.first(starts[0])
        with self._session.phase(Phase.PHASE1):
            dense = np.concatenate([self._pretrained(start, rows) for start in starts])
        with self._session.phase(Phase.PHASE2):
            outcome = yield self._refinement(
                shape, dense, rows, self._plan.phase2, improvement=5e-4
            )
            order = outcome.norm.argsort()
            trained = self._trained(shape, rows, outcome)
            rms = float(outcome.norm[order[0]])
            if self._maximum and self._sharpens(rms, rows):
                kept = outcome.parameters[order[: self._plan.sharpened]]
                trained = yield from self._sharpen(trained, kept)
            elif self._maximum:
                usual = USUAL_RATIO * rms / np.sqrt(rows.count)
                trained = replace(trained, expected=min(trained.figure, usual))
            return trained

    def polish(self, trained: Trained, hops: int, most_work: float = np.inf) -> Training[Trained]:
        """Kick and refine it so often, or until it is good enough, keeping what is better.

        Next to a smallest maximum a kick finds no smaller one; next to a least square it often
        does, and p-norms make of that a smaller maximum too.

        Args:
            trained: the network.
            hops: kicks, at most.
            most_work: products, at most.
        """
        shape, rows, dense = trained.shape, trained.rows, trained.parameters[None]
        usual = USUAL_RATIO / np.sqrt(rows.count) if self._maximum else 1.0
        aim = self._enough / usual
        left = Allowance(hops, most_work)
        with self._session.phase(Phase.PHASE2):
            while trained.figure > self._enough and not self._over(left):
                before = left.work
                outcome = yield from self._hopped(shape, rows, dense, aim, left)
                dense = outcome.parameters
                work = trained.work + left.work - before
                found = replace(self._trained(shape, rows, outcome), work=work)
                if self._maximum:
                    found = yield from self._sharpen(found, dense)
                    left.work += found.work - work
                better = found.figure < trained.figure
                trained = found if better else replace(trained, work=found.work)
                aim *= AIMED_LOWER
        return trained

    def sharpen_on(self, trained: Trained, more: Rows) -> Training[Trained]:
        """Train it on, on further rows."""
        rows = joined(trained.rows, more)
        figure = float(np.abs(trained.residuals(rows)).max())
        with self._session.phase(Phase.PHASE2):
            start = replace(trained, rows=rows, figure=figure, expected=figure)
            return (yield from self._sharpen(start, trained.parameters[None], SHARP_NORMS))

    def _refinement(
        self,
        shape: Shape,
        starts: FloatArray,
        rows: Rows,
        iterations: int,
        *,
        improvement: float,
        p: float = 2.0,
        to_beat: float = np.inf,
    ) -> Refinement:
        return Refinement(
            shape=shape,
            starts=starts,
            rows=rows,
            p=p,
            iterations=iterations,
            improvement=improvement,
            to_beat=to_beat,
            maximum=self._maximum,
            enough=self._enough,
            watch=self._watch(shape),
        )

    def _watch(self, shape: Shape) -> Watch:
        """What one refinement tells goes to the session, which says whether it is to end."""
        reported = 0

        def watch(figure: float, steps: int, dense: Callable[[], FloatArray]) -> bool:
            nonlocal reported
            self._session.report(
                error=self._prepared.goal.in_metric(figure),
                iterations=steps - reported,
                current=lambda: self._outline(shape, dense()),
            )
            reported = steps
            return self._session.stopped()

        return watch

    def _outline(self, shape: Shape, dense: FloatArray) -> Outline | None:
        return outline_in_training(shape.weights(dense), self._prepared)

    def _trained(self, shape: Shape, rows: Rows, outcome: Outcome, work: float = 0.0) -> Trained:
        best = int(outcome.figure.argmin())
        figure = float(outcome.figure[best])
        work += self._work(shape, rows, outcome)
        return Trained(shape, outcome.best[best], rows, figure, figure, work)

    def _work(self, shape: Shape, rows: Rows, outcome: Outcome) -> float:
        return outcome.steps * step_work(shape, rows.count)

    def _better(self, trained: Trained, outcome: Outcome) -> Trained:
        """The better of what was there and an outcome on the same rows; the work is of both."""
        found = self._trained(trained.shape, trained.rows, outcome, trained.work)
        if found.figure < trained.figure:
            return found
        return replace(trained, work=found.work)

    def _sharpens(self, rms: float, rows: Rows) -> bool:
        """Whether p-norms might get there."""
        at_best = BEST_RATIO * rms / np.sqrt(rows.count)
        return self._enough == 0.0 or at_best <= self._enough

    def _sharpen(
        self, trained: Trained, dense: FloatArray, norms: tuple[float, ...] = NORMS
    ) -> Training[Trained]:
        """Rising p-norms, from least squares towards the smallest maximum."""
        for p in norms:
            if p in EXCHANGE_NORMS:
                trained = self._selection.exchanged(trained, dense, self._enough)
            if trained.figure <= self._enough or self._session.stopped():
                break
            outcome = yield self._refinement(
                trained.shape, dense, trained.rows, self._plan.per_norm, improvement=5e-4, p=p
            )
            dense = outcome.parameters
            trained = self._better(trained, outcome)
            if self._enough > 0.0 and p >= 8.0 and trained.figure > HOPELESS * self._enough:
                break
        return replace(trained, expected=trained.figure)

    def _hopped(
        self, shape: Shape, rows: Rows, dense: FloatArray, aim: float, left: Allowance
    ) -> Training[Outcome]:
        """Kick and refine least squares while allowed, or until their norm is what is aimed at."""
        steps = self._plan.phase2
        best = yield self._refinement(shape, dense, rows, steps, improvement=5e-4)
        left.work += self._work(shape, rows, best)
        # Should they be there at once, the next round aims lower: it ends all the same.
        left.hops -= best.norm[0] <= aim
        abreast = ABREAST if is_small(shape, rows.count) else 1
        while best.norm[0] > aim and not self._over(left):
            kicks = min(abreast, left.hops)
            outcome = yield self._refinement(
                shape,
                kicked(shape, best.parameters[0], self._generator, kicks),
                rows,
                steps // 2,
                improvement=5e-4,
                to_beat=float(best.norm[0]),
            )
            left.hops -= kicks
            left.work += self._work(shape, rows, outcome)
            found = outcome.smallest()
            best = found if found.norm[0] < best.norm[0] else best
        return best

    def _over(self, left: Allowance) -> bool:
        return left.used_up or self._session.stopped()

    def _pretrained(self, start: Start, rows: Rows) -> FloatArray:
        shape = start.family.shape
        # Its equations are dense: a long network begins in local coordinates at once.
        skipped = is_long(shape) or self._session.stopped()
        dense, taken = pretrained(start, rows, 0 if skipped else self._plan.phase1)
        self._session.report(iterations=taken, current=lambda: self._outline(shape, dense[0]))
        return dense
