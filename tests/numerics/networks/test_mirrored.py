"""Mirrored towers: a tower of the distance from an axis, and a line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.numerics.networks.assembling import assert_derivative_of_assembling
from worker.numerics.networks.knots import Zigzag
from worker.numerics.networks.mirrored import Axis, Mirrored
from worker.numerics.networks.network import evaluate
from worker.numerics.networks.tents import starting_tower

u = np.linspace(0.0, 1.0, 2049)
axes = st.builds(
    Axis,
    centre=st.floats(0.1, 0.9),
    slope=st.one_of(st.just(0.0), st.floats(0.01, 5.0), st.floats(-5.0, -0.01)),
)


@st.composite
def mirrored(draw):
    """A mirrored tower in general position, and the structured parameters."""
    signed, headroom = draw(st.booleans()), draw(st.sampled_from([0.0, 0.5]))
    sides = tuple(draw(st.lists(st.integers(2, 4), min_size=1, max_size=3)))
    zigzag = Zigzag(np.array([0.0, 0.2, 0.5, 0.7, 1.0]), np.array([0.0, 1.0, 0.0, 1.0, 0.0]))
    r = np.linspace(0, 1, 50)
    tower, structured = starting_tower(
        zigzag, r, np.cos(3 * r), sides=sides, signed=signed, headroom=headroom
    )
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    structured = structured * (1 + 0.05 * generator.standard_normal(structured.shape))
    return Mirrored(tower, draw(axes)), structured


@given(mirrored())
def test_it_is_the_tower_of_the_distance_and_the_line(case):
    family, structured = case
    axis, tower = family.axis, family.tower
    dense = family.assemble(structured)
    assert dense.shape == (1, family.shape.parameters)
    found = evaluate(family.shape, dense, u[None])[0]
    far = np.abs(u - axis.centre) / axis.reach
    tower_of_it = evaluate(tower.shape, tower.assemble(structured), far[None])[0]
    assert found == pytest.approx(tower_of_it + axis.slope * (u - axis.centre), abs=1e-9)


@given(mirrored())
def test_its_pieces_end_on_both_sides_and_hold_its_segments(case):
    family, structured = case
    ends = family.ends(structured)
    assert ends.size - 1 == 2 * family.tower.pieces
    assert np.all(np.diff(ends) > 0)
    assert ends[family.tower.pieces] == pytest.approx(family.axis.centre)
    assert family.segments == 2 * family.tower.segments


@given(mirrored())
def test_the_derivative_of_assembling_is_that_of_differences(case):
    family, structured = case
    assert_derivative_of_assembling(family, structured, u[::64])


@given(st.integers(1, 40), st.booleans())
def test_it_takes_three_numbers_a_knot_besides_those_above(pieces, line):
    zigzag = Zigzag(np.linspace(0, 1, pieces + 1), np.arange(pieces + 1) % 2.0)
    tower, _ = starting_tower(zigzag, u, u**2, sides=(2, 2), signed=False)
    family = Mirrored(tower, Axis(0.5, float(line)))
    knots = pieces + line
    assert family.shape.widths == (1, 2, knots, 3, 2, 1)
    assert family.shape.parameters == 4 + 3 * knots + 3 * (knots + 1) + 8 + 3
