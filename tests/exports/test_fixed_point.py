"""Fixed point, whatever the function: off by the last bits only."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.c_source.fixed_network import _at, _layers
from exports.c_source.fixed_point import LARGEST, Grid, fraction_bits, scaled
from exports.c_source.fixed_table import Rows
from schemas.network import Extrapolation, evaluate
from schemas.table import evaluate_table
from tests.exports.conftest import subject_of

MAGNITUDES = st.floats(-6, 6).map(lambda power: 10.0**power)


@st.composite
def functions(draw):
    """Points of a piecewise-linear function: steps and flat parts, any scale, 0 inside or not."""
    count = draw(st.integers(2, 12))
    gaps = draw(st.lists(st.floats(1e-3, 1.0), min_size=count - 1, max_size=count - 1))
    begin = draw(st.floats(-2.0, 2.0))
    heights = draw(st.lists(st.floats(-1.0, 1.0), min_size=count, max_size=count))
    x = (begin + np.concatenate([[0.0], np.cumsum(gaps)])) * draw(MAGNITUDES)
    return x, np.array(heights) * draw(MAGNITUDES)


@given(function=functions())
def test_a_table_is_off_by_two_units_in_the_last_place_at_most(function):
    subject = subject_of(*function, extrapolate=Extrapolation.CLAMP)
    grid = Grid.of(subject)
    rows = Rows.of(subject, grid)
    exact = np.ldexp(evaluate_table(subject.table, grid.x(grid.inputs)), rows.y_bits)
    # Half a unit for the value, half for the result, and one for the slope.
    assert np.abs(rows.at(grid.inputs) - exact).max() <= 2.001
    assert np.abs(exact).max() < 2**30


@given(function=functions())
@settings(max_examples=40)
def test_a_network_is_off_by_little_of_its_largest_sums(function):
    subject = subject_of(*function, extrapolate=Extrapolation.CLAMP)
    grid = Grid.of(subject)
    layers = _layers(subject.network, grid)
    x = grid.inputs[:: max(1, grid.inputs.size // 4000)]
    exact = evaluate(subject.network, grid.x(x))
    found = np.ldexp(_at(layers, x).astype(float), -layers[-1].bits)
    # What its terms add up to, before they cancel.
    (_, _), (bends, offset) = subject.network.weights()
    reach = subject.model.samples.x_max - subject.model.samples.x_min
    terms = np.abs(bends).sum() * reach + np.abs(offset).max()
    assert np.abs(found - exact).max() <= 1e-7 * terms


@given(st.integers(-(2**61), 2**61), st.integers(0, 62))
def test_scaling_rounds_to_the_nearest_and_halves_away_from_zero(total, shift):
    exact = abs(total) // 2**shift + (2 * (abs(total) % 2**shift) >= 2**shift and shift > 0)
    expected = min(exact, LARGEST) * (1 if total >= 0 else -1)
    assert int(scaled(np.array([total], dtype=np.int64), shift)[0]) == expected


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=5), st.sampled_from([16, 30, 61]))
def test_no_more_fraction_bits_would_fit(values, bits):
    values = np.array(values)
    n = fraction_bits(values, bits)
    most = 2 ** (bits - 1) - 1
    largest = np.abs(values).max()
    assert np.ldexp(largest, n) <= most
    assert largest == 0.0 or np.ldexp(largest, n + 2) > most
