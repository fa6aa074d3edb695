"""Delivery: folding and rounding change nothing but what the certificate will say."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.network import Dtype
from schemas.samples import Samples
from schemas.target import Metric
from tests.oracles import error_in_metric, evaluate_by_loops, rounding_bound
from worker.numerics.certificate.errors import errors_at_samples
from worker.numerics.networks.delivery import (
    Delivery,
    deliver,
    evaluations,
    fold,
    shallow_weights,
)
from worker.numerics.paths.polyline import Polyline
from worker.numerics.problem.preparation import Scaling

scalings = st.builds(
    Scaling,
    x_start=st.floats(-10, 10),
    x_width=st.floats(1e-3, 1e3),
    y_middle=st.floats(-10, 10),
    y_half=st.floats(1e-3, 1e3),
)


@st.composite
def random_weights(draw):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = [1, *draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)), 1]
    weights = [
        (generator.normal(size=(out, into)), generator.normal(size=out))
        for into, out in itertools.pairwise(sizes)
    ]
    if draw(st.booleans()):
        weights[0][0][0] = 0.0
    return weights


@st.composite
def polylines(draw):
    widths = draw(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=20))
    heights = st.integers(-1000, 1000).map(lambda whole: whole / 1000)
    y = draw(st.lists(heights, min_size=len(widths) + 1, max_size=len(widths) + 1))
    start, scale = draw(st.floats(-3, 3)), draw(st.sampled_from([1e-20, 1e-3, 1.0, 7.0, 1e20]))
    x = (start + np.concatenate([[0.0], np.cumsum(widths)])) * scale
    return Polyline(x, np.array(y))


def is_power_of_two(values):
    return np.frexp(np.abs(values))[0] == 0.5


@given(random_weights(), scalings)
def test_folding_the_scaling_in_keeps_the_function(weights, scaling):
    u = np.linspace(-0.2, 1.2, 60)
    x = scaling.x_start + u * scaling.x_width
    scaled = Delivery(weights, Dtype.FLOAT64).real_function(u)
    folded = fold(weights, scaling)
    expected = scaling.y_middle + scaling.y_half * scaled
    rounding = rounding_bound(weights, u).max() * scaling.y_half + rounding_bound(folded, x).max()
    assert np.abs(evaluate_by_loops(folded, x) - expected).max() <= 8 * rounding


@given(random_weights(), scalings)
def test_first_layer_weights_are_powers_of_two_or_0_after_folding(weights, scaling):
    (first, _), *_ = fold(weights, scaling)
    assert np.all(is_power_of_two(first) | (first == 0.0))


@given(polylines())
@example(Polyline(np.array([0.0, 1.0, 2.0]), np.zeros(3)))
@example(Polyline(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])))
@example(Polyline(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 1.0, 0.0])))
def test_any_polyline_is_a_shallow_network_of_at_most_3_s_plus_1_parameters(polyline):
    weights = shallow_weights(polyline, Dtype.FLOAT64)
    neurons = weights[0][1].size
    assert 1 <= neurons <= polyline.segments
    slopes = np.diff(polyline.y) / np.diff(polyline.x)
    if np.all(np.diff(slopes) != 0.0):
        # One flat segment needs no neuron.
        assert neurons == max(polyline.segments - bool(np.any(slopes == 0.0)), 1)
    assert np.all(is_power_of_two(weights[0][0]))
    x = np.concatenate([polyline.x, (polyline.x[1:] + polyline.x[:-1]) / 2])
    difference = np.abs(evaluate_by_loops(weights, x) - polyline(x))
    assert difference.max() <= 4 * rounding_bound(weights, x).max()


@given(polylines())
def test_in_float32_the_polyline_is_kept_up_to_the_rounding_of_its_knots(polyline):
    weights = shallow_weights(polyline, Dtype.FLOAT32)
    (w, b), (out, last) = [(w.astype("f4"), b.astype("f4")) for w, b in weights]
    bounds = rounding_bound([(w, b), (out, last)], polyline.x)
    values = evaluate_by_loops([(w, b), (out, last)], polyline.x.astype("f4"))
    assert np.abs(values - polyline(polyline.x)).max() <= 8 * bounds.max()


def test_knots_that_float32_cannot_tell_apart_become_one():
    polyline = Polyline(np.array([0.0, 1.0, 1.0 + 1e-9, 2.0]), np.array([0.0, 1.0, 0.0, 3.0]))
    assert shallow_weights(polyline, Dtype.FLOAT64)[0][1].size == 3
    assert shallow_weights(polyline, Dtype.FLOAT32)[0][1].size == 2


def test_what_overflows_float32_is_not_delivered_in_it():
    polyline = Polyline(np.array([0.0, 1.0]), np.array([0.0, 1e39]))
    weights = shallow_weights(polyline, Dtype.FLOAT64)
    assert deliver(weights, Dtype.FLOAT32, (0.0, 1.0)) is None
    assert deliver(weights, Dtype.FLOAT64, (0.0, 1.0)) is not None


def test_an_x_that_overflows_float32_is_not_delivered_in_it():
    weights = [(np.array([[1.0]]), np.zeros(1)), (np.ones((1, 1)), np.zeros(1))]
    assert deliver(weights, Dtype.FLOAT32, (0.0, 1e39)) is None


@given(random_weights(), st.sampled_from(list(Dtype)))
def test_the_document_holds_every_weight_to_the_bit(weights, dtype):
    delivery = deliver(weights, dtype, (0.0, 1.0))
    for layer, (w, b) in zip(delivery.document().layers, delivery.weights, strict=True):
        assert np.array_equal(np.array(layer.weight, dtype=dtype.value), w)
        assert np.array_equal(np.array(layer.bias, dtype=dtype.value), b)
    assert delivery.parameters == sum(w.size + b.size for w, b in delivery.weights)
    assert delivery.widths == [1, *(b.size for _, b in delivery.weights)]


@given(random_weights(), st.sampled_from(list(Dtype)))
def test_both_plain_orders_of_summation_are_among_the_evaluations(weights, dtype):
    delivery = deliver(weights, dtype, (0.0, 1.0))
    x = np.linspace(-1.0, 1.0, 11)
    tried = [values.tolist() for values in evaluations(delivery, x)]
    for bias_first in (True, False):
        assert evaluate_by_loops(delivery.weights, x, bias_first=bias_first).tolist() in tried


@given(random_weights(), st.sampled_from(list(Dtype)), st.sampled_from(list(Metric)))
def test_the_delivered_error_is_the_largest_over_the_orders(weights, dtype, metric):
    delivery = deliver(weights, dtype, (0.0, 1.0))
    x = np.linspace(-1.0, 1.0, 11)
    samples = Samples(x=x, y=2.0 + np.sin(x))
    error = errors_at_samples(delivery, samples)[metric]
    truths = [
        error_in_metric(
            metric.value, evaluate_by_loops(delivery.weights, x, bias_first=b), samples.y
        )
        for b in (True, False)
    ]
    assert error >= max(truths) * (1 - 1e-12)
    assert error == pytest.approx(max(truths), rel=1e-4 if dtype is Dtype.FLOAT32 else 1e-11)
