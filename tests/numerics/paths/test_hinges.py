"""One hidden layer as hinges: whichever way they face, and what that asks of the slopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.numerics.paths.hinges import (
    Hinges,
    facing_of,
    hinges_of,
    relation_by_values,
    relation_signs,
)


@st.composite
def hinges(draw, most=12):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, most))
    widths = generator.uniform(0.05, 1.0, count + 1)
    return Hinges(
        offset=float(generator.normal()),
        gains=generator.normal(size=count),
        knots=np.cumsum(widths)[:-1] / widths.sum(),
        left=generator.random(count) < 0.5,
    )


def by_terms(found, u):
    total = np.full_like(u, found.offset)
    for gain, knot, left in zip(found.gains, found.knots, found.left, strict=True):
        total += gain * np.maximum(knot - u if left else u - knot, 0.0)
    return total


@given(hinges())
def test_the_function_is_the_sum_of_its_terms(found):
    u = np.linspace(0.0, 1.0, 101)
    assert np.abs(found(u) - by_terms(found, u)).max() <= 1e-12


@given(hinges())
def test_derivatives_are_those_of_the_terms(found):
    u = (np.arange(50) + 0.3183) / 51
    step = 1e-7
    for unknown in range(found.gains.size):
        nudge = np.zeros(2 * found.gains.size + 1)
        nudge[1 + found.gains.size + unknown] = step
        away = np.abs(u - found.knots[unknown]) > 2 * step
        difference = (found.moved(nudge)(u) - found(u)) / step
        assert np.abs(difference - found.by_knots(u)[:, unknown])[away].max() <= 1e-6
    values = found.by_values(u) @ np.append(found.offset, found.gains)
    assert np.abs(values - found(u)).max() <= 1e-12


@given(hinges())
def test_n_relus_make_n_plus_1_segments_whose_slopes_obey_the_relation_of_their_facing(found):
    corners, values = found.corners, by_terms(found, found.corners)
    signs = relation_signs(found.left)
    slopes = np.diff(values) / np.diff(corners)
    scale = np.abs(slopes).sum()
    assert abs(signs @ slopes) <= 1e-10 * scale
    assert abs(relation_by_values(corners, signs) @ values) <= 1e-10 * scale
    # An alternating sum of an odd number of slopes.
    kept = signs[signs != 0.0]
    assert kept.size % 2 == 1
    assert np.array_equal(kept, (-1.0) ** np.arange(kept.size))
    assert np.array_equal(facing_of(signs), found.left)


@given(hinges())
def test_a_path_that_obeys_it_is_those_hinges_again(found):
    again = hinges_of(found.corners, found(found.corners), found.left)
    assert np.abs(again.gains - found.gains).max() <= 1e-9
    assert again.offset == pytest.approx(found.offset, abs=1e-9)
