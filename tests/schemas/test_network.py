"""Evaluating a network with numpy: the same as doing it by hand, in the network's own dtype."""

import itertools

import numpy as np
import pytest

from schemas import network as module
from schemas.network import Dtype, Layer, Network, Outside, evaluate


def _network(widths, dtype, seed=0):
    generator = np.random.default_rng(seed)
    return Network(
        layers=[
            Layer(
                weight=generator.normal(size=(rows, columns)).tolist(),
                bias=generator.normal(size=rows).tolist(),
            )
            for columns, rows in itertools.pairwise(widths)
        ],
        dtype=dtype,
    )


def _by_hand(network, x):
    """One point at a time, one neuron at a time, in Python's floats."""
    hidden = [float(x)]
    for number, layer in enumerate(network.layers):
        hidden = [
            sum(w * h for w, h in zip(row, hidden, strict=True)) + bias
            for row, bias in zip(layer.weight, layer.bias, strict=True)
        ]
        if number < len(network.layers) - 1:
            hidden = [max(value, 0.0) for value in hidden]
    [value] = hidden
    return value


@pytest.mark.parametrize("dtype", Dtype)
@pytest.mark.parametrize("widths", [(1, 1), (1, 5, 1), (1, 4, 4, 4, 1), (1, 30, 3, 1)])
def test_evaluation_agrees_with_evaluation_by_hand(widths, dtype):
    network = _network(widths, dtype)
    x = np.linspace(-3.0, 3.0, 101)
    values = evaluate(network, x)
    assert values.dtype == dtype.value
    assert values.shape == x.shape
    tolerance = 100 * np.finfo(dtype.value).eps
    expected = [_by_hand(network, point) for point in x]
    np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance * 10)


@pytest.mark.parametrize("numbers", [1, 64, 1_000])
def test_the_slabs_do_not_show_in_the_values(monkeypatch, numbers):
    network = _network((1, 16, 4, 1), Dtype.FLOAT64)
    x = np.linspace(-3.0, 3.0, 257)
    whole = evaluate(network, x)
    monkeypatch.setattr(module, "CHUNK_NUMBERS", numbers)
    np.testing.assert_allclose(evaluate(network, x), whole, rtol=1e-13, atol=1e-13)


def test_a_float32_network_rounds_x_and_weights_to_float32():
    third = 1 / 3
    network = Network(layers=[Layer(weight=[[third]], bias=[0.0])], dtype=Dtype.FLOAT32)
    assert evaluate(network, [0.1])[0] == np.float32(third) * np.float32(0.1)


def test_a_slope_that_is_too_steep_for_float32_does_nothing_in_the_interval():
    network = _network((1, 3, 1), Dtype.FLOAT32)
    outside = Outside(x_min=-1.0, x_max=1.0, left=1e60, right=-1e60)
    extended = network.model_copy(update={"outside": outside})
    inside = [-1.0, 0.25, 1.0]
    np.testing.assert_array_equal(evaluate(extended, inside), evaluate(network, inside))
    assert evaluate(extended, [-2.0, 2.0]).tolist() == [-np.inf, -np.inf]


def test_no_points_have_no_values():
    assert evaluate(_network((1, 3, 1), Dtype.FLOAT64), []).shape == (0,)


def test_json_keeps_every_weight_exactly():
    network = _network((1, 7, 1), Dtype.FLOAT64)
    assert Network.model_validate_json(network.model_dump_json()) == network
