"""Batched networks: values and derivatives are those of plain loops, autograd and differences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import derivative_by_differences, evaluate_by_loops
from worker.numerics.network import Shape, evaluate, evaluate_with_jacobian, flatten

shapes = st.lists(st.integers(1, 6), max_size=3).map(lambda hidden: Shape((1, *hidden, 1)))
seeds = st.integers(0, 2**32)


def random_batch(shape, seed, batch=3, points=7):
    generator = torch.Generator().manual_seed(seed)
    parameters = torch.randn(batch, shape.parameters, generator=generator, dtype=torch.float64)
    u = torch.rand(1, points, generator=generator, dtype=torch.float64)
    return parameters, u


def weights_of(shape, parameters, row):
    return [(w[row].numpy(), b[row].numpy()) for w, b in shape.layers(parameters)]


@given(shapes, seeds)
def test_values_are_those_of_plain_loops(shape, seed):
    parameters, u = random_batch(shape, seed)
    values = evaluate(shape, parameters, u).numpy()
    for row in range(len(parameters)):
        plain = evaluate_by_loops(weights_of(shape, parameters, row), u[0].tolist())
        assert values[row] == pytest.approx(plain, rel=1e-12, abs=1e-12)


@given(shapes, seeds)
def test_flatten_undoes_layers(shape, seed):
    parameters, _ = random_batch(shape, seed)
    assert torch.equal(flatten(shape.layers(parameters)), parameters)
    assert shape.parameters == sum(w[0].numel() + b[0].numel() for w, b in shape.layers(parameters))


@given(shapes, seeds)
def test_the_jacobian_is_that_of_autograd(shape, seed):
    parameters, u = random_batch(shape, seed)
    values, jacobian = evaluate_with_jacobian(shape, parameters, u)
    assert torch.allclose(values, evaluate(shape, parameters, u), rtol=1e-13, atol=1e-13)
    for row in range(len(parameters)):
        single = torch.autograd.functional.jacobian(
            lambda p: evaluate(shape, p[None], u)[0], parameters[row]
        )
        assert torch.allclose(jacobian[row], single.T, rtol=1e-12, atol=1e-12)


@settings(max_examples=20)
@given(shapes, seeds)
def test_the_jacobian_is_that_of_differences_away_from_the_kinks(shape, seed):
    parameters, u = random_batch(shape, seed, batch=1)
    _, jacobian = evaluate_with_jacobian(shape, parameters, u)

    def network(p):
        return evaluate(shape, torch.from_numpy(p)[None], u)[0].numpy()

    def differences(step):
        return derivative_by_differences(network, parameters[0].numpy(), step=step)

    rough, fine = differences(1e-5), differences(1e-6)
    smooth = np.abs(rough - fine) < 1e-7 * (1 + np.abs(fine))
    assert np.allclose(jacobian[0].numpy()[smooth], fine[smooth], rtol=1e-5, atol=1e-6)
    assert smooth.mean() > 0.5


@given(shapes, seeds)
def test_every_problem_of_a_batch_has_its_own_points(shape, seed):
    parameters, _ = random_batch(shape, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    u = torch.rand(len(parameters), 5, generator=generator, dtype=torch.float64)
    together, jacobians = evaluate_with_jacobian(shape, parameters, u)
    for row in range(len(parameters)):
        alone = slice(row, row + 1)
        values, jacobian = evaluate_with_jacobian(shape, parameters[alone], u[alone])
        assert torch.allclose(together[alone], values, rtol=1e-14, atol=1e-14)
        assert torch.allclose(jacobians[alone], jacobian, rtol=1e-14, atol=1e-14)
