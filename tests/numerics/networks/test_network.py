"""Batched networks: values and derivatives are those of plain loops, autograd and differences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import derivative_by_differences, evaluate_by_loops
from worker.numerics.networks.network import Shape, evaluate, evaluate_with_jacobian, flatten

shapes = st.lists(st.integers(1, 6), max_size=3).map(lambda hidden: Shape((1, *hidden, 1)))
seeds = st.integers(0, 2**32)
# The same numbers as arrays of numpy and of torch.
libraries = pytest.mark.parametrize("of", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])


def random_batch(shape, seed, batch=3, points=7, each=False):
    generator = np.random.default_rng(seed)
    parameters = generator.normal(size=(batch, shape.parameters))
    return parameters, generator.uniform(size=(batch if each else 1, points))


def weights_of(shape, parameters, row):
    return [(w[row], b[row]) for w, b in shape.layers(parameters)]


def by_autograd(shape, parameters, u):
    """Derivatives of one network's values [N] by its parameters [P], with torch alone: [P, N]."""

    def values(flat):
        hidden = torch.from_numpy(u)[None]
        layers = shape.layers(flat[None])
        for weight, bias in layers[:-1]:
            hidden = torch.relu(weight[0] @ hidden + bias[0, :, None])
        weight, bias = layers[-1]
        return (weight[0] @ hidden)[0] + bias[0]

    return torch.autograd.functional.jacobian(values, torch.from_numpy(parameters)).T.numpy()


@libraries
@given(shape=shapes, seed=seeds)
def test_values_are_those_of_plain_loops(of, shape, seed):
    parameters, u = random_batch(shape, seed)
    values = np.asarray(evaluate(shape, of(parameters), of(u)))
    for row in range(len(parameters)):
        plain = evaluate_by_loops(weights_of(shape, parameters, row), u[0].tolist())
        assert values[row] == pytest.approx(plain, rel=1e-12, abs=1e-12)


@libraries
@given(shape=shapes, seed=seeds)
def test_flatten_undoes_layers(of, shape, seed):
    parameters = of(random_batch(shape, seed)[0])
    layers = shape.layers(parameters)
    assert bool((flatten(layers) == parameters).all())
    assert shape.parameters == sum(w[0].reshape(-1).shape[0] + b.shape[1] for w, b in layers)


@libraries
@given(shape=shapes, seed=seeds)
def test_the_jacobian_is_that_of_autograd(of, shape, seed):
    parameters, u = random_batch(shape, seed)
    values, jacobian = evaluate_with_jacobian(shape, of(parameters), of(u))
    assert type(values) is type(jacobian) is type(of(parameters))
    plain = np.asarray(evaluate(shape, of(parameters), of(u)))
    assert np.asarray(values) == pytest.approx(plain, rel=1e-13, abs=1e-13)
    for row in range(len(parameters)):
        expected = by_autograd(shape, parameters[row], u[0])
        assert np.asarray(jacobian[row]) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@settings(max_examples=20)
@given(shapes, seeds)
def test_the_jacobian_is_that_of_differences_away_from_the_kinks(shape, seed):
    parameters, u = random_batch(shape, seed, batch=1)
    _, jacobian = evaluate_with_jacobian(shape, parameters, u)

    def network(p):
        return evaluate(shape, p[None], u)[0]

    def differences(step):
        return derivative_by_differences(network, parameters[0], step=step)

    rough, fine = differences(1e-5), differences(1e-6)
    smooth = np.abs(rough - fine) < 1e-7 * (1 + np.abs(fine))
    assert np.allclose(jacobian[0][smooth], fine[smooth], rtol=1e-5, atol=1e-6)
    assert smooth.mean() > 0.5


@libraries
@given(shape=shapes, seed=seeds, each=st.booleans())
def test_a_network_is_what_it_is_alone_whatever_is_in_its_batch(of, shape, seed, each):
    parameters, u = (of(array) for array in random_batch(shape, seed, each=each))
    together, jacobians = evaluate_with_jacobian(shape, parameters, u)
    for row in range(len(parameters)):
        alone = slice(row, row + 1)
        points = u[alone] if each else u
        values, jacobian = evaluate_with_jacobian(shape, parameters[alone], points)
        assert np.allclose(together[alone], values, rtol=1e-13, atol=1e-13)
        assert np.allclose(jacobians[alone], jacobian, rtol=1e-13, atol=1e-13)


@libraries
def test_nothing_that_was_given_is_changed(of):
    shape = Shape((1, 4, 3, 1))
    parameters, u = random_batch(shape, 0)
    given_parameters, given_u = of(parameters.copy()), of(u.copy())
    evaluate(shape, given_parameters, given_u)
    evaluate_with_jacobian(shape, given_parameters, given_u)
    assert np.array_equal(given_parameters, parameters)
    assert np.array_equal(given_u, u)


def test_autograd_passes_through_the_values():
    # The paper's own recipe, in the benchmark, is trained by Adam.
    shape = Shape((1, 4, 3, 1))
    parameters, u = random_batch(shape, 1, batch=1)
    leaf = torch.from_numpy(parameters).requires_grad_()
    evaluate(shape, leaf, torch.from_numpy(u)).sum().backward()
    expected = by_autograd(shape, parameters[0], u[0]).sum(1)
    assert leaf.grad[0].numpy() == pytest.approx(expected, abs=1e-12)
