"""A trained network, in scaled units."""

from dataclasses import dataclass

from schemas.network import Weights
from worker.numerics.arrays import FloatArray
from worker.numerics.networks.network import Shape
from worker.numerics.networks.wide import real_sums
from worker.numerics.training.rows import Rows, measured


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network in scaled units.

    Attributes:
        shape: its layers' widths.
        parameters: dense, [P].
        rows: what it was trained on last.
        figure: on them: the goal's norm.
        expected: what the goal's norm will be if p-norms have their usual effect; the figure if
            they had.
        work: products that training took, about.
    """

    shape: Shape
    parameters: FloatArray
    rows: Rows
    figure: float
    expected: float
    work: float

    def weights(self) -> Weights:
        """``(weight [out, in], bias [out])`` by layer, float64."""
        return self.shape.weights(self.parameters)

    def residuals(self, rows: Rows) -> FloatArray:
        """At rows, [M]."""
        return measured(rows, real_sums(self.weights(), rows.u)[0])
