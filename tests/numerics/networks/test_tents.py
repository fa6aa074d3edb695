"""Towers: the assembled network is the formula ``g + sum_i h_i(w_i)``, ``w_i = T_i(w_{i-1})``."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.network import Dtype
from tests.numerics.networks.assembling import assert_derivative_of_assembling
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.networks.delivery import Delivery
from worker.numerics.networks.knots import Zigzag, bending, plain_zigzag
from worker.numerics.networks.network import evaluate
from worker.numerics.networks.tents import REACH, Tower, starting_tower, tower_shape
from worker.numerics.paths.polyline import Polyline

u = np.linspace(0.0, 1.0, 4097)


@st.composite
def towers(draw):
    """A tower with structured parameters in general position, and what they mean."""
    pieces, signed = draw(st.integers(1, 6)), draw(st.booleans())
    sides = tuple(draw(st.lists(st.integers(2, 5), max_size=2 if signed else 3)))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    widths = generator.uniform(0.3, 1.0, pieces)
    knots = np.concatenate([[0.0], np.cumsum(widths) / widths.sum()])
    knots[-1] = 1.0
    zigzag = np.arange(pieces + 1) % 2.0
    if signed:
        zigzag *= np.where(np.arange(pieces + 1) // 2 % 2, -1.0, 1.0)
    base = generator.normal(size=pieces + 1)
    tents, parts = [], [knots[1:-1], base]
    for level, n in enumerate(sides):
        even = np.arange(1, n) / n
        if signed:
            even = np.concatenate([-even[::-1], even])
        kinks = even + generator.uniform(-REACH, REACH, even.size) / n
        heights = generator.normal(size=even.size) * 4.0**-level
        tents.append((n, kinks, heights))
        parts += [kinks, heights]
    headroom = draw(st.sampled_from([0.0, 0.5]))
    structured = np.concatenate(parts)[None]
    return Tower(zigzag, sides, signed, headroom), structured, knots, base, tents


def tips(sides, signed):
    up = np.arange(sides + 1) % 2.0
    # 0 is no kink of a signed tent: the sides next to it are one line.
    return np.concatenate([-up[:0:-1], up[1:]]) if signed else up


def formula(tower, knots, base, tents):
    total, w = np.interp(u, knots, base), np.interp(u, knots, tower.zigzag)
    for sides, kinks, heights in tents:
        nodes = np.concatenate([[-1.0 if tower.signed else 0.0], kinks, [1.0]])
        total = total + np.interp(w, nodes, np.concatenate([[0.0], heights, [0.0]]))
        w = np.interp(w, nodes, tips(sides, tower.signed))
    return total


def values_of(tower, structured):
    dense = tower.assemble(structured)
    assert dense.shape == (1, tower.shape.parameters)
    return evaluate(tower.shape, dense, u[None])[0]


@given(towers())
def test_the_assembled_network_is_the_formula(case):
    tower, structured, knots, base, columns = case
    expected = formula(tower, knots, base, columns)
    assert values_of(tower, structured) == pytest.approx(expected, abs=1e-9)


@given(towers(), st.sampled_from([-3.0, 0.0, 4.0]))
def test_kinks_further_off_than_they_may_be_count_as_those_at_the_margin(case, outside):
    tower, structured, _, _, tents = case
    beyond, at_margin = structured.copy(), structured.copy()
    place = 2 * tower.pieces
    for sides, kinks, _ in tents:
        even = np.arange(1, sides) / sides
        even = np.concatenate([-even[::-1], even]) if tower.signed else even
        beyond[0, place : place + kinks.size] = outside
        nearest = np.clip(outside, even - REACH / sides, even + REACH / sides)
        at_margin[0, place : place + kinks.size] = nearest
        place += 2 * kinks.size
    assert np.array_equal(tower.assemble(beyond), tower.assemble(at_margin))
    assert np.all(np.isfinite(tower.assemble(beyond)))


@given(towers())
def test_the_sum_is_never_cut_off_and_so_every_batch_row_is_the_tower_alone(case):
    tower, structured, *_ = case
    moved = structured.copy()
    moved[:, tower.pieces - 1 : 2 * tower.pieces] -= 1e3
    dense = tower.assemble(np.concatenate([structured, moved]))
    assert np.array_equal(dense[:1], tower.assemble(structured))
    both = evaluate(tower.shape, dense, u[None])
    assert both[1] == pytest.approx(both[0] - 1e3, abs=1e-8)


@given(st.integers(1, 40), st.integers(1, 5), st.booleans())
def test_its_size_with_two_sides_is_the_one_of_the_design(k, m, signed):
    plain = 4 * k + 5 if m == 1 else 5 * k + 12 * m - 10
    both = 5 * k + 7 if m == 1 else 6 * k + 20 * m - 17
    shape = tower_shape(k, (2,) * m, signed=signed)
    assert shape.parameters == (both if signed else plain)


@given(st.integers(1, 40), st.integers(2, 6), st.integers(2, 6), st.booleans())
def test_a_layer_holds_the_sum_w_and_the_kinks_and_the_last_goes_without_w(k, n, last, signed):
    count = 2 if signed else 1
    widths = tower_shape(k, (n, last), signed=signed).widths
    assert widths == (1, k, count * (n - 1) + 2, count * (last - 1) + 1, 1)
    assert tower_shape(k, (), signed=signed).widths == (1, k, 1)


@settings(max_examples=25)
@given(towers())
def test_every_tent_folds_every_piece_into_its_sides(case):
    tower, structured, _, _, tents = case
    if tower.signed:
        # Signed tents of unequal kinks do not keep 0 and split one piece more.
        place = 2 * tower.pieces
        for _, kinks, heights in tents:
            half = kinks.size // 2
            structured[0, place : place + half] = -kinks[half:][::-1]
            place += 2 * kinks.size
            structured[0, place - heights.size : place - half] = -heights[half:][::-1]
    layers = tower.shape.layers(tower.assemble(structured))
    delivery = Delivery([(w[0], b[0]) for w, b in layers], Dtype.FLOAT64)
    table, _ = tabulate(delivery, 0.0, 1.0)
    assert table.segments == tower.segments == tower.pieces * math.prod(tower.sides)


@given(towers())
def test_its_pieces_end_at_its_knots(case):
    tower, structured, knots, *_ = case
    assert tower.ends(structured) == pytest.approx(knots)


@settings(max_examples=25)
@given(towers())
def test_the_derivative_of_assembling_is_that_of_differences(case):
    tower, structured, *_ = case
    found = assert_derivative_of_assembling(tower, structured, u[::64])
    assert np.all(np.abs(found).max(1) > 0)


@pytest.mark.parametrize("pieces", [1, 2, 4])
@pytest.mark.parametrize("sides", [(), (2,), (2, 2, 2, 2), (3,), (4, 5), (2, 3, 5)])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_on_a_parabola_a_tent_of_n_sides_divides_the_error_of_the_start_by_n2(pieces, sides, sign):
    line = Polyline(np.linspace(0, 1, 41), np.linspace(0, 1, 41) ** 2)
    zigzag = plain_zigzag(bending(line), pieces)
    tower, structured = starting_tower(zigzag, u, sign * u**2, sides=sides, signed=False)
    error = np.abs(values_of(tower, structured) - sign * u**2).max()
    # w - w^2 = I_n(w) + (T(w) - T(w)^2) / n^2, and what is left of that is a quarter at most.
    expected = 1 / (4 * (pieces * math.prod(sides)) ** 2)
    assert error == pytest.approx(expected, rel=2e-3 if math.prod(sides) % 2 else 1e-6)


def test_on_a_cubic_signed_tents_fold_both_ways():
    v = (2 * u - 1) ** 3
    zigzag = Zigzag(np.array([0.0, 0.2, 0.5, 0.8, 1.0]), np.array([0.0, 1.0, 0.0, -1.0, 0.0]))
    errors = []
    for sides in ((), (2,), (3,)):
        tower, structured = starting_tower(zigzag, u, v, sides=sides, signed=True)
        errors.append(np.abs(values_of(tower, structured) - v).max())
    assert errors[2] < errors[1] < 0.5 * errors[0]


@pytest.mark.parametrize("signed", [False, True])
def test_the_start_interpolates_at_the_knots(signed):
    v = np.sin(3 * u)
    zigzag = Zigzag(np.linspace(0, 1, 5), np.array([0.0, 1.0, 0.0, 1.0, 0.0]))
    tower, structured = starting_tower(zigzag, u, v, sides=(), signed=signed)
    assert values_of(tower, structured)[::1024] == pytest.approx(v[::1024], abs=1e-12)
