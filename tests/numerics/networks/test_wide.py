"""A wide layer summed without its silent neurons is the layer: only silence is left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.network import Dtype, forward
from tests.functions import sampled
from worker.numerics.networks.delivery import Delivery, evaluations, shallow_weights
from worker.numerics.networks.wide import real_sums, sums_along, values_summed
from worker.numerics.paths.polyline import Polyline


@st.composite
def layers(draw):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 3000))
    facing = generator.choice([-0.5, -1.0, 0.0, 1.0, 2.0], count)
    bias = -facing * generator.uniform(-0.2, 1.2, count)
    gains = generator.integers(-8, 9, (1, count)).astype(float)
    x = np.sort(generator.uniform(0.0, 1.0, draw(st.integers(1, 500))))
    return [(facing[:, None], bias), (gains, np.array([0.25]))], x


@settings(max_examples=30)
@given(layers(), st.sampled_from(list(Dtype)))
def test_it_is_the_plain_sum_up_to_its_order(case, dtype):
    weights, x = case
    weights = [(w.astype(dtype.value), b.astype(dtype.value)) for w, b in weights]
    x = x.astype(dtype.value)
    found = values_summed(weights, x)
    assert found.dtype == x.dtype
    terms = np.maximum(x[:, None] * weights[0][0][:, 0] + weights[0][1], 0) * np.abs(
        weights[1][0][0]
    )
    blur = float(64 * np.finfo(x.dtype).eps * (1 + terms.sum(1).max()))
    assert found == pytest.approx(forward(weights, x), abs=blur)
    exact = [(w.astype(np.longdouble), b.astype(np.longdouble)) for w, b in weights]
    assert found.astype(float) == pytest.approx(
        sums_along(exact, x.astype(np.longdouble))[0].astype(float), abs=blur
    )


@settings(max_examples=30)
@given(layers(), st.integers(1, 4))
def test_a_deep_network_of_a_wide_first_layer_is_summed_along_x_too(case, width):
    (weight, bias), (gains, last) = [tuple(map(np.longdouble, layer)) for layer in case[0]]
    x = case[1].astype(np.longdouble)
    spread = gains / np.arange(1, width + 1)[:, None]
    deep = [(weight, bias), (spread, np.repeat(last, width)), (spread[:, :1].T, last)]
    terms = np.maximum(x[:, None] * weight[:, 0] + bias, 0) * np.abs(gains[0])
    blur = 1e-15 * (1 + terms.sum(1).max()) * (1 + np.abs(spread).sum())
    assert real_sums(deep, x)[0].astype(float) == pytest.approx(
        forward(deep, x).astype(float), abs=float(blur)
    )


@settings(max_examples=30)
@given(layers())
def test_where_every_term_is_a_whole_number_nothing_is_rounded_nor_left_out(case):
    (weight, bias), (gains, last) = case[0]
    weights = [(np.round(2 * weight), np.round(8 * bias)), (gains, last)]
    x = np.unique(np.round(64 * case[1]) - 32)
    assert values_summed(weights, x).tolist() == forward(weights, x).tolist()


def test_a_large_path_is_evaluated_so_and_a_small_one_in_every_order():
    path = sampled("noise", 4000)
    weights = shallow_weights(Polyline(path.x, path.y), Dtype.FLOAT64)
    delivery = Delivery(weights, Dtype.FLOAT64)
    many = list(evaluations(delivery, np.linspace(0.0, 1.0, 5000)))
    assert len(many) == 1
    assert len(list(evaluations(delivery, path.x[:100]))) == 8
    assert many[0] == pytest.approx(forward(weights, np.linspace(0.0, 1.0, 5000)), abs=1e-6)


def test_a_long_sum_gives_signs_of_life():
    path = Polyline(np.linspace(0.0, 1.0, 200), np.random.default_rng(0).normal(size=200))
    calls = []
    x = np.linspace(0.0, 1.0, 1000)
    weights = shallow_weights(path, Dtype.FLOAT64)
    found = values_summed(weights, x, lambda: calls.append(None))
    assert len(calls) == 8
    assert found.tolist() == values_summed(weights, x).tolist()
