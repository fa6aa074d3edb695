"""The outline of a network: its own function, few enough points, whatever the weights are."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.jobs import MAX_OUTLINE
from schemas.network import Dtype
from schemas.samples import canonical_samples
from schemas.target import Target
from tests.functions import sampled
from tests.oracles import evaluate_by_loops, rounding_bound
from worker.numerics.certificate.breakpoints import propagate
from worker.numerics.certificate.outline import most_telling, outline, outline_in_training
from worker.numerics.networks.delivery import Delivery
from worker.numerics.problem.preparation import prepare

widths = st.lists(st.integers(1, 16), min_size=1, max_size=4).map(lambda hidden: [1, *hidden, 1])
intervals = st.sampled_from([(-3.0, 5.0), (0.0, 1.0), (-1e-3, 7e2), (1e6, 1e6 + 1.0)])
seeds = st.integers(0, 2**32)


def network(seed, sizes):
    generator = np.random.default_rng(seed)
    return [
        (generator.normal(size=(out, into)), generator.normal(size=out))
        for into, out in itertools.pairwise(sizes)
    ]


def zigzag(teeth):
    """A wide layer that goes up and down between 0 and 1, so often from 0 to 1."""
    knots = np.arange(2 * teeth) / (2 * teeth)
    turns = np.where(np.arange(2 * teeth) % 2 == 0, 1.0, -1.0) * 4.0 * teeth
    turns[0] /= 2
    return [(np.ones((knots.size, 1)), -knots), (turns[None], np.zeros(1))]


@given(seeds, widths, intervals)
def test_every_point_lies_on_the_network_in_order_and_the_ends_are_kept(seed, sizes, interval):
    weights = network(seed, sizes)
    drawn = outline(Delivery(weights, Dtype.FLOAT64), *interval)
    x = np.array(drawn.x)
    assert x.size <= MAX_OUTLINE
    assert (x[0], x[-1]) == interval
    assert np.all(np.diff(x) > 0)
    off = np.abs(drawn.y - evaluate_by_loops(weights, x))
    assert np.all(off <= 4 * rounding_bound(weights, x))


@given(seeds, widths, intervals)
def test_with_few_breakpoints_the_outline_is_the_function(seed, sizes, interval):
    weights = network(seed, sizes)
    delivery = Delivery(weights, Dtype.FLOAT64)
    drawn = outline(delivery, *interval)
    if propagate(delivery, *interval).size <= MAX_OUTLINE:
        x = np.linspace(*interval, 500)
        off = np.abs(np.interp(x, drawn.x, drawn.y) - evaluate_by_loops(weights, x))
        assert off.max() <= 8 * rounding_bound(weights, x).max()


@pytest.mark.parametrize("teeth", [1, 100, 127, 128, 5000])
def test_a_network_of_many_segments_is_drawn_with_a_few_of_them(teeth):
    drawn = outline(Delivery(zigzag(teeth), Dtype.FLOAT64), 0.0, 1.0)
    assert len(drawn.x) == min(2 * teeth + 1, MAX_OUTLINE)
    assert (drawn.x[0], drawn.x[-1]) == (0.0, 1.0)
    height = np.array(drawn.y)
    assert np.all((np.abs(height) < 1e-9) | (np.abs(height - 1) < 1e-9))
    assert height.max() > 0.5


@given(seeds, st.integers(2, 60), st.integers(2, 20))
def test_the_next_point_to_draw_is_the_one_that_is_furthest_off(seed, count, most):
    generator = np.random.default_rng(seed)
    x, y = np.cumsum(generator.uniform(0.1, 1, count)), generator.normal(size=count)
    kept = most_telling(x, y, most)
    assert kept.size == min(count, most)
    assert (kept[0], kept[-1]) == (0, count - 1)
    assert np.all(np.diff(kept) > 0)
    if kept.size < count:
        fewer = most_telling(x, y, most - 1) if most > 2 else kept
        off = np.abs(np.interp(x, x[fewer], y[fewer]) - y)
        added = np.setdiff1d(kept, fewer)
        assert np.all(off[added] == pytest.approx(off.max()))


def test_a_spike_among_thousands_of_points_is_drawn():
    x = np.arange(10_000.0)
    y = np.sin(x / 300)
    y[7777] = 5.0
    assert 7777 in most_telling(x, y, MAX_OUTLINE)


@pytest.mark.parametrize("wild", [np.nan, np.inf, 1e308])
def test_what_is_not_finite_is_not_drawn(wild):
    weights = network(1, [1, 4, 1])
    weights[1] = (np.full((1, 4), wild), weights[1][1])
    delivery = Delivery(weights, Dtype.FLOAT64)
    assert outline(delivery, -1e3, 1e3) is None


@given(seeds, widths, st.sampled_from([(0.0, 1.0), (1.7e9, 3600.0), (-1e-7, 1e-9)]))
def test_in_training_it_is_drawn_in_the_units_of_the_samples(seed, sizes, place):
    start, width = place
    base = sampled("sin 6x", 50)
    samples = canonical_samples(start + width * base.x, 40.0 + 3.0 * base.y)
    prepared = prepare(samples, Target(tolerance=0.1))
    weights = network(seed, sizes)
    drawn = outline_in_training(weights, prepared)
    x = np.array(drawn.x)
    assert (x[0], x[-1]) == (samples.x[0], samples.x[-1])
    scaling = prepared.scaling
    v = evaluate_by_loops(weights, (x - scaling.x_start) / scaling.x_width)
    y = v * scaling.y_half + scaling.y_middle
    # What float64 loses of x far from 0, on the steepest way up.
    steepest = np.prod([np.abs(weight).sum() for weight, _ in weights])
    lost = 64 * np.finfo(float).eps * (1 + abs(start) / width) * (1 + steepest)
    assert np.abs(drawn.y - y).max() <= lost * scaling.y_half + 1e-12 * np.abs(y).max()
