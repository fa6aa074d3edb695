"""Least squares in local coordinates: their equations against dense ones, and knots in order."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.oracles import derivative_by_differences
from worker.numerics.networks.local_coordinates import LocalLayout
from worker.numerics.networks.network import Shape
from worker.numerics.training.levmar import FLOOR, minimise
from worker.numerics.training.local_problem import LocalProblem
from worker.numerics.training.rows import Rows

FIRST = np.zeros(1, dtype=np.intp)


@st.composite
def problems(draw, count=60):
    """A network in local coordinates, and rows in no order, some of which forgive."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    widths = draw(st.sampled_from([(3,), (4, 3), (4, 4, 3)]))
    layout = LocalLayout(Shape((1, draw(st.integers(4, 12)), *widths, 1)))
    knots = np.concatenate([[0.0], np.cumsum(generator.uniform(0.1, 1.0, layout.knots - 1))])
    table = generator.normal(size=(layout.knots, layout.a_knot)) + 0.5
    table[:, 0] = knots / knots[-1]
    local = np.concatenate([table.ravel(), generator.normal(size=layout.above)])
    # Some intervals have no sample.
    u = generator.permutation(np.concatenate([[0.0, 1.0], generator.uniform(0.3, 1.0, count - 2)]))
    rows = Rows(
        u=u,
        v=np.sin(5 * u) + 3.0,
        give=generator.choice([0.0, 0.1], count),
        gauge=generator.uniform(0.5, 2.0, count),
    )
    return layout, local, rows


@given(problems(), st.sampled_from([2.0, 6.0]), st.sampled_from([1e-4, 1.0]))
def test_a_step_is_that_of_the_dense_equations(problem, p, damping):
    layout, local, rows = problem
    local_problem = LocalProblem(layout, rows)

    def residuals(at):
        return local_problem.residuals(at[None], FIRST)[0]

    found = residuals(local)
    root = (np.abs(found) / np.abs(found).max()) ** (p / 2 - 1)
    jacobian, coarse = (
        derivative_by_differences(residuals, local, step=step) * root for step in (1e-7, 2e-7)
    )
    # Where a kink is within the step there is no derivative.
    assume(np.allclose(jacobian, coarse, atol=1e-5))
    free = np.ones(local.size, dtype=bool)
    free[[0, layout.at_knots - layout.a_knot]] = False
    normal = jacobian @ jacobian.T
    floor = FLOOR * normal.diagonal().max()
    normal = normal[np.ix_(free, free)]
    gradient = (jacobian @ (found * root))[free]
    ridge = damping * np.maximum(normal.diagonal(), floor)

    equations = local_problem.equations(p, local[None])
    equations.linearise(local[None], FIRST)
    step = equations.steps(FIRST, np.array([damping]))[0]
    assert np.all(step[~free] == 0.0)
    left = (normal + np.diag(ridge)) @ (step[free] * (p - 1)) - gradient
    scale = np.abs(normal).max() * np.abs(step).max() + np.abs(gradient).max()
    assert np.abs(left).max() <= 1e-6 * scale


@given(problems(), st.sampled_from([2.0, 4.0]))
def test_steps_lower_the_norm_and_keep_knots_in_order(problem, p):
    layout, local, rows = problem
    local_problem = LocalProblem(layout, rows)
    before = np.abs(local_problem.residuals(local[None], FIRST)[0])
    found = minimise(local_problem, local[None], p=p, iterations=20)
    assert found.norm[0] <= (before**p).sum() ** (1 / p) * (1 + 1e-12)
    knots, *_ = layout.split(found.parameters[0])
    assert np.all(np.diff(knots) > 0.0)
    assert (knots[0], knots[-1]) == (0.0, 1.0)


def test_knots_that_pass_each_other_are_no_network():
    layout = LocalLayout(Shape((1, 3, 2, 1)))
    local = np.zeros(layout.at_knots + layout.above)
    local[: layout.at_knots : layout.a_knot] = [0.0, 0.6, 0.5, 1.0]
    u = np.linspace(0, 1, 5)
    problem = LocalProblem(layout, Rows(u, u, 0 * u, 1 + 0 * u))
    assert np.isnan(problem.residuals(local[None], FIRST)).all()


@pytest.mark.parametrize("knots", [30, 300])
def test_equations_are_as_long_as_there_are_knots(knots):
    layout = LocalLayout(Shape((1, knots, 4, 3, 1)))
    generator = np.random.default_rng(0)
    table = generator.normal(size=(layout.knots, layout.a_knot)) + 2.0
    table[:, 0] = np.linspace(0.0, 1.0, layout.knots)
    local = np.concatenate([table.ravel(), generator.normal(size=layout.above)])
    u = np.linspace(0.0, 1.0, 20 * knots)
    equations = LocalProblem(layout, Rows(u, u, 0 * u, 1 + 0 * u)).equations(2.0, local[None])
    equations.linearise(local[None], FIRST)
    numbers = sum(part.size for part in vars(equations._system).values())
    assert numbers <= 60 * layout.at_knots + 2 * layout.above**2
