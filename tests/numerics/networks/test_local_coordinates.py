"""Local coordinates: the same functions as dense parameters make, there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.numerics.networks.local_coordinates import LocalLayout, has_local_coordinates
from worker.numerics.networks.network import Shape, evaluate, flatten

u = np.linspace(0.0, 1.0, 1001)


@st.composite
def local_networks(draw):
    """A layout, and coordinates in general position."""
    widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    shape = Shape((1, draw(st.integers(1, 9)), *widths, 1))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    layout = LocalLayout(shape)
    knots = np.concatenate([[0.0], np.cumsum(generator.uniform(0.1, 1.0, layout.knots - 1))])
    table = generator.normal(size=(layout.knots, layout.a_knot))
    table[:, 0] = knots / knots[-1]
    return layout, np.concatenate([table.ravel(), generator.normal(size=layout.above)])


def value_of(layout, local):
    """What the coordinates say: values at the knots, joined by lines, and the layers above."""
    knots, values, layers = layout.split(local)
    hidden = np.stack([np.interp(u, knots, one) for one in values])
    for weight, bias in layers:
        hidden = weight @ np.maximum(hidden, 0.0) + bias[:, None]
    return hidden[0]


def dense_value(layout, dense):
    return evaluate(layout.shape, dense[None], u[None])[0]


@given(local_networks())
def test_dense_parameters_make_the_function_of_the_coordinates(network):
    layout, local = network
    dense = layout.to_dense(local)
    assert dense.size == layout.shape.parameters
    np.testing.assert_allclose(dense_value(layout, dense), value_of(layout, local), atol=1e-10)


@given(local_networks())
def test_the_coordinates_of_those_parameters_are_the_same_again(network):
    layout, local = network
    np.testing.assert_allclose(layout.from_dense(layout.to_dense(local)), local, atol=1e-10)


@given(local_networks(), st.integers(0, 2**32))
def test_neurons_that_do_nothing_inside_become_knots_where_none_are(network, seed):
    layout, local = network
    generator = np.random.default_rng(seed)
    layers = layout.shape.weights(layout.to_dense(local))
    neurons = layout.shape.widths[1]
    # Some turn on left of 0, some right of 1, at any scale.
    turns = generator.uniform(-0.5, 1.5, neurons)
    turns[0] = -0.1
    scales = generator.uniform(0.1, 10.0, neurons)
    layers[0] = scales[:, None], -turns * scales
    dense = flatten([(weight[None], bias[None]) for weight, bias in layers])[0]
    found = layout.from_dense(dense)
    knots, *_ = layout.split(found)
    assert np.all(np.diff(knots) > 0.0)
    expected = dense_value(layout, dense)
    np.testing.assert_allclose(value_of(layout, found), expected, atol=1e-9)
    np.testing.assert_allclose(dense_value(layout, layout.to_dense(found)), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("scales", "turns"),
    [([1.0, -1.0], [-0.1, 0.5]), ([1.0, 0.0], [-0.1, 0.5]), ([1.0, 1.0], [0.2, 0.5])],
    ids=["one faces left", "one is constant", "none is on everywhere"],
)
def test_other_first_layers_have_none(scales, turns):
    shape = Shape((1, 2, 1, 1))
    layers = [
        (np.array(scales)[None, :, None], (-np.array(turns) * scales)[None]),
        (np.ones((1, 1, 2)), np.zeros((1, 1))),
        (np.ones((1, 1, 1)), np.zeros((1, 1))),
    ]
    assert LocalLayout(shape).from_dense(flatten(layers)[0]) is None


def test_they_are_for_two_hidden_layers_of_which_the_first_is_wider():
    assert has_local_coordinates(Shape((1, 5, 3, 1)))
    assert not has_local_coordinates(Shape((1, 5, 1)))
    assert not has_local_coordinates(Shape((1, 3, 3, 1)))
