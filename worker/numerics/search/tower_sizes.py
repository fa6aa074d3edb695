"""How large a tower has to be for a target: what is proved, what is predicted, what was learnt.

The corridor predicts sizes. A tent of n sides divides the residual of a parabola by n^2, so a tower
meets a tolerance when its base meets (n_1 ... n_m)^2 times as much: the corridor at that tolerance
says how many pieces K that takes, before anything is trained. Curves differ from that more than
tents do: what the towers that were tried took changes the predictions of the others.
"""

import math

import numpy as np

from schemas.options import Minimise
from worker.numerics.networks.network import Shape
from worker.numerics.networks.tents import Sides, tower_shape
from worker.numerics.search.candidates import Question
from worker.numerics.search.tower_starts import PLAIN, TowerStarts

# A tower's error falls as this power of its pieces.
RATE = 3
# Those that meet the target may do with a K that is smaller by this part, before one falls short.
LOWERED = 0.12


def size_of(shape: Shape, question: Question) -> int:
    """What is to be small: the parameters, or the neurons."""
    return shape.neurons if question.options.minimise is Minimise.NEURONS else shape.parameters


def smallest_tower(question: Question) -> int:
    """The size of the smallest tower that has as many segments as any function needs."""
    fewest = question.fewest or 1
    return min(
        size_of(tower_shape(math.ceil(fewest / math.prod(sides)), sides, signed=False), question)
        for sides in PLAIN
    )


class TowerSizes:
    """The sizes that towers of one curve take for one target."""

    def __init__(self, towers: TowerStarts, question: Question, tolerance: float) -> None:
        """Take the target.

        Args:
            towers: those that suit the curve.
            question: what was asked.
            tolerance: of the target, on the maximum, in the goal's units.
        """
        self._towers, self._question, self._tolerance = towers, question, tolerance
        # By sides: the smallest K that met the target; and of those that fell short by how much.
        self._met: dict[Sides, int] = {}
        self._short: dict[Sides, dict[int, float]] = {}

    def least(self, sides: Sides) -> int:
        """The size of a plain tower of these tents that may do: signed ones are larger."""
        pieces = self._towers.least_pieces(sides, self._tolerance)
        return size_of(tower_shape(pieces, sides, signed=False), self._question)

    def pieces(self, sides: Sides) -> int:
        """The K that towers of these tents are thought to take."""
        known = self._known(sides)
        if known is not None:
            return known
        predicted = self._towers.predicted_pieces(sides, self._tolerance)
        return max(1, math.ceil(predicted * self._usual()))

    def knows(self, sides: Sides) -> bool:
        """Whether one of these tents was tried."""
        return sides in self._met or sides in self._short

    def learn(self, sides: Sides, pieces: int, excess: float) -> None:
        """Keep what a tower of so many pieces showed.

        Args:
            sides: of its tents.
            pieces: its K.
            excess: its error over the limit, above 1; 1 if it met the target.
        """
        if excess == 1.0:
            self._met[sides] = min(self._met.get(sides, pieces), pieces)
        else:
            self._short.setdefault(sides, {})[pieces] = excess

    def _known(self, sides: Sides) -> int | None:
        """What the towers of these tents that were tried tell; None if there were none."""
        met, short = self._met.get(sides), self._short.get(sides)
        if short is None:
            return None if met is None else max(1, met - max(1, round(LOWERED * met)))
        raised: int = max(math.ceil(k * excess ** (1 / RATE)) for k, excess in short.items())
        return raised if met is None else min(raised, met)

    def _usual(self) -> float:
        """How many times what is predicted the curve takes, as far as it is known."""
        found = [
            float(self._known(sides) or 1) / self._towers.predicted_pieces(sides, self._tolerance)
            for sides in {*self._met, *self._short}
        ]
        return float(np.median(found)) if found else 1.0
