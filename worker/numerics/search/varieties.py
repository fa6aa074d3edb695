"""The varieties of towers that suit one curve: of many sides, on the curve or on half of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True, order=True)
class Variety:
    """What towers of different sizes have in common.

    Attributes:
        sides: of the tents.
        mirrored: whether they stand on the distance from an axis.
    """

    sides: Sides
    mirrored: bool = False


class Varieties:
    """The towers that suit one curve."""

    def __init__(
        self, prepared: Prepared, question: Question, *, stopped: Callable[[], bool]
    ) -> None:
        """Take the curve: it is looked at when that is first asked.

        Args:
            prepared: the scaled problem.
            question: what was asked.
            stopped: asked while the curve is looked at.
        """
        self._prepared, self._question, self._stopped = prepared, question, stopped
        self._whole = TowerStarts(prepared, question, stopped=stopped)

    @property
    def all(self) -> list[Variety]:
        """Those that are tried."""
        found = [Variety(sides) for sides in self._whole.sides]
        if self._half is not None:
            found += [Variety(sides, mirrored=True) for sides in self._half[1].sides]
        return found

    def least_pieces(self, variety: Variety, tolerance: float) -> int:
        """Segments of a base whose error the tents divide to a tolerance on the maximum."""
        return self._starts(variety).least_pieces(variety.sides, tolerance)

    def predicted_pieces(self, variety: Variety, tolerance: float) -> int:
        """How many pieces a tower will need for a tolerance on the maximum."""
        return self._starts(variety).predicted_pieces(variety.sides, tolerance)

    def placed(self, variety: Variety, pieces: int) -> int:
        """How many pieces there are when so many are asked for."""
        return self._starts(variety).placed(pieces)

    def shape(self, variety: Variety, pieces: int) -> Shape:
        """The layers' widths of the tower when so many pieces are asked for."""
        return self._shaped(variety, self._starts(variety).shape(variety.sides, pieces))

    def most_pieces(self, variety: Variety, fits: Callable[[Shape], bool]) -> int:
        """How many pieces may be asked for: it fits, and has segments to spare; 0 if none."""

        def shaped_fits(tower: Shape) -> bool:
            return fits(self._shaped(variety, tower))

        return self._starts(variety).most_pieces(variety.sides, shaped_fits)

    def most_promising(
        self, count: int, fits: Callable[[Shape], bool]
    ) -> list[tuple[Variety, int]]:
        """So many varieties and the most pieces of each that fit, the most hopeful first."""
        most = {variety: self.most_pieces(variety, fits) for variety in self.all}
        folds = {
            one: (1 + one.mirrored) * self._starts(one).folds(one.sides, pieces)
            for one, pieces in most.items()
            if pieces
        }
        return [(one, most[one]) for one in sorted(folds, key=lambda n: -folds[n])[:count]]

    def starts(
        self, variety: Variety, pieces: int, *, chosen: range, seed: Sequence[int]
    ) -> list[Start]:
        """Some of the starts of towers of about so many pieces; each is the same every time."""
        found = self._starts(variety).starts(variety.sides, pieces, chosen=chosen, seed=seed)
        if not variety.mirrored:
            return [Start(*one) for one in found]
        assert self._half is not None
        axis = self._half[0]
        return [Start(Mirrored(tower, axis), structured) for tower, structured in found]

    def _starts(self, variety: Variety) -> TowerStarts:
        if not variety.mirrored:
            return self._whole
        assert self._half is not None
        return self._half[1]

    def _shaped(self, variety: Variety, tower: Shape) -> Shape:
        if not variety.mirrored:
            return tower
        assert self._half is not None
        return self._half[0].shape(tower)

    @cached_property
    def _half(self) -> tuple[Axis, TowerStarts] | None:
        """The axis, and the towers that suit half of the curve; None if it is not symmetric."""
        limit = self._prepared.goal.limit or SAME
        axis = axis_of(self._whole.sketch, limit)
        if axis is None:
            return None
        half = TowerStarts(folded(self._prepared, axis), self._question, stopped=self._stopped)
        one = (2,)
        if half.least_pieces(one, limit) > WORTH_FOLDING * self._whole.least_pieces(one, limit):
            return None
        return axis, half
