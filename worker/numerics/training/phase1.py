"""Phase 1: training of the structured parameters alone."""

from typing import NamedTuple, Protocol

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.networks.network import Shape, evaluate, evaluate_with_jacobian
from worker.numerics.training.levmar import DenseProblem, minimise
from worker.numerics.training.rows import Rows, measured


class Family(Protocol):
    """Networks that structured parameters describe."""

    @property
    def shape(self) -> Shape:
        """The layers' widths."""

    @property
    def segments(self) -> int:
        """The segments of its function, as long as its parameters are structured."""

    def ends(self, structured: FloatArray) -> FloatArray:
        """Where pieces end that hold as many segments each, [K + 1], of parameters [1, Q]."""

    def assemble(self, structured: FloatArray) -> FloatArray:
        """The dense parameters [B, P] of structured ones [B, Q]; analytic in each of them."""


class Start(NamedTuple):
    """Where training begins: a family and its structured parameters, [1, Q]."""

    family: Family
    structured: FloatArray


def pretrained(start: Start, rows: Rows, iterations: int) -> tuple[FloatArray, int]:
    """The dense parameters [1, P] of the best structured ones, and the steps that it took.

    Args:
        start: where to begin.
        rows: what is trained on.
        iterations: steps at most.
    """
    family = start.family

    def off(structured: FloatArray, _: object) -> FloatArray:
        dense = family.assemble(structured)
        return measured(rows, evaluate(family.shape, dense, rows.u[None]))

    def linearise(structured: FloatArray, _: object) -> tuple[FloatArray, FloatArray]:
        dense = family.assemble(structured)
        values, jacobian = evaluate_with_jacobian(family.shape, dense, rows.u[None])
        found = measured(rows, values)
        jacobian *= np.where(found == 0.0, 0.0, rows.gauge)[:, None, :]
        return found, derivative(family, structured) @ jacobian

    minimum = minimise(DenseProblem(off, linearise), start.structured, iterations=iterations)
    return family.assemble(minimum.parameters), int(minimum.iterations[0])


def derivative(family: Family, structured: FloatArray) -> FloatArray:
    """d(dense parameters) / d(structured parameters), [1, Q] -> [1, Q, P], to the last digit.

    By a complex step in each structured parameter.

    References:
        W. Squire, G. Trapp 1998, "Using complex variables to estimate derivatives of real
        functions", SIAM Review 40.
    """
    step = 1e-30
    moved = structured + 1j * step * np.eye(structured.shape[1])
    found: FloatArray = family.assemble(moved).imag[None] / step
    return found
