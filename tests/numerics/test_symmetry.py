"""Whether a curve is even about an axis, but for a line."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.samples import canonical_samples
from schemas.target import Target
from worker.numerics.problem.preparation import prepare
from worker.numerics.search.symmetry import axis_of, folded


def problem(function, count=401):
    x = np.linspace(0, 1, count)
    return prepare(canonical_samples(x, function(x)), Target(tolerance=1e-4))


@given(st.floats(0.25, 0.75), st.floats(-3.0, 3.0), st.booleans())
# Its tail is straight within the tolerance.
@example(0.25390625, -3.0, False)
def test_the_axis_of_an_even_curve_and_a_line_is_found(centre, slope, even_grid):
    x = np.linspace(0, 1, 401) ** (1.0 if even_grid else 1.3)
    y = 1 / (1 + 30 * (x - centre) ** 2) + slope * x
    prepared = prepare(canonical_samples(x, y), Target(tolerance=1e-3))
    axis = axis_of(prepared, 4e-3)
    assert axis is not None
    assert axis.centre == pytest.approx(centre, abs=0.02)
    assert axis.slope * prepared.scaling.y_half == pytest.approx(slope, abs=0.1)


def test_a_slope_that_the_tolerance_hides_is_none():
    axis = axis_of(problem(lambda x: np.cos(7 * (x - 0.5)) + 1e-6 * x), 1e-4)
    assert axis is not None
    assert axis.slope == 0.0


@pytest.mark.parametrize("function", [np.exp, lambda x: x**3, lambda x: np.sqrt(x + 0.01)])
def test_other_curves_have_none(function):
    assert axis_of(problem(function), 1e-4) is None


def test_the_middle_is_the_axis_of_a_parabola():
    axis = axis_of(problem(lambda x: x**2), 1e-4)
    assert axis is not None
    assert axis.centre == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("centre", [0.3, 0.5, 0.65])
def test_half_a_curve_is_its_longer_side_without_the_line(centre):
    prepared = problem(lambda x: np.cos(4 * (x - centre)) + 2 * x)
    axis = axis_of(prepared, 1e-3)
    assert axis is not None
    half = folded(prepared, axis)
    assert half.u[0] == 0.0
    assert half.u[-1] == 1.0
    assert np.all(np.diff(half.u) > 0)
    y = half.v * prepared.scaling.y_half
    expected = np.cos(4 * half.u * max(centre, 1 - centre))
    assert y - y[0] == pytest.approx(expected - expected[0], abs=0.02)
