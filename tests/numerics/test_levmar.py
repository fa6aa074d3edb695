"""Levenberg-Marquardt: exact where the problem is linear, never worse than its start anywhere."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from worker.numerics.levmar import Problem, minimise, p_norm
from worker.numerics.network import Shape, evaluate, evaluate_with_jacobian

seeds = st.integers(0, 2**32)


def linear_problem(generator, batch=3, unknowns=4, rows=15, weights=None):
    """``r = A p - b``, one matrix a problem."""
    matrix = torch.randn(batch, rows, unknowns, generator=generator, dtype=torch.float64)
    right = torch.randn(batch, rows, generator=generator, dtype=torch.float64)

    def residuals(parameters, index):
        return (matrix[index] @ parameters[:, :, None])[:, :, 0] - right[index]

    problem = Problem(
        residuals=residuals,
        linearise=lambda p, index: (residuals(p, index), matrix[index].transpose(1, 2)),
        weights=torch.ones_like(right) if weights is None else weights,
    )
    return problem, matrix.numpy(), right.numpy()


def network_problem(generator, shape, batch):
    u = torch.linspace(0, 1, 40, dtype=torch.float64)[None]
    target = torch.sin(torch.arange(1.0, batch + 1, dtype=torch.float64)[:, None] * 3 * u)

    def residuals(parameters, index):
        return evaluate(shape, parameters, u) - target[index]

    def linearise(parameters, index):
        values, jacobian = evaluate_with_jacobian(shape, parameters, u)
        return values - target[index], jacobian

    start = torch.randn(batch, shape.parameters, generator=generator, dtype=torch.float64)
    return Problem(residuals, linearise, torch.ones_like(target)), start


@given(seeds)
def test_a_linear_problem_is_solved_exactly(seed):
    generator = torch.Generator().manual_seed(seed)
    problem, matrix, right = linear_problem(generator)
    minimum = minimise(problem, torch.zeros(3, 4, dtype=torch.float64), iterations=60)
    for row in range(3):
        solution, *_ = np.linalg.lstsq(matrix[row], right[row], rcond=None)
        best = np.linalg.norm(matrix[row] @ solution - right[row])
        assert float(minimum.residuals[row].norm()) == pytest.approx(best, rel=1e-10)
        assert minimum.parameters[row].numpy() == pytest.approx(solution, rel=1e-4, abs=1e-5)


@given(seeds)
def test_residuals_of_weight_zero_do_not_count(seed):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.ones(3, 15, dtype=torch.float64)
    weights[:, 10:] = 0.0
    problem, matrix, right = linear_problem(generator, weights=weights)
    minimum = minimise(problem, torch.zeros(3, 4, dtype=torch.float64), iterations=60)
    for row in range(3):
        solution, *_ = np.linalg.lstsq(matrix[row, :10], right[row, :10], rcond=None)
        best = np.linalg.norm(matrix[row, :10] @ solution - right[row, :10])
        assert float(minimum.residuals[row, :10].norm()) == pytest.approx(best, rel=1e-9)


@settings(max_examples=20)
@given(seeds, st.sampled_from([2.0, 4.0, 16.0, 64.0]), st.integers(0, 15))
def test_it_never_ends_worse_than_it_started_and_its_residuals_are_true(seed, p, iterations):
    generator = torch.Generator().manual_seed(seed)
    problem, start = network_problem(generator, Shape((1, 4, 3, 1)), batch=3)
    everyone = torch.arange(3)
    minimum = minimise(problem, start, p=p, iterations=iterations)
    before = p_norm(problem.residuals(start, everyone), problem.weights, p)
    after = p_norm(minimum.residuals, problem.weights, p)
    assert torch.all(after <= before)
    assert torch.equal(minimum.residuals, problem.residuals(minimum.parameters, everyone))
    assert minimum.iterations <= iterations


@settings(max_examples=15)
@given(seeds)
def test_rising_p_norms_lead_to_the_minimax_solution(seed):
    generator = torch.Generator().manual_seed(seed)
    problem, matrix, right = linear_problem(generator, batch=1)
    parameters = torch.zeros(1, 4, dtype=torch.float64)
    for p in (2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        parameters = minimise(problem, parameters, p=p, iterations=80).parameters
    largest = float(problem.residuals(parameters, torch.arange(1)).abs().max())
    a, b = matrix[0], right[0]
    bound = np.ones((len(b), 1))
    exact = linprog(
        [0, 0, 0, 0, 1],
        A_ub=np.block([[a, -bound], [-a, -bound]]),
        b_ub=np.concatenate([b, -b]),
        bounds=[(None, None)] * 5,
    )
    # ||r||_inf <= ||r||_p <= N^(1/p) min ||r||_inf.
    assert exact.fun * (1 - 1e-9) <= largest <= exact.fun * 15 ** (1 / 64) * 1.01


@given(seeds, st.floats(1.0, 100.0))
def test_the_p_norm_lies_between_mean_and_maximum_without_overflow(seed, p):
    generator = torch.Generator().manual_seed(seed)
    residuals = torch.randn(2, 9, generator=generator, dtype=torch.float64)
    weights = torch.rand(2, 9, generator=generator, dtype=torch.float64) + 0.1
    norms = p_norm(residuals, weights, p)
    assert torch.all(norms <= residuals.abs().amax(1) * (1 + 1e-12))
    scaled = p_norm(residuals * 1e200, weights, p)
    assert torch.allclose(scaled / 1e200, norms, rtol=1e-12)


def test_observe_ends_the_iteration_and_sees_what_is_returned():
    generator = torch.Generator().manual_seed(0)
    problem, start = network_problem(generator, Shape((1, 4, 1)), batch=2)
    seen = []

    def observe(parameters, residuals):
        seen.append((parameters.clone(), residuals.clone()))
        return len(seen) == 4

    minimum = minimise(problem, start, iterations=50, observe=observe)
    assert minimum.iterations == 3
    assert torch.equal(minimum.parameters, seen[-1][0])
    assert torch.equal(minimum.residuals, seen[-1][1])


@given(seeds, st.sampled_from([2.0, 8.0]))
def test_a_problem_alone_ends_where_it_ends_among_others(seed, p):
    problem, *_ = linear_problem(torch.Generator().manual_seed(seed))
    start = torch.zeros(3, 4, dtype=torch.float64)
    together = minimise(problem, start, p=p, iterations=6)
    for row in range(3):
        this = torch.tensor([row])
        alone = Problem(
            residuals=lambda q, index, this=this: problem.residuals(q, this[index]),
            linearise=lambda q, index, this=this: problem.linearise(q, this[index]),
            weights=problem.weights[this],
        )
        minimum = minimise(alone, start[this], p=p, iterations=6)
        # Matrix products of another batch size round differently.
        assert torch.allclose(minimum.parameters[0], together.parameters[row], rtol=1e-7, atol=1e-7)


def test_dead_neurons_and_a_perfect_start_do_no_harm():
    shape = Shape((1, 3, 1))
    problem, start = network_problem(torch.Generator().manual_seed(0), shape, batch=2)
    start[0] = 0.0
    minimum = minimise(problem, start, p=8.0, iterations=10)
    assert bool(minimum.parameters.isfinite().all())
    perfect = Problem(
        residuals=lambda p, _: torch.zeros(len(p), 5, dtype=torch.float64),
        linearise=lambda p, _: (
            torch.zeros(len(p), 5, dtype=torch.float64),
            torch.zeros(len(p), shape.parameters, 5, dtype=torch.float64),
        ),
        weights=torch.ones(2, 5, dtype=torch.float64),
    )
    minimum = minimise(perfect, start, p=8.0, iterations=10)
    assert torch.equal(minimum.parameters, start)
    assert math.isfinite(float(p_norm(minimum.residuals, perfect.weights, 8.0).max()))
