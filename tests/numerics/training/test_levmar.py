"""Levenberg-Marquardt: exact where the problem is linear, never worse than its start anywhere."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from worker.numerics.backend import namespace
from worker.numerics.networks.network import Shape, evaluate, evaluate_with_jacobian, flatten
from worker.numerics.training.levmar import CHECKED, DenseProblem, minimise, p_norm

seeds = st.integers(0, 2**32)
# The same numbers as arrays of numpy and of torch.
libraries = pytest.mark.parametrize("of", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])


def linear_problem(of, matrix, right):
    """``r = A p - b``, one matrix a problem: [B, N, Q] and [B, N]."""
    matrix, right = of(matrix), of(right)

    def residuals(parameters, index):
        return (matrix[index] @ parameters[:, :, None])[:, :, 0] - right[index]

    def linearise(parameters, index):
        return residuals(parameters, index), namespace(matrix).swapaxes(matrix[index], 1, 2) + 0.0

    return DenseProblem(residuals, linearise)


def random_matrices(seed, batch=3, rows=15, unknowns=4):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(batch, rows, unknowns)), generator.normal(size=(batch, rows))


def network_problem(of, seed, shape, batch):
    """Networks of one shape, each for a sine of its own, and random starts."""
    u = of(np.linspace(0, 1, 40)[None])
    target = of(np.sin(np.arange(1.0, batch + 1)[:, None] * 3 * np.linspace(0, 1, 40)))

    def residuals(parameters, index):
        return evaluate(shape, parameters, u) - target[index]

    def linearise(parameters, index):
        values, jacobian = evaluate_with_jacobian(shape, parameters, u)
        return values - target[index], jacobian

    start = np.random.default_rng(seed).normal(size=(batch, shape.parameters))
    return DenseProblem(residuals, linearise), of(start)


def knotted_problem(of, batch, knots=8):
    """Shallow networks with even knots, each for a sine of its own: steps enough to every end."""
    shape = Shape((1, knots, 1))
    problem, _ = network_problem(of, 0, shape, batch)
    layers = [
        (np.ones((batch, knots, 1)), np.tile(-np.arange(knots) / knots, (batch, 1))),
        (np.ones((batch, 1, knots)), np.zeros((batch, 1))),
    ]
    return problem, of(flatten(layers))


def powells_problem(of, batch, copies=1):
    """Powell's singular function, minimum 0, where steps are taken for ever, each by a part.

    Each of its four unknowns is the sum of so many parameters.

    References:
        M. J. D. Powell 1962, "An iterative method for finding stationary values of a function of
        several variables".
    """
    summed = of(np.tile(np.eye(4), (1, copies)))
    linear = of(np.array([[1.0, 10, 0, 0], [0, 0, 5**0.5, -(5**0.5)]]))
    squared = of(np.array([[0.0, 1, -2, 0], [10**0.25, 0, 0, -(10**0.25)]]))

    def residuals(parameters, _):
        unknowns = parameters @ summed.T
        parts = [unknowns @ linear.T, (unknowns @ squared.T) ** 2]
        return namespace(parameters).concatenate(parts, 1)

    def linearise(parameters, index):
        xp = namespace(parameters)
        rates = 2 * (parameters @ summed.T @ squared.T)[:, None, :] * (summed.T @ squared.T)
        constant = xp.zeros_like(rates) + summed.T @ linear.T
        return residuals(parameters, index), xp.concatenate([constant, rates], 2)

    start = np.tile(np.array([3.0, -1, 0, 1]) / copies, (batch, copies))
    return DenseProblem(residuals, linearise), of(start)


def alone(problem, row):
    """One problem of a batch, by itself."""
    return DenseProblem(
        residuals=lambda parameters, index: problem.residuals(parameters, index + row),
        linearise=lambda parameters, index: problem.linearise(parameters, index + row),
    )


def everything(minimum):
    return [np.asarray(getattr(minimum, name)) for name in ("parameters", "norm", "best", "figure")]


# --- what it finds --------------------------------------------------------------------------------


@libraries
@given(seed=seeds)
def test_a_linear_problem_is_solved_exactly(of, seed):
    matrix, right = random_matrices(seed)
    minimum = minimise(linear_problem(of, matrix, right), of(np.zeros((3, 4))), iterations=60)
    for row in range(3):
        solution, *_ = np.linalg.lstsq(matrix[row], right[row], rcond=None)
        best = np.linalg.norm(matrix[row] @ solution - right[row])
        assert float(minimum.norm[row]) == pytest.approx(best, rel=1e-10)
        assert np.asarray(minimum.parameters[row]) == pytest.approx(solution, rel=1e-4, abs=1e-5)


@libraries
@settings(max_examples=10)
@given(seed=seeds)
def test_rising_p_norms_lead_to_the_minimax_solution(of, seed):
    matrix, right = random_matrices(seed, batch=1)
    problem, parameters = linear_problem(of, matrix, right), of(np.zeros((1, 4)))
    for p in (2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        parameters = minimise(problem, parameters, p=p, iterations=80).parameters
    largest = np.abs(matrix[0] @ np.asarray(parameters[0]) - right[0]).max()
    a, b, bound = matrix[0], right[0], np.ones((15, 1))
    exact = linprog(
        [0, 0, 0, 0, 1],
        A_ub=np.block([[a, -bound], [-a, -bound]]),
        b_ub=np.concatenate([b, -b]),
        bounds=[(None, None)] * 5,
    )
    # ||r||_inf <= ||r||_p <= N^(1/p) min ||r||_inf.
    assert exact.fun * (1 - 1e-9) <= largest <= exact.fun * 15 ** (1 / 64) * 1.01


def test_p_norms_lead_to_chebyshevs_line():
    # The line closest to x^2 on [-1, 1] is 1/2, and never further off than that.
    x = np.linspace(-1, 1, 201)
    problem = linear_problem(np.asarray, np.stack([np.ones(201), x], 1)[None], (x**2)[None])
    parameters, errors = np.zeros((1, 2)), []
    for p in (2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        found = minimise(problem, parameters, p=p, iterations=60, maximum=True)
        parameters = found.parameters
        errors.append(float(np.abs(x**2 - parameters[0, 0] - parameters[0, 1] * x).max()))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == pytest.approx(2 / 3, rel=0.02)
    assert errors[-1] == pytest.approx(1 / 2, rel=0.02)
    assert parameters[0] == pytest.approx([1 / 2, 0.0], abs=0.02)


@given(seeds, st.sampled_from([2.0, 8.0]))
def test_numpy_and_torch_find_the_same(seed, p):
    matrices, zeros = random_matrices(seed), np.zeros((3, 4))
    ours = minimise(linear_problem(np.asarray, *matrices), zeros, p=p, iterations=8)
    theirs = minimise(
        linear_problem(torch.from_numpy, *matrices), torch.from_numpy(zeros), p=p, iterations=8
    )
    for one, other in zip(everything(ours), everything(theirs), strict=True):
        assert one == pytest.approx(other, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("p", [2.0, 6.0])
def test_numpy_and_torch_find_the_same_network(p):
    shape, found = Shape((1, 5, 3, 1)), []
    for of in (np.asarray, torch.from_numpy):
        problem, start = network_problem(of, 3, shape, batch=4)
        found.append(everything(minimise(problem, start, p=p, iterations=5)))
    for one, other in zip(*found, strict=True):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-6)


@libraries
@given(seed=seeds, p=st.sampled_from([2.0, 8.0]))
def test_a_problem_alone_ends_where_it_ends_among_others(of, seed, p):
    problem, start = linear_problem(of, *random_matrices(seed)), of(np.zeros((3, 4)))
    together = everything(minimise(problem, start, p=p, iterations=6))
    for row in range(3):
        this = everything(minimise(alone(problem, row), start[row : row + 1], p=p, iterations=6))
        for one, other in zip(this, together, strict=True):
            # Matrix products of another batch size round differently.
            assert one[0] == pytest.approx(other[row], rel=1e-7, abs=1e-7)


# --- what it never does ---------------------------------------------------------------------------


@libraries
@settings(max_examples=20)
@given(
    seed=seeds,
    p=st.sampled_from([2.0, 4.0, 16.0, 64.0]),
    iterations=st.integers(0, 15),
    maximum=st.booleans(),
)
def test_it_never_ends_worse_than_it_started_and_its_norms_are_true(
    of, seed, p, iterations, maximum
):
    problem, start = network_problem(of, seed, Shape((1, 4, 3, 1)), batch=3)
    index = namespace(start).arange(3)

    def figure(parameters):
        found = np.asarray(problem.residuals(parameters, index))
        return np.abs(found).max(1) if maximum else np.sqrt((found**2).sum(1))

    minimum = minimise(problem, start, p=p, iterations=iterations, maximum=maximum)
    before = p_norm(problem.residuals(start, index), p)
    assert bool((minimum.norm <= before).all())
    after = p_norm(problem.residuals(minimum.parameters, index), p)
    assert np.asarray(minimum.norm) == pytest.approx(np.asarray(after), rel=1e-12)
    assert np.asarray(minimum.figure) == pytest.approx(figure(minimum.best), rel=1e-12)
    assert np.all(np.asarray(minimum.figure) <= figure(start) * (1 + 1e-12))
    assert np.all(np.asarray(minimum.figure) <= figure(minimum.parameters) * (1 + 1e-12))
    assert bool((minimum.iterations <= iterations).all())


@libraries
def test_the_start_is_left_as_it_was(of):
    problem, start = network_problem(of, 0, Shape((1, 4, 1)), batch=2)
    before = np.asarray(start).copy()
    minimise(problem, start, iterations=5)
    assert np.array_equal(start, before)


@given(seeds, st.floats(1.0, 100.0))
def test_the_p_norm_is_between_the_largest_and_the_sum_without_overflow(seed, p):
    residuals = np.random.default_rng(seed).normal(size=(2, 9))
    norms = p_norm(residuals, p)
    assert np.all(norms >= np.abs(residuals).max(1) * (1 - 1e-12))
    assert np.all(norms <= np.abs(residuals).sum(1) * (1 + 1e-12))
    assert norms == pytest.approx((np.abs(residuals) ** p).sum(1) ** (1 / p), rel=1e-9)
    if p != 2.0:
        assert p_norm(residuals * 1e200, p) / 1e200 == pytest.approx(norms, rel=1e-12)
    in_torch = p_norm(torch.from_numpy(residuals), p).numpy()
    assert in_torch == pytest.approx(norms, rel=1e-12)


@libraries
def test_residuals_of_zero_for_padding_change_nothing(of):
    matrix, right = random_matrices(5)
    padding = np.zeros((3, 6, 4)), np.zeros((3, 6))
    padded = np.concatenate([matrix, padding[0]], 1), np.concatenate([right, padding[1]], 1)
    for p in (2.0, 8.0):
        with_padding, without = (
            minimise(linear_problem(of, *arrays), of(np.zeros((3, 4))), p=p, iterations=7)
            for arrays in (padded, (matrix, right))
        )
        for one, other in zip(everything(with_padding), everything(without), strict=True):
            assert one == pytest.approx(other, rel=1e-7, abs=1e-7)


# --- when it ends ---------------------------------------------------------------------------------


@libraries
def test_watch_sees_the_best_figures_before_every_step_and_ends_what_it_says(of):
    problem, start = knotted_problem(of, batch=3)
    seen, steps, places = [], [], []

    def watch(figure, taken, parameters):
        seen.append(np.asarray(figure).copy())
        steps.append(np.asarray(taken).copy())
        places.append(np.asarray(parameters).copy())
        # The first problem is ended at once, the second before the fifth step.
        return of(np.array([True, len(seen) == 5, False]))

    minimum = minimise(problem, start, iterations=9, watch=watch)
    figures = np.stack(seen)
    assert np.all(np.diff(figures, axis=0) <= 0.0)
    assert np.array_equal(figures[-1], minimum.figure)
    assert np.all(np.isin(np.diff(steps, axis=0), (0, 1)))
    assert np.array_equal(steps[-1], minimum.iterations)
    assert np.array_equal(places[0], start)
    assert np.array_equal(places[-1], minimum.parameters)
    assert np.array_equal(minimum.parameters[0], start[0])
    assert int(minimum.iterations[0]) == 0
    assert int(minimum.iterations[1]) <= 4
    assert int(minimum.iterations[2]) == 9
    unwatched = minimise(problem, start, iterations=9)
    assert np.asarray(minimum.parameters[2]) == pytest.approx(
        np.asarray(unwatched.parameters[2]), rel=1e-7
    )


@libraries
@pytest.mark.parametrize("maximum", [False, True])
def test_a_problem_ends_when_its_figure_is_enough_and_the_others_go_on(of, maximum):
    problem, start = knotted_problem(of, batch=2)
    free = minimise(problem, start, iterations=30, maximum=maximum)
    limit = of(np.array([4.0 * float(free.figure[0]), 0.0]))
    early = minimise(problem, start, iterations=30, maximum=maximum, enough=limit)
    assert float(free.figure[0]) < float(early.figure[0]) <= float(limit[0])
    assert int(early.iterations[0]) < int(free.iterations[0])
    assert float(early.figure[1]) == pytest.approx(float(free.figure[1]), rel=1e-6)
    # The step before the last was not enough.
    last = int(early.iterations[0])
    before = minimise(alone(problem, 0), start[:1], iterations=last - 1, maximum=maximum)
    assert float(before.figure[0]) > float(limit[0])


@libraries
def test_what_is_not_on_its_way_below_a_rival_is_given_up(of):
    # Five steps divide the norm by 10^2 to 10^3: thirty more promise 1e-20, no less.
    problem, start = powells_problem(of, batch=3)
    raced = minimise(problem, start, iterations=40, to_beat=of(np.array([1e-40, np.inf, 1e-14])))
    free = minimise(problem, start, iterations=40)
    assert [int(steps) for steps in raced.iterations] == [CHECKED, 40, 40]
    assert np.array_equal(raced.parameters[1:], free.parameters[1:])
    assert float(raced.norm[0]) > 1e-14 > float(raced.norm[2])


@libraries
def test_a_problem_that_hardly_improves_any_more_is_finished(of):
    matrix, right = random_matrices(0, batch=1)
    problem, start = linear_problem(of, matrix, right), of(np.zeros((1, 4)))
    free = minimise(problem, start, p=64.0, iterations=200)
    patient = minimise(problem, start, p=64.0, iterations=200, improvement=0.2)
    steps = int(patient.iterations[0])
    assert steps < int(free.iterations[0])
    assert steps % CHECKED == 0
    # The last steps brought less than a fifth.
    before = minimise(problem, start, p=64.0, iterations=steps - CHECKED)
    assert 0.8 * float(before.norm[0]) < float(patient.norm[0]) < float(before.norm[0])


# --- what it survives -----------------------------------------------------------------------------


@libraries
def test_dead_neurons_and_a_perfect_start_do_no_harm(of):
    shape = Shape((1, 3, 1))
    problem, start = network_problem(of, 0, shape, batch=2)
    start[0] = 0.0
    minimum = minimise(problem, start, p=8.0, iterations=10)
    assert all(np.isfinite(found).all() for found in everything(minimum))
    perfect = linear_problem(of, np.zeros((2, 5, shape.parameters)), np.zeros((2, 5)))
    minimum = minimise(perfect, start, p=8.0, iterations=10)
    assert np.array_equal(minimum.parameters, start)
    assert float(minimum.figure.max()) == 0.0
    assert int(minimum.iterations.max()) == 0


@libraries
def test_singular_equations_are_survived(of):
    # Only the sum of 25 parameters counts, four times over.
    problem, start = powells_problem(of, batch=1, copies=25)
    minimum = minimise(problem, start, iterations=60)
    assert int(minimum.iterations[0]) == 60
    assert float(minimum.norm[0]) < 1e-12


@libraries
@pytest.mark.parametrize("wrong", [np.nan, 0.0])
def test_a_problem_without_a_step_spoils_no_other(of, wrong):
    problem, start = powells_problem(of, batch=3)

    def linearise(parameters, index):
        found, jacobian = problem.linearise(parameters, index)
        jacobian[index == 1] = wrong
        return found, jacobian

    minimum = minimise(DenseProblem(problem.residuals, linearise), start, iterations=20)
    free = minimise(problem, start, iterations=20)
    assert [int(steps) for steps in minimum.iterations] == [20, 0, 20]
    assert np.array_equal(minimum.parameters[1], start[1])
    assert np.array_equal(minimum.parameters[[0, 2]], free.parameters[[0, 2]])


@libraries
def test_steps_into_the_infinite_are_refused(of):
    # y = exp(exp(p u)): the first steps overflow, and the answer is p = 1.
    u = of(np.linspace(0, 1, 20)[None])
    xp = namespace(u)

    def residuals(p, _):
        return xp.exp(xp.exp(p * u)) - xp.exp(xp.exp(u))

    def linearise(p, index):
        return residuals(p, index), (xp.exp(xp.exp(p * u) + p * u) * u)[:, None]

    minimum = minimise(DenseProblem(residuals, linearise), of(np.array([[-3.0]])), iterations=100)
    assert float(minimum.parameters[0, 0]) == pytest.approx(1.0, rel=1e-6)


@libraries
def test_a_start_that_is_not_finite_is_given_back(of):
    problem, start = network_problem(of, 0, Shape((1, 3, 1)), batch=2)
    start[0] = np.nan
    minimum = minimise(problem, start, iterations=5)
    assert np.isnan(np.asarray(minimum.parameters[0])).all()
    assert int(minimum.iterations[0]) == 0
    assert float(minimum.norm[1]) < float(p_norm(problem.residuals(start, [0, 1]), 2.0)[1])


@libraries
def test_a_start_that_cannot_be_computed_is_worse_than_any_other(of):
    problem, start = network_problem(of, 0, Shape((1, 4, 1)), batch=3)
    start[1] = np.nan
    with np.errstate(invalid="ignore"):
        minimum = minimise(problem, start, iterations=5)
    assert np.asarray(minimum.figure).argmax() == 1
    assert np.asarray(minimum.norm)[1] == np.inf
    assert np.isfinite(np.asarray(minimum.norm)[[0, 2]]).all()
