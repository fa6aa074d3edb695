"""Knots that move: derivatives against differences, and what a knot costs or gains by doing it."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.oracles import derivative_by_differences
from worker.numerics.paths.free_knots import (
    _normal_equations,
    bent_at,
    costs_of_dropping,
    refined,
    with_best_knot,
)
from worker.numerics.paths.segmentation import Points


@st.composite
def problems(draw):
    """Many noisy samples, and a few knots with samples between them."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    u = np.linspace(0.0, 1.0, 80)
    v = np.sin(draw(st.floats(1, 15)) * u) + 0.1 * generator.normal(size=u.size)
    weight = generator.uniform(0.5, 2.0, u.size)
    inner = np.linspace(0, 1, draw(st.integers(2, 7)))[1:-1]
    knots = np.concatenate([[0.0], inner + generator.uniform(-0.04, 0.04, inner.size), [1.0]])
    return Points(u, v, weight / weight.sum()), knots


def error_at(points, knots):
    """The least root mean square with these knots, by hat functions and a dense solution."""
    hats = np.stack([np.interp(points.u, knots, unit) for unit in np.eye(knots.size)], axis=1)
    root = np.sqrt(points.weight)
    solution = np.linalg.lstsq(root[:, None] * hats, root * points.v)[0]
    return np.sqrt(np.sum((root * (hats @ solution - points.v)) ** 2))


@given(problems())
def test_the_values_are_those_of_least_squares(problem):
    points, knots = problem
    assert bent_at(points, knots).error == pytest.approx(error_at(points, knots), rel=1e-6)


@given(problems())
def test_the_normal_equations_are_those_of_the_derivatives(problem):
    points, knots = problem
    bent = bent_at(points, knots)
    # Where a sample lies on a knot there is no derivative.
    assume(np.abs(points.u[1:-1, None] - knots).min() > 1e-4)

    def residuals(values_and_knots):
        values, places = values_and_knots[0::2], values_and_knots[1::2]
        return np.interp(points.u, places, values) - points.v

    at = np.stack([bent.values, knots], axis=1).ravel()
    jacobian = derivative_by_differences(residuals, at, step=1e-7)
    # Beyond the ends interp goes on flat: they do not move.
    free = np.setdiff1d(np.arange(at.size), [1, at.size - 1])
    diagonals, gradient = _normal_equations(points, bent)
    normal = sum(np.diag(row[offset:], offset) for offset, row in enumerate(diagonals[::-1]))
    normal += np.triu(normal, 1).T
    expected = jacobian * points.weight @ jacobian.T
    np.testing.assert_allclose(normal[np.ix_(free, free)], expected[np.ix_(free, free)], atol=1e-5)
    expected = jacobian * points.weight @ bent.residuals
    np.testing.assert_allclose(gradient[free], expected[free], atol=1e-5)


@given(problems(), st.integers(1, 40))
def test_moving_knots_never_raises_the_error(problem, iterations):
    points, knots = problem
    before = bent_at(points, knots)
    after = refined(points, before, enough=0.0, iterations=iterations)
    assert after.error <= before.error
    assert after.knots.size == knots.size
    assert (after.knots[0], after.knots[-1]) == (0.0, 1.0)
    assert np.all(np.diff(after.knots) > 0.0)
    assert after.error == pytest.approx(error_at(points, after.knots), rel=1e-5)


@given(problems())
def test_the_cost_of_a_knot_is_what_leaving_it_out_costs(problem):
    points, knots = problem
    bent = bent_at(points, knots)
    for knot, cost in enumerate(costs_of_dropping(bent), start=1):
        without = error_at(points, np.delete(knots, knot))
        assert cost == pytest.approx(without**2 - bent.error**2, rel=1e-4, abs=1e-9)


@given(problems())
def test_no_other_place_tried_is_better_for_a_new_knot(problem):
    points, knots = problem
    chosen = error_at(points, with_best_knot(points, bent_at(points, knots)))
    for left, right in itertools.pairwise(knots):
        for part in (np.arange(8) + 0.5) / 8:
            other = np.sort(np.append(knots, left + part * (right - left)))
            assert chosen <= error_at(points, other) * (1 + 1e-6)


def test_a_kink_is_found_from_afar():
    u = np.linspace(0.0, 1.0, 300)
    points = Points(u, np.abs(u - 0.317), np.full(300, 1 / 300))
    found = refined(points, bent_at(points, np.array([0.0, 0.6, 1.0])), enough=0.0, iterations=60)
    assert found.knots[1] == pytest.approx(0.317, abs=1e-6)
    assert found.error < 1e-6


def test_where_there_are_no_samples_the_function_follows_their_lines():
    points = Points(
        np.array([0.0, 0.1, 0.9, 1.0]), np.array([0.0, 1.0, 1.0, 0.0]), np.full(4, 0.25)
    )
    bent = bent_at(points, np.array([0.0, 0.1, 0.4, 0.6, 0.9, 1.0]))
    assert bent.values == pytest.approx([0.0, 1.0, 1.0, 1.0, 1.0, 0.0], abs=1e-6)


@given(problems())
def test_knots_stay_where_they_are_once_stopped(case):
    points, knots = case
    bent = bent_at(points, knots)
    assert refined(points, bent, enough=0.0, iterations=10, stopped=lambda: True) is bent
