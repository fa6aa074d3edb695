"""The varieties of towers that suit one curve: of many sides, on the curve or on half of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from worker.numerics.networks.mirrored import Axis, Mirrored
from worker.numerics.networks.network import Shape
from worker.numerics.networks.tents import Sides
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Question
from worker.numerics.search.symmetry import axis_of, folded
from worker.numerics.search.tower_starts import TowerStarts
from worker.numerics.training.phase1 import Start

# Without a limit a curve is symmetric if its sides differ by at most so much, scaled.
SAME = 1e-6
# Half a curve is worth the neurons that fold it if it takes less than this part of the pieces.
WORTH_FOLDING = 0.7


@dataclass(frozen=True, eq=False)
class Variety:
    """What towers of different sizes have in common.

    Attributes:
        sides: of the tents.
        towers: those that suit the curve, or half of it.
        axis: what they are mirrored about; None if they stand on the whole curve.
    """

    sides: Sides
    towers: TowerStarts
    axis: Axis | None = None

    @property
    def order(self) -> tuple[Sides, bool]:
        """Which comes first, of those that are as good."""
        return self.sides, self.axis is not None

    def least_pieces(self, tolerance: float) -> int:
        """Segments of a base whose error the tents divide to a tolerance on the maximum."""
        return self.towers.least_pieces(self.sides, tolerance)

    def predicted_pieces(self, tolerance: float) -> int:
        """How many pieces a tower will need for a tolerance on the maximum."""
        return self.towers.predicted_pieces(self.sides, tolerance)

    def placed(self, pieces: int) -> int:
        """How many pieces there are when so many are asked for."""
        return self.towers.placed(pieces)

    def shape(self, pieces: int) -> Shape:
        """The layers' widths of the tower when so many pieces are asked for."""
        return self._shaped(self.towers.shape(self.sides, pieces))

    def most_pieces(self, fits: Callable[[Shape], bool]) -> int:
        """How many pieces may be asked for: it fits, and has segments to spare; 0 if none."""
        return self.towers.most_pieces(self.sides, lambda tower: fits(self._shaped(tower)))

    def folds(self, pieces: int) -> float:
        """How many segments a tower is worth, by what its tents fall short."""
        halves = 1 if self.axis is None else 2
        return halves * self.towers.folds(self.sides, pieces)

    def starts(self, pieces: int, *, chosen: range, seed: Sequence[int]) -> list[Start]:
        """Some of the starts of towers of about so many pieces; each is the same every time."""
        found = self.towers.starts(self.sides, pieces, chosen=chosen, seed=seed)
        axis = self.axis
        if axis is None:
            return [Start(*one) for one in found]
        return [Start(Mirrored(tower, axis), structured) for tower, structured in found]

    def _shaped(self, tower: Shape) -> Shape:
        return tower if self.axis is None else self.axis.shape(tower)


def varieties_of(
    prepared: Prepared, question: Question, stopped: Callable[[], bool]
) -> list[Variety]:
    """Those of the towers that suit one curve.

    Args:
        prepared: the scaled problem.
        question: what was asked.
        stopped: asked while the curve is looked at.
    """
    whole = TowerStarts(prepared, question, stopped=stopped)
    found = [Variety(sides, whole) for sides in whole.sides]
    limit = prepared.goal.limit or SAME
    axis = axis_of(whole.sketch, limit)
    if axis is None:
        return found
    half, one = TowerStarts(folded(prepared, axis), question, stopped=stopped), (2,)
    if half.least_pieces(one, limit) > WORTH_FOLDING * whole.least_pieces(one, limit):
        return found
    return [*found, *(Variety(sides, half, axis) for sides in half.sides)]


def most_promising(
    varieties: list[Variety], count: int, fits: Callable[[Shape], bool]
) -> list[tuple[Variety, int]]:
    """So many varieties and the most pieces of each that fit, the most hopeful first."""
    most = [(variety, variety.most_pieces(fits)) for variety in varieties]
    possible = [(variety, pieces) for variety, pieces in most if pieces]
    return sorted(possible, key=lambda one: -one[0].folds(one[1]))[:count]
