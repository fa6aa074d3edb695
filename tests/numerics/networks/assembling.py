"""What assembling a family's structured parameters owes: a derivative to the last digit."""

import numpy as np
import pytest

from tests.oracles import derivative_by_differences
from worker.numerics.networks.network import evaluate, evaluate_with_jacobian
from worker.numerics.training.phase1 import derivative


def assert_derivative_of_assembling(family, structured, u):
    """Where no kink is near, it is that of differences; values by structured parameters, [Q, N]."""
    points = u[None]
    _, jacobian = evaluate_with_jacobian(family.shape, family.assemble(structured), points)
    found = derivative(family, structured)[0] @ jacobian[0]

    def function(flat):
        return evaluate(family.shape, family.assemble(flat[None]), points)[0]

    rough, fine = (
        derivative_by_differences(function, structured[0], step=step) for step in (1e-6, 1e-7)
    )
    smooth = np.abs(rough - fine) < 1e-5 * (1 + np.abs(fine))
    assert found[smooth] == pytest.approx(fine[smooth], rel=1e-5, abs=1e-5)
    assert smooth.mean() > 0.8
    return found
