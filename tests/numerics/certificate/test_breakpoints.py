"""The breakpoint table is the network: every crease, nothing else, ends exact."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.network import Dtype
from schemas.table import evaluate_table
from tests.oracles import exact_breakpoints, exactly, rounding_bound
from worker.numerics.certificate.breakpoints import merge, tabulate
from worker.numerics.networks.delivery import Delivery

widths = st.lists(st.integers(1, 6), min_size=1, max_size=3).map(lambda hidden: [1, *hidden, 1])
intervals = st.sampled_from([(-3.0, 5.0), (0.0, 1.0), (0.1, 0.3), (-1e-3, 7e2), (1e6, 1e6 + 1.0)])


@st.composite
def random_networks(draw):
    """Weights from a normal distribution; some neurons dead, some of the same knot as others."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = draw(widths)
    weights = [
        (generator.normal(size=(out, into)), generator.normal(size=out))
        for into, out in itertools.pairwise(sizes)
    ]
    plant = draw(st.sampled_from(["nothing", "dead", "duplicate", "opposite"]))
    weight, bias = weights[0]
    if plant == "dead":
        weight[0], bias[0] = 0.0, -1.0
    elif plant == "duplicate":
        weight[-1], bias[-1] = 2.0 * weight[0], 2.0 * bias[0]
    elif plant == "opposite":
        weight[-1], bias[-1] = -weight[0], -bias[0]
    return weights


@st.composite
def whole_networks(draw):
    """Small whole weights: exact ties, knots on knots, knots on the ends, neurons that are 0."""
    numbers = st.integers(-3, 3)
    sizes = draw(widths)
    return [
        (
            np.array([[float(draw(numbers)) for _ in range(into)] for _ in range(out)]),
            np.array([float(draw(numbers)) for _ in range(out)]),
        )
        for into, out in itertools.pairwise(sizes)
    ]


def probes(x, seed=0):
    inside = np.random.default_rng(seed).uniform(x[0], x[-1], 200)
    return np.sort(np.concatenate([x, (x[1:] + x[:-1]) / 2, inside]))


def allowance(weights, x):
    """What rounding may do: to the network, to a crease's x, and what merging may drop."""
    bound = rounding_bound(weights, x)
    return (
        4 * bound.max()
        + 16 * np.finfo(float).eps * np.abs(Delivery(weights, Dtype.FLOAT64).real_function(x)).max()
    )


@given(random_networks() | whole_networks(), intervals)
def test_table_and_network_agree_everywhere(weights, interval):
    delivery = Delivery(weights, Dtype.FLOAT64)
    table, _ = tabulate(delivery, *interval)
    x = probes(np.array(table.x))
    difference = np.abs(evaluate_table(table, x) - delivery.real_function(x))
    assert difference.max() <= allowance(weights, x)


@given(random_networks() | whole_networks(), intervals)
def test_the_table_runs_from_end_to_end_and_x_increases(weights, interval):
    table, breakpoints = tabulate(Delivery(weights, Dtype.FLOAT64), *interval)
    assert (table.x[0], table.x[-1]) == interval
    assert np.all(np.diff(table.x) > 0)
    assert set(table.x) <= set(breakpoints.astype(np.float64).tolist())


@given(random_networks() | whole_networks(), intervals)
def test_slope_and_intercept_describe_the_same_segments(weights, interval):
    table, _ = tabulate(Delivery(weights, Dtype.FLOAT64), *interval)
    x, y, slope, intercept = (np.array(getattr(table, n)) for n in ("x", "y", "slope", "intercept"))
    size = np.abs(y).max() + np.abs(x).max() * np.abs(slope) + np.abs(intercept)
    rounding = 8 * np.finfo(float).eps * size
    # A slope between two points an ulp apart has no digits: their x are given, so it cannot.
    assert np.all(np.abs(slope * x + intercept - y) <= rounding)
    assert np.all(np.abs(slope[:-1] * x[1:] + intercept[:-1] - y[1:]) <= rounding[:-1])
    assert (slope[-1], intercept[-1]) == (slope[-2], intercept[-2])


@given(whole_networks())
# -1/3 on a piece that begins at -4, and whatever rounding makes of it on a slope of 12.
@example(
    [
        (np.array([[0.0], [-2.0], [0.0]]), np.array([0.0, 0.0, 2.0])),
        (np.array([[0.0, 3.0, -1.0]]), np.zeros(1)),
        (np.array([[-2.0]]), np.ones(1)),
        (np.ones((1, 1)), np.zeros(1)),
    ]
)
def test_the_creases_are_those_of_exact_arithmetic(weights):
    expected = exact_breakpoints(exactly(weights), -4, 4)
    table, _ = tabulate(Delivery(weights, Dtype.FLOAT64), -4.0, 4.0)
    assert table.x == pytest.approx([float(x) for x in expected], abs=1e-12)


def test_neurons_without_effect_leave_no_segments():
    # |x - 1| by two neurons, a third without output weight, a fourth that cancels a fifth.
    weight = np.array([[1.0], [-1.0], [1.0], [1.0], [1.0]])
    bias = np.array([-1.0, 1.0, -0.5, -1.7, -1.7])
    out = np.array([[1.0, 1.0, 0.0, 3.0, -3.0]])
    table, _ = tabulate(Delivery([(weight, bias), (out, np.zeros(1))], Dtype.FLOAT64), 0.0, 2.0)
    assert table.x == [0.0, 1.0, 2.0]
    assert table.y == [1.0, 0.0, 1.0]
    assert table.slope == [-1.0, 1.0, 1.0]
    assert table.intercept == [1.0, -1.0, -1.0]


def test_a_crease_that_only_a_deeper_layer_makes_is_found():
    # relu(relu(x) - 1/2): nothing bends at 1/2 before the second layer.
    weights = [
        (np.array([[1.0]]), np.zeros(1)),
        (np.array([[1.0]]), np.array([-0.5])),
        (np.array([[1.0]]), np.zeros(1)),
    ]
    table, _ = tabulate(Delivery(weights, Dtype.FLOAT64), -1.0, 1.0)
    assert table.x == [-1.0, 0.5, 1.0]


def test_a_network_that_is_0_by_cancellation_has_one_segment():
    weight, bias = np.array([[0.3], [0.7]]), np.array([-0.1, -0.7 / 3])
    out = np.array([[7.0, -3.0]])
    table, _ = tabulate(Delivery([(weight, bias), (out, np.zeros(1))], Dtype.FLOAT64), 0.0, 1.0)
    assert table.segments == 1


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=40), st.floats(0, 0.4))
def test_merging_keeps_corners_and_drops_points_of_straight_lines(turns, noise):
    x = np.arange(len(turns) + 1.0)
    y = np.concatenate([[0.0], np.cumsum(np.cumsum(turns))]).astype(float)
    wobble = noise * 1e-3 * np.sin(7 * x)
    kept = merge(x, y + wobble, blur=1e-3)
    assert (kept[0], kept[-1]) == (0, x.size - 1)
    assert np.abs(np.interp(x, x[kept], (y + wobble)[kept]) - y - wobble).max() <= 1e-3 + 1e-12
    corners = 1 + np.flatnonzero(np.array(turns[1:]))
    assert set(corners) <= set(kept.tolist())
    if noise == 0.0:
        assert set(kept.tolist()) == {0, *corners.tolist(), x.size - 1}


def test_merging_never_spends_more_than_a_met_target_leaves():
    # A crease of 1e-9 at 1e6 is within what summation blurs, but not within what is left.
    weights = [(np.array([[1.0]]), np.array([-0.5])), (np.array([[2e-9]]), np.array([1e6]))]
    delivery = Delivery(weights, Dtype.FLOAT64)
    assert tabulate(delivery, 0.0, 1.0)[0].segments == 1
    assert tabulate(delivery, 0.0, 1.0, slack=1e-10)[0].segments == 2
