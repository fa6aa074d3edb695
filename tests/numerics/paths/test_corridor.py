"""The corridor: no continuous piecewise-linear function through the gates has fewer segments."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.functions import FUNCTIONS, KNOWN_SEGMENTS, curve, sampled
from tests.oracles import fewest_segments_by_enumeration, fewest_segments_in_a_tube
from worker.numerics.paths.corridor import (
    Corners,
    Corridor,
    count_segments,
    fewest_segments,
    hold,
    narrow,
)

ULPS = 64


@st.composite
def whole_gates(draw, most=5):
    """Gates of small whole numbers: ties everywhere, points where lower and upper agree."""
    count = draw(st.integers(2, most))
    x = np.cumsum(draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)))
    lower = np.array(draw(st.lists(st.integers(-4, 4), min_size=count, max_size=count)))
    height = np.array(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))
    return x, lower, lower + height


@st.composite
def curves(draw, most=30):
    """Samples in generic position, and a tolerance."""
    count = draw(st.integers(2, most))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = np.cumsum(generator.uniform(0.01, 1.0, count))
    y = generator.normal(size=count)
    if draw(st.booleans()):
        y = np.cumsum(np.cumsum(y))
    return x, y, draw(st.floats(1e-3, 1.0)) * float(np.ptp(y))


def narrowest(x, y, *, at_most, steps):
    def corridor_at(width):
        return Corridor(x, y - width, y + width)

    return narrow(hold(corridor_at(at_most), at_most), corridor_at, steps=steps, precision=0.0)


def fractions(column):
    return np.array([Fraction(int(value)) for value in column], dtype=object)


@settings(max_examples=80)
@given(whole_gates())
@example((np.arange(1, 6), np.array([0, 1, 0, 1, 0]), np.array([0, 1, 0, 1, 0])))
@example((np.arange(1, 6), np.array([0, 1, 3, 6, 6]), np.array([0, 1, 3, 6, 6])))
def test_in_exact_arithmetic_the_count_is_the_smallest_there_is_ties_included(gates):
    x, lower, upper = gates
    expected = fewest_segments_by_enumeration(x, lower, upper)
    assert count_segments(*map(fractions, gates)) == expected


@settings(max_examples=40)
@given(curves(most=6))
def test_in_floating_point_the_count_lies_between_those_of_a_wider_and_a_narrower_corridor(case):
    x, y, tolerance = case
    wide, narrow = tolerance * (1 + 1e-5), tolerance * (1 - 1e-5)
    count = count_segments(x, y - tolerance, y + tolerance)
    assert fewest_segments_by_enumeration(x, y - wide, y + wide) <= count
    assert count <= fewest_segments_by_enumeration(x, y - narrow, y + narrow)


@pytest.mark.parametrize("name", KNOWN_SEGMENTS)
def test_the_shipped_curves_need_the_published_number_of_segments(name):
    samples = curve(name)
    counts = {}
    for share in KNOWN_SEGMENTS[name]:
        width = share * samples.y_range
        counts[share] = count_segments(samples.x, samples.y - width, samples.y + width)
    assert counts == KNOWN_SEGMENTS[name]


def assert_passes(path, x, y, tolerance):
    # Rounding: of values, and of knots, where the path is steep.
    steepness = np.abs(np.diff(path.y) / np.diff(path.x))
    size = np.abs(path.y).max() + tolerance + np.abs(x).max() * steepness.max()
    assert np.all(np.abs(path(x) - y) <= tolerance + ULPS * np.finfo(float).eps * size)


@given(curves())
def test_the_path_passes_every_gate_with_exactly_as_many_segments_as_were_counted(case):
    x, y, tolerance = case
    path = fewest_segments(x, y - tolerance, y + tolerance)
    assert path.segments == count_segments(x, y - tolerance, y + tolerance)
    assert (path.x[0], path.x[-1]) == (x[0], x[-1])
    assert np.all(np.diff(path.x) > 0)
    assert_passes(path, x, y, tolerance)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("share", [1e-1, 1e-2, 1e-4, 1e-7])
def test_the_path_passes_every_gate_of_a_known_function(name, share):
    samples = sampled(name)
    tolerance = share * (samples.y_range or 1.0)
    path = fewest_segments(samples.x, samples.y - tolerance, samples.y + tolerance)
    assert path.segments == count_segments(samples.x, samples.y - tolerance, samples.y + tolerance)
    assert_passes(path, samples.x, samples.y, tolerance)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0, 1e-17, 1], [0, 1, 0]),
        ([0, 1e-9, 1], [0, 1, 0]),
        ([1, 1 + 2**-52, 2], [0, 1, 0]),
        ([0, 1 - 2**-53, 1], [0, 1, 0]),
        ([0, 1e-12, 2e-12, 1, 1e6], [0, 1, 0, 1, 0]),
    ],
)
def test_very_uneven_spacing_loses_no_knot(x, y):
    x, y = np.array(x, float), np.array(y, float)
    path = fewest_segments(x, y - 1e-3, y + 1e-3)
    at = np.clip(np.searchsorted(path.x, x, side="right") - 1, 0, path.segments - 1)
    # Steep segments make one ulp of a knot's x visible: allow for it there and only there.
    steepness = np.abs(np.diff(path.y) / np.diff(path.x))[at]
    assert np.all(np.abs(path(x) - y) <= 1e-3 + 4 * np.spacing(x) * steepness + 1e-12)
    assert np.abs(path.y).max() < 2.0


@given(curves(), st.floats(1.0, 10.0))
def test_a_looser_tolerance_never_needs_more_segments(case, factor):
    x, y, tolerance = case
    tight = count_segments(x, y - tolerance, y + tolerance)
    assert count_segments(x, y - factor * tolerance, y + factor * tolerance) <= tight


@given(whole_gates(most=8))
def test_reflection_keeps_the_count(gates):
    x, lower, upper = map(fractions, gates)
    count = count_segments(x, lower, upper)
    assert count_segments(-x[::-1], lower[::-1], upper[::-1]) == count
    assert count_segments(x, -upper, -lower) == count


@given(whole_gates(most=8), st.integers(1, 9), st.integers(1, 9), st.integers(-9, 9))
def test_scaling_shifting_and_shearing_keep_the_count(gates, wider, higher, steeper):
    x, lower, upper = map(fractions, gates)
    tilt = steeper * x
    moved = count_segments(wider * x + 7, higher * lower + tilt, higher * upper + tilt)
    assert moved == count_segments(x, lower, upper)


@given(curves())
def test_tolerance_zero_interpolates(case):
    x, y, _ = case
    path = fewest_segments(x, y, y)
    assert_passes(path, x, y, 0.0)
    assert path.segments <= x.size - 1


@given(curves(), st.integers(1, 30))
def test_counting_stops_beyond_the_number_asked_for(case, at_most):
    x, y, tolerance = case
    count = count_segments(x, y - tolerance, y + tolerance)
    capped = count_segments(x, y - tolerance, y + tolerance, at_most=at_most)
    assert capped == (count if count <= at_most else None)


@given(curves())
def test_the_smallest_tolerance_is_held_by_the_segments_it_was_asked_for(case):
    x, y, tolerance = case
    segments = count_segments(x, y - tolerance, y + tolerance)
    smallest = narrowest(x, y, at_most=tolerance, steps=30).tolerance
    assert 0.0 <= smallest <= tolerance
    assert count_segments(x, y - smallest, y + smallest) <= segments


def test_the_smallest_tolerance_of_one_segment_is_the_minimax_line():
    x = np.linspace(0.0, 1.0, 1001)
    smallest = narrowest(x, x**2, at_most=1.0, steps=60)
    assert smallest.segments == 1
    assert smallest.tolerance == pytest.approx(1 / 8, rel=1e-6)


# --- a tube between the gates ---------------------------------------------------------------------


def between(x, parts):
    """Abscissae that divide every gap between gates."""
    return [left + (right - left) * p for left, right in itertools.pairwise(x) for p in parts]


@settings(max_examples=150)
@given(whole_gates(most=6))
@example((np.arange(1, 6), np.array([0, 1, 0, 1, 0]), np.array([0, 1, 0, 1, 0])))
def test_in_a_tube_no_function_with_knots_on_a_grid_has_fewer_segments(gates):
    x, lower, upper = map(fractions, gates)
    count = count_segments(x, lower, upper, Corners.none(x.size))
    grid = between(x, [Fraction(i, 8) for i in range(1, 8)])
    assert count <= fewest_segments_in_a_tube(x, lower, upper, grid)
    assert count >= count_segments(x, lower, upper)


@settings(max_examples=80)
@given(curves(most=7))
def test_in_a_tube_the_path_stays_inside_and_is_the_shortest_with_its_knots_or_others(case):
    x, y, tolerance = case
    lower, upper, free = y - tolerance, y + tolerance, Corners.none(x.size)
    path = fewest_segments(x, lower, upper, free)
    assert path.segments == count_segments(x, lower, upper, free)
    grid = [*between(x, np.linspace(0.05, 0.95, 10)), *path.x]
    slack = 1e-9 * (np.ptp(y) + tolerance)
    assert fewest_segments_in_a_tube(x, lower - slack, upper + slack, grid) <= path.segments
    assert fewest_segments_in_a_tube(x, lower + slack, upper - slack, grid) >= path.segments


@given(curves())
def test_in_a_tube_the_path_is_nowhere_further_off_than_the_tolerance(case):
    x, y, tolerance = case
    path = fewest_segments(x, y - tolerance, y + tolerance, Corners.none(x.size))
    assert (path.x[0], path.x[-1]) == (x[0], x[-1])
    assert_passes(path, x, y, tolerance)
    off = np.abs(path.y - np.interp(path.x, x, y)).max()
    assert off <= tolerance * (1 + 1e-6) + 1e-9 * np.ptp(y)


@st.composite
def tubes(draw, most=8):
    """Gates of a tube and corners between them that widen it."""
    x, lower, upper = draw(whole_gates(most))
    offsets, inside = [0], []
    for i in range(len(x) - 1):
        parts = sorted({Fraction(p, 7) for p in draw(st.lists(st.integers(1, 6), max_size=3))})
        for part in parts:
            low = lower[i] + part * int(lower[i + 1] - lower[i]) - draw(st.integers(0, 3))
            high = upper[i] + part * int(upper[i + 1] - upper[i]) + draw(st.integers(0, 3))
            inside.append((x[i] + part * int(x[i + 1] - x[i]), low, high))
        offsets.append(len(inside))
    columns = (np.array(column, dtype=object) for column in zip(*inside, strict=True))
    empty = np.empty(0, dtype=object)
    corners = (
        Corners(np.array(offsets), *columns)
        if inside
        else Corners(np.array(offsets), empty, empty, empty)
    )
    return fractions(x), fractions(lower), fractions(upper), corners


@settings(max_examples=150)
@given(tubes())
def test_corners_that_are_looked_at_only_where_a_window_ends_count_like_any_gate(tube):
    x, lower, upper, corners = tube
    columns = (
        np.concatenate(pair)
        for pair in ((x, corners.x), (lower, corners.lower), (upper, corners.upper))
    )
    every_x, every_lower, every_upper = columns
    order = np.argsort(every_x.astype(float))
    all_gates = every_x[order], every_lower[order], every_upper[order]
    count = count_segments(x, lower, upper, corners)
    assert count == count_segments(*all_gates, Corners.none(order.size))
    assert count_segments(x, lower, upper) <= count
    assert count <= count_segments(x, lower, upper, Corners.none(x.size))


@given(curves())
def test_a_tube_of_tolerance_zero_has_a_knot_at_every_sample_that_bends(case):
    x, y, _ = case
    path = fewest_segments(x, y, y, Corners.none(x.size))
    assert path.segments <= x.size - 1
    assert_passes(path, x, y, 0.0)


@pytest.mark.parametrize("gap", [1e-3, 1e-9, 1e-15])
def test_beside_a_steep_step_a_tube_keeps_the_path_near(gap):
    x = np.sort(np.concatenate([np.arange(1.0, 9.0), np.arange(1.0, 9.0) + gap * np.arange(1, 9)]))
    y = np.repeat(np.arange(9.0), 2)[1:-1] % 3
    assert x.size == y.size
    path = fewest_segments(x, y - 0.01, y + 0.01, Corners.none(x.size))
    assert path.y.min() >= -0.02
    assert path.y.max() <= 2.02


@pytest.mark.parametrize("width", [1e-3, 10.0])
@pytest.mark.parametrize("last", [1, 3, 5])
def test_a_pass_ends_where_it_is_told_to(width, last):
    x = np.arange(20_000.0)
    asked = []
    corridor = Corridor(x, np.sin(x) - width, np.sin(x) + width)
    links = corridor.links(watch=lambda: len(asked) + 1 >= last or asked.append(None))
    assert links is None
    assert len(asked) == last - 1


def test_a_pass_that_goes_on_asks_all_the_way_and_finds_the_same_path():
    x = np.arange(20_000.0)
    asked = []
    corridor = Corridor(x, np.sin(x) - 0.1, np.sin(x) + 0.1)
    links = corridor.links(watch=lambda: asked.append(None))
    assert len(asked) == 5
    assert links == corridor.links()


def test_a_stopped_bisection_keeps_what_it_had():
    x = np.linspace(0.0, 1.0, 500)
    y = np.sin(6 * x)
    held = hold(Corridor(x, y - 0.1, y + 0.1), 0.1)
    assert held is not None
    answers = iter([False, True, True])

    def corridor_at(width):
        return Corridor(x, y - width, y + width)

    stopped = narrow(held, corridor_at, steps=20, precision=0.0, stopped=lambda: next(answers))
    assert stopped is held
