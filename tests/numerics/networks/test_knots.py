"""Knots: an equal share of the bending to every piece, zigzags that are 0 where it changes sign."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.numerics.networks.knots import bending, equidistribute, plain_zigzag, signed_zigzag
from worker.numerics.paths.corridor import fewest_segments
from worker.numerics.paths.polyline import Polyline

u = np.linspace(0.0, 1.0, 4001)


def path_of(function, tolerance=1e-5):
    v = function(u)
    return fewest_segments(u, v - tolerance, v + tolerance)


@st.composite
def paths(draw):
    widths = draw(st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=30))
    heights = draw(st.lists(st.floats(-1, 1), min_size=len(widths) + 1, max_size=len(widths) + 1))
    x = np.concatenate([[0.0], np.cumsum(widths)])
    x /= x[-1]
    return Polyline(x, np.array(heights))


@given(paths(), st.integers(1, 40), st.sampled_from([0.36, 0.4, 0.45, 0.5]))
def test_knots_run_from_0_to_1_and_increase(path, pieces, exponent):
    knots = equidistribute(path, pieces, exponent=exponent)
    assert knots.size == pieces + 1
    assert (knots[0], knots[-1]) == (0.0, 1.0)
    assert np.all(np.diff(knots) > 0)


@pytest.mark.parametrize(
    ("function", "cumulative"),
    [
        # |f''|^(1/2) integrates to ...
        (lambda t: t**2, lambda t: t),
        (lambda t: t**3, lambda t: t**1.5),
        (lambda t: t**4, lambda t: t**2),
        (lambda t: np.exp(3 * t), lambda t: np.expm1(1.5 * t) / np.expm1(1.5)),
    ],
)
def test_every_piece_carries_the_same_bending(function, cumulative):
    knots = equidistribute(path_of(function), 8)
    assert cumulative(knots) == pytest.approx(np.arange(9) / 8, abs=0.015)


@pytest.mark.parametrize(
    ("function", "signs", "inflections"),
    [
        (lambda t: t**3, [-1], []),
        (lambda t: np.sqrt(1 + t), [1], []),
        (lambda t: np.sin(6 * t), [1, -1], [np.pi / 6]),
        (lambda t: np.sin(12 * t), [1, -1, 1, -1], [np.pi / 12, np.pi / 6, np.pi / 4]),
        (lambda t: (t - 0.5) ** 3, [1, -1], [0.5]),
    ],
)
def test_runs_are_told_apart_by_the_sign_of_curvature(function, signs, inflections):
    shape = bending(path_of(function, 1e-4))
    assert shape.signs.tolist() == signs
    assert shape.inflections == pytest.approx(inflections, abs=0.08)
    assert shape.runs == len(signs)


def test_every_run_of_many_counts_however_small_a_part_of_the_whole_it_is():
    # Some bend over more segments than others: none is left out for that.
    shape = bending(path_of(lambda t: np.exp(-2 * t) * np.sin(20 * np.pi * t), 1e-3))
    assert shape.runs == 20
    np.testing.assert_allclose(shape.inflections, np.arange(1, 20) / 20, atol=0.01)


def test_a_line_has_one_run():
    assert bending(path_of(lambda t: 3 * t)).runs == 1


@given(paths(), st.integers(1, 40))
def test_a_plain_zigzag_alternates_between_0_and_1(path, pieces):
    zigzag = plain_zigzag(bending(path), pieces)
    assert zigzag.pieces == pieces
    assert zigzag.values.tolist() == [k % 2 for k in range(pieces + 1)]


@given(paths(), st.integers(1, 60))
def test_a_signed_zigzag_has_as_many_of_the_pieces_as_its_runs_can_share(path, pieces):
    shape = bending(path)
    fewest = max(1, 2 * shape.runs - 2)
    count = signed_zigzag(shape, pieces).pieces
    assert count in (pieces, pieces - 1) or count == fewest > pieces
    assert signed_zigzag(shape, count).pieces == count


@given(paths(), st.integers(1, 40), st.sampled_from([0.4, 0.5]))
@example(Polyline(np.array([0, 0.5, 1]), np.zeros(3)), 1, 0.5)
@example(Polyline(np.linspace(0, 1, 5), np.array([1.0, 0, 0, 0, 0])), 1, 0.5)
def test_a_signed_zigzag_is_0_at_every_inflection_and_has_the_sign_of_each_run(
    path, pieces, exponent
):
    shape = bending(path)
    zigzag = signed_zigzag(shape, pieces, exponent=exponent)
    assert (zigzag.knots[0], zigzag.knots[-1]) == (0.0, 1.0)
    assert np.all(np.diff(zigzag.knots) > 0)
    assert np.all(np.abs(np.diff(zigzag.values)) == 1.0)
    cuts = [0.0, *shape.inflections, 1.0]
    for sign, left, right in zip(shape.signs, cuts, cuts[1:], strict=False):
        inside = (zigzag.knots > left + 1e-14) & (zigzag.knots < right - 1e-14)
        assert np.all(sign * zigzag.values[inside] >= 0.0)
    for inflection in shape.inflections:
        (found,) = np.flatnonzero(np.isclose(zigzag.knots, inflection, rtol=0, atol=1e-14))
        assert zigzag.values[found] == 0.0
