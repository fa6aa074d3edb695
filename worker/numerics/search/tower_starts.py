"""Where the training of towers begins: how the curve bends, and the starts of every size."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.networks.knots import Bending, Zigzag, bending, plain_zigzag, signed_zigzag
from worker.numerics.networks.network import Shape
from worker.numerics.networks.tents import Sides, Tower, starting_tower, tower_shape
from worker.numerics.paths.centred import centred_path, segments_at
from worker.numerics.paths.polyline import Polyline
from worker.numerics.problem.preparation import Prepared, refined, thin
from worker.numerics.search.candidates import Question

# Segments of the path that shows how the curve bends: as many as the corridor of the target has,
# so that it is finer than any base and follows no noise that the target allows; within these
# bounds, and at most this part of the samples.
BENDING_SEGMENTS = 40
LEAST_BENDING, MOST_BENDING = 12, 2000
BENDING_SHARE = 5
# The sides of the tents that are tried, of plain towers and of signed ones: those that were the
# smallest now and then, of some forty on eight curves and twenty on five. And how many times the
# pieces that the corridor predicts they take: about, from one start each at 1e-4 and 1e-5 of the
# range. A search corrects it by what it meets.
PLAIN: dict[Sides, float] = {
    (2,): 1.1,
    (3,): 1.1,
    (2, 3): 1.25,
    (3, 3): 1.3,
    (2, 2, 2): 1.4,
    (4, 4): 1.6,
    (4, 5): 1.8,
    (2, 2, 3): 1.8,
    (2, 3, 3): 2.2,
    (4, 2, 4): 2.4,
    (3, 2, 5): 2.4,
    (3, 3, 4): 2.8,
    (4, 3, 4): 2.8,
    (2, 2, 2, 2): 2.0,
    (2, 2, 2, 3): 2.4,
    (2, 2, 3, 3): 3.2,
    (5, 3, 4): 3.2,
}
SIGNED: dict[Sides, float] = {
    (2,): 1.0,
    (2, 2): 1.1,
    (2, 3): 1.15,
    (2, 4): 1.3,
    (2, 2, 2): 1.25,
    (2, 2, 3): 1.5,
    (2, 3, 3): 1.8,
    (2, 2, 2, 2): 1.7,
    (2, 2, 2, 3): 2.1,
}
# And how many pieces every run of a curve with inflections takes besides: about, of 2 or 3 runs.
PIECES_A_RUN = 1.0
# Sizes and shapes are predicted from at most so many samples, or so many for each segment that is
# needed at least, or about so many points on them; from a path whose error is this close to the
# smallest.
SKETCH_SAMPLES = 1024
SKETCH_SAMPLES_A_SEGMENT = 8
SKETCH_POINTS = 512
SKETCH_PRECISION = 0.02
# How far W is kept above 0, where it is: see ``Tower``.
HEADROOM = 0.5


class _Recipe(NamedTuple):
    """One way to begin: the density of the knots, and the tents."""

    exponent: float = 0.5
    middle: float = 0.5
    share: float = 1.0
    headroom: float = HEADROOM


class TowerStarts:
    """The towers that suit one curve.

    Attributes:
        sketch: the problem on some samples, or on points of the curve if there are few.
    """

    def __init__(
        self, prepared: Prepared, question: Question, *, stopped: Callable[[], bool]
    ) -> None:
        """Take the curve: how it bends is looked at when that is first asked.

        Args:
            prepared: the scaled problem.
            question: what was asked.
            stopped: asked while the curve is looked at.
        """
        self._prepared, self._question, self._stopped = prepared, question, stopped
        self._most_segments = question.most_segments
        self._placed: dict[int, int] = {}
        self._bases: dict[float, int] = {}
        # Sizes and shapes show on a part of many samples as well.
        between = question.target.between_samples
        most = max(SKETCH_SAMPLES, SKETCH_SAMPLES_A_SEGMENT * (question.fewest or 0))
        self.sketch = refined(thin(prepared, most), between, SKETCH_POINTS)

    @property
    def signed(self) -> bool:
        """Whether the curve has inflections."""
        return self._bending.runs > 1

    @cached_property
    def _bending(self) -> Bending:
        question, sketch = self._question, self.sketch
        limit, scaling = self._prepared.goal.limit, self._prepared.scaling
        segments, guess = BENDING_SEGMENTS, None
        if question.fewest is not None and limit is not None:
            segments = min(max(question.fewest, LEAST_BENDING), MOST_BENDING)
            # A path's error goes as the square of its segments.
            guess = 1.2 * limit * (question.fewest / segments) ** 2
        segments = max(2, min(segments, sketch.u.size // BENDING_SHARE))
        path = centred_path(
            sketch,
            segments=segments,
            guess=guess,
            precision=SKETCH_PRECISION,
            stopped=self._stopped,
        )
        knots = (path.x - scaling.x_start) / scaling.x_width
        apart = np.concatenate([[True], np.diff(knots) > 0.0])
        return bending(Polyline(knots[apart], path.y[apart]))

    @property
    def sides(self) -> list[Sides]:
        """Of the tents of the towers that may suit the curve."""
        return list(self._shortfall)

    @property
    def _shortfall(self) -> dict[Sides, float]:
        return SIGNED if self.signed else PLAIN

    def predicted_pieces(self, sides: Sides, tolerance: float) -> int:
        """How many pieces a tower of these tents will need for a tolerance on the maximum."""
        more = PIECES_A_RUN * self._bending.runs if self.signed else 0.0
        least = self.least_pieces(sides, tolerance)
        return math.ceil(least * self._shortfall[sides] + more)

    def least_pieces(self, sides: Sides, tolerance: float) -> int:
        """Segments of a base whose error the tents divide to a tolerance on the maximum."""
        coarse = tolerance * float(math.prod(sides)) ** 2
        if coarse not in self._bases:
            self._bases[coarse] = segments_at(self.sketch, coarse)
        return self._bases[coarse]

    def placed(self, pieces: int) -> int:
        """How many pieces there are when so many are asked for: every run has some of its own."""
        if pieces not in self._placed:
            self._placed[pieces] = self._zigzag(pieces).pieces
        return self._placed[pieces]

    def shape(self, sides: Sides, pieces: int) -> Shape:
        """The layers' widths of the tower when so many pieces are asked for."""
        return tower_shape(self.placed(pieces), sides, signed=self.signed)

    def most_pieces(self, sides: Sides, fits: Callable[[Shape], bool]) -> int:
        """How many pieces may be asked for: it fits, and has segments to spare; 0 if none."""
        limit = int(min(self._most_segments / math.prod(sides), self._prepared.u.size - 1))
        shapes = (tower_shape(pieces, sides, signed=self.signed) for pieces in range(1, limit + 1))
        most = sum(1 for _ in takewhile(fits, shapes))
        while most and not fits(self.shape(sides, most)):
            most -= 1
        return most

    def folds(self, sides: Sides, pieces: int) -> float:
        """How many segments a tower is worth, by what its tents fall short."""
        return math.prod(sides) * pieces / self._shortfall[sides]

    def starts(
        self, sides: Sides, pieces: int, *, chosen: range, seed: Sequence[int]
    ) -> list[tuple[Tower, FloatArray]]:
        """Some of the starts of towers of about so many pieces, the same every time.

        Returns:
            Towers and their structured parameters, [1, Q].
        """
        recipes = list(_recipes(chosen.stop, np.random.default_rng(seed)))
        return [self._start(sides, pieces, recipes[number]) for number in chosen]

    def _start(self, sides: Sides, pieces: int, recipe: _Recipe) -> tuple[Tower, FloatArray]:
        return starting_tower(
            self._zigzag(pieces, exponent=recipe.exponent),
            self._prepared.u,
            self._prepared.v,
            sides=sides,
            signed=self.signed,
            middle=recipe.middle,
            share=recipe.share,
            headroom=recipe.headroom,
        )

    def _zigzag(self, pieces: int, *, exponent: float = 0.5) -> Zigzag:
        place = signed_zigzag if self.signed else plain_zigzag
        return place(self._bending, pieces, exponent=exponent)


def _recipes(count: int, generator: np.random.Generator) -> Iterator[_Recipe]:
    """The deterministic start, then others from where better ones were found."""
    yield _Recipe()
    for number in range(1, count):
        yield _Recipe(
            generator.uniform(0.34, 0.5),
            generator.uniform(0.46, 0.54),
            generator.uniform(0.9, 1),
            HEADROOM if number % 2 == 0 else 0.0,
        )
