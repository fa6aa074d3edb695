"""How large a tower has to be for a target: what is proved, what is predicted, what was learnt.

The corridor predicts sizes. A tent of n sides divides the residual of a parabola by n^2, so a tower
meets a tolerance when its base meets (n_1 ... n_m)^2 times as much: the corridor at that tolerance
says how many pieces K that takes, before anything is trained. Curves differ from that more than
tents do: what the towers that were tried took changes the predictions of the others.
"""

import math

import numpy as np

from schemas.options import Minimise
from worker.numerics.networks.mirrored import Axis
from worker.numerics.networks.network import Shape
from worker.numerics.networks.tents import tower_shape
from worker.numerics.search.candidates import Question
from worker.numerics.search.tower_starts import PLAIN
from worker.numerics.search.varieties import Variety

# A tower's error falls as this power of its pieces.
RATE = 3
# Those that meet the target may do with a K that is smaller by this part, before one falls short.
LOWERED = 0.12


def size_of(shape: Shape, question: Question) -> int:
    """What is to be small: the parameters, or the neurons."""
    return shape.neurons if question.options.minimise is Minimise.NEURONS else shape.parameters


def smallest_tower(question: Question) -> int:
    """The size of the smallest tower that has as many segments as any function needs."""
    fewest, mirror = question.fewest or 1, Axis(0.5, 0.0)
    whole, half = (
        [
            tower_shape(math.ceil(fewest / (folds * math.prod(sides))), sides, signed=False)
            for sides in PLAIN
        ]
        for folds in (1, 2)
    )
    return min(size_of(shape, question) for shape in [*whole, *map(mirror.shape, half)])


class TowerSizes:
    """The sizes that towers of one curve take for one target."""

    def __init__(self, question: Question, tolerance: float) -> None:
        """Take the target.

        Args:
            question: what was asked.
            tolerance: of the target, on the maximum, in the goal's units.
        """
        self._question, self._tolerance = question, tolerance
        # By variety: the smallest K that met the target; and of those that fell short by how much.
        self._met: dict[Variety, int] = {}
        self._short: dict[Variety, dict[int, float]] = {}

    def least(self, variety: Variety) -> int:
        """The size of a tower of this variety that may do."""
        return size_of(variety.shape(variety.least_pieces(self._tolerance)), self._question)

    def pieces(self, variety: Variety) -> int:
        """The K that towers of this variety are thought to take."""
        known = self._known(variety)
        if known is not None:
            return known
        return max(1, math.ceil(variety.predicted_pieces(self._tolerance) * self._usual()))

    def knows(self, variety: Variety) -> bool:
        """Whether one of this variety was tried."""
        return variety in self._met or variety in self._short

    def learn(self, variety: Variety, pieces: int, excess: float) -> None:
        """Keep what a tower of so many pieces showed.

        Args:
            variety: of tower.
            pieces: its K.
            excess: its error over the limit, above 1; 1 if it met the target.
        """
        if excess == 1.0:
            self._met[variety] = min(self._met.get(variety, pieces), pieces)
        else:
            self._short.setdefault(variety, {})[pieces] = excess

    def _known(self, variety: Variety) -> int | None:
        """What the towers of this variety that were tried tell; None if there were none."""
        met, short = self._met.get(variety), self._short.get(variety)
        if short is None:
            return None if met is None else max(1, met - max(1, round(LOWERED * met)))
        raised: int = max(math.ceil(k * excess ** (1 / RATE)) for k, excess in short.items())
        return raised if met is None else min(raised, met)

    def _usual(self) -> float:
        """How many times what is predicted the curve takes, as far as it is known."""
        found = [
            float(self._known(variety) or 1) / variety.predicted_pieces(self._tolerance)
            for variety in {*self._met, *self._short}
        ]
        return float(np.median(found)) if found else 1.0
