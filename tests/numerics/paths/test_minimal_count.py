"""The fewest segments at the samples: counted exactly, never above the truth, ties included."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.numerics.paths.corridor import count_segments
from worker.numerics.paths.minimal_count import count_exactly

SINE = np.round(127 * np.sin(2 * np.pi * np.arange(256) / 256))


@st.composite
def tied_curves(draw, most=16):
    """Curves of whole numbers or decimals, with tolerances that tie and such that do not."""
    count = draw(st.integers(2, most))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = np.cumsum(generator.integers(1, 4, count)).astype(float)
    y = generator.integers(-8, 9, count).astype(float)
    tolerance = draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 4.0, 0.7, 1.3]))
    decimals = draw(st.sampled_from([1.0, 10.0, 1000.0]))
    return x / decimals, y / decimals, tolerance / decimals


def exact(numbers):
    return np.array([Fraction(float(n)) for n in numbers], dtype=object)


def counted(x, y, tolerance, unit=1.0, **options):
    size = np.ones(len(x))
    x, y = np.asarray(x, float), np.asarray(y, float)
    return count_exactly(x, y, tolerance * size, unit * size, **options)


@pytest.mark.parametrize(
    ("x", "y", "tolerance", "segments"),
    [
        (range(7), [1, 2, -1, 0, -2, -3, -5], 1.0, 1),
        (range(4), [2, 2, 5, 8], 1.0, 1),
        (range(256), SINE, 0.5, 23),
        ([0, 3, 6], [0.5, 0.5, 2.5], 0.5, 1),
    ],
)
def test_limits_that_tie_are_kept_by_a_line_that_touches_them(x, y, tolerance, segments):
    assert counted(x, y, tolerance) == segments
    assert counted(x, y, np.nextafter(tolerance, 0.0)) > segments


@settings(max_examples=400)
@given(tied_curves())
@example((np.arange(7.0), np.array([1.0, 2, -1, 0, -2, -3, -5]) / 10, 0.1))
def test_the_count_is_that_of_rational_arithmetic(curve):
    x, y, tolerance = curve
    across, heights, limit = exact(x), exact(y), Fraction(tolerance)
    assert counted(x, y, tolerance) == count_segments(across, heights - limit, heights + limit)


@settings(max_examples=200)
@given(tied_curves(), st.sampled_from([0.1, 0.3, 1 / 3]))
def test_limits_that_are_products_are_not_rounded_down(curve, tolerance):
    x, y, _ = curve
    unit = np.abs(y)
    across, heights = exact(x), exact(y)
    limits = [
        max(Fraction(tolerance) * Fraction(float(u)), Fraction(tolerance * float(u))) for u in unit
    ]
    expected = count_segments(across, heights - limits, heights + limits)
    assert count_exactly(x, y, np.full(x.size, tolerance), unit) == expected


@given(tied_curves(), st.integers(-1000, 900), st.integers(-1000, 900))
def test_powers_of_two_change_nothing_however_large(curve, across, up):
    x, y, tolerance = curve
    moved = counted(np.ldexp(x, across), np.ldexp(y, up), np.ldexp(tolerance, up))
    subnormal = min(across, up) < -960
    assert subnormal or moved == counted(x, y, tolerance)


def test_numbers_of_very_different_size_are_told_apart():
    x = [0.0, 1e-300, 1.0, 1e100]
    assert counted(x, [0.0, 1.0, 0.0, 0.0], 0.0) == 3
    assert counted(x, [0.0, 1.0, 0.0, 0.0], 0.5) == 1
    assert counted(x, [0.0, 1e-300, 1e100, 1e-300], 1e-301) == 3


@given(tied_curves(), st.integers(1, 8))
def test_counting_stops_beyond_the_number_asked_for(curve, at_most):
    count = counted(*curve)
    assert counted(*curve, at_most=at_most) == (count if count <= at_most else None)


def test_counting_ends_when_it_is_told_to():
    x = np.arange(20_000.0)
    assert counted(x, np.sin(x), 0.1, watch=lambda: True) is None
