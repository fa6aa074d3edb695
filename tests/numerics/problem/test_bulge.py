"""What samples leave open between them: the monotone cubic, held against scipy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from schemas.target import BetweenSamples
from tests.functions import CURVES, FUNCTIONS, curve, sampled
from worker.numerics.problem.bulge import Bulge, interpolate, pchip_slopes


@st.composite
def samples(draw, most=12):
    """Samples of small whole numbers (flat and repeated values among them) or of noise."""
    count = draw(st.integers(2, most))
    x = np.cumsum(draw(st.lists(st.floats(0.01, 3.0), min_size=count, max_size=count)))
    value = draw(st.sampled_from([st.integers(-3, 3), st.floats(-1.0, 1.0)]))
    y = np.array(draw(st.lists(value, min_size=count, max_size=count)), dtype=float)
    return x, y


@given(samples())
def test_the_slopes_are_those_of_scipys_pchip(case):
    x, y = case
    with np.errstate(over="ignore"):
        expected = PchipInterpolator(x, y).derivative()(x)
    steepest = np.abs(np.diff(y) / np.diff(x)).max()
    assert pchip_slopes(x, y) == pytest.approx(expected, rel=1e-9, abs=1e-12 * steepest)


@pytest.mark.parametrize("name", sorted(path.stem for path in CURVES.glob("*.csv")))
def test_the_bulge_of_a_shipped_curve_is_pchip_minus_the_lines(name):
    found = curve(name)
    bulge = Bulge.of(found.x, found.y, BetweenSamples.SMOOTH)
    x = np.linspace(found.x[0], found.x[-1], 5003)
    interval = bulge.locate(x)
    expected = PchipInterpolator(found.x, found.y)(x) - np.interp(x, found.x, found.y)
    height = bulge.height(bulge.fraction(x, interval), interval)
    assert height == pytest.approx(expected, abs=1e-12 * np.abs(found.y).max())


@given(samples())
def test_it_is_0_at_samples_and_at_its_zeros_and_changes_sign_there_only(case):
    x, y = case
    bulge = Bulge.of(x, y, BetweenSamples.SMOOTH)
    zeros = bulge.zeros()
    assert np.all(np.diff(zeros) > 0)
    size = np.abs(np.concatenate([bulge.rise, bulge.fall])).max()
    for points in (zeros, x):
        interval = bulge.locate(points)
        height = bulge.height(bulge.fraction(points, interval), interval)
        assert np.abs(height).max(initial=0.0) <= 1e-12 * size
    corners = np.union1d(x, zeros)
    for t in (0.1, 0.5, 0.9):
        points = corners[:-1] + t * np.diff(corners)
        interval = bulge.locate(points)
        height = bulge.height(bulge.fraction(points, interval), interval)
        middle = bulge.height(bulge.fraction((corners[:-1] + corners[1:]) / 2, interval), interval)
        assert np.all(height * middle >= -(1e-24) * size**2)


@pytest.mark.parametrize("between", [BetweenSamples.LINEAR, BetweenSamples.NONE])
def test_nothing_is_open_where_only_the_lines_count(between):
    found = sampled("sin 6x", 20)
    bulge = Bulge.of(found.x, found.y, between)
    assert bulge.zeros().size == 0
    assert not bulge.height(np.full(19, 0.4), np.arange(19)).any()


@pytest.mark.parametrize("name", ["steps", "spike", "constant", "line"])
def test_beside_steps_and_straight_lines_nothing_overshoots(name):
    found = sampled(name, 30)
    bulge = Bulge.of(found.x, found.y, BetweenSamples.SMOOTH)
    x = np.linspace(0.0, 1.0, 3001)
    interval = bulge.locate(x)
    smooth = np.interp(x, found.x, found.y) + bulge.height(bulge.fraction(x, interval), interval)
    assert smooth.min() >= FUNCTIONS[name](found.x).min() - 1e-12
    assert smooth.max() <= FUNCTIONS[name](found.x).max() + 1e-12


def test_extremes_of_scale_neither_overflow_nor_vanish():
    x = np.array([0.0, 1e-100, 3e-100, 1.0, 1e100])
    y = np.array([0.0, 1e100, 2e100, 2.5e100, 1e100])
    for scale in (1.0, 1e-200):
        bulge = Bulge.of(x, y * scale, BetweenSamples.SMOOTH)
        assert np.all(np.isfinite(bulge.rise))
        assert np.all(np.isfinite(bulge.fall))


@given(samples(), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9))
def test_linear_interpolation_is_numpys_in_more_digits(case, parts):
    x, y = case
    at = np.clip(x[0] + np.array(parts) * (x[-1] - x[0]), x[0], x[-1])
    found = interpolate(x, y, at)
    assert found.dtype == np.longdouble
    assert found.astype(float) == pytest.approx(np.interp(at, x, y), abs=1e-12)
