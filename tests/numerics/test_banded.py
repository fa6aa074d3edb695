"""Banded systems against dense solutions; what cannot be solved is NaN, and nothing is raised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.numerics.banded import solve_banded, solve_tridiagonal


def dense(diagonals):
    """The system whose upper diagonals these are, the main one last."""
    upper = sum(np.diag(row[offset:], offset) for offset, row in enumerate(diagonals[::-1]))
    return upper + np.triu(upper, 1).T


@given(st.integers(4, 30), st.integers(1, 4), st.integers(0, 2**32))
def test_what_is_found_solves_the_system(size, count, seed):
    generator = np.random.default_rng(seed)
    diagonals = generator.normal(size=(count, size))
    diagonals[-1] = 10.0 + generator.uniform(size=size)
    for right in (generator.normal(size=size), generator.normal(size=(size, 3))):
        found = solve_banded(diagonals, right)
        np.testing.assert_allclose(dense(diagonals) @ found, right, atol=1e-12)
    two = diagonals[-2:] if count > 1 else np.stack([0 * diagonals[-1], diagonals[-1]])
    found = solve_tridiagonal(two[1], two[0, 1:], right)
    np.testing.assert_allclose(dense(two) @ found, right, atol=1e-12)


@pytest.mark.parametrize("entry", [0.0, np.inf, np.nan])
def test_a_system_that_cannot_be_solved_has_no_solution_and_raises_nothing(entry):
    assert np.isnan(solve_tridiagonal(np.full(3, entry), np.full(2, entry), np.ones(3))).all()
    assert np.isnan(solve_banded(np.full((2, 3), entry), np.ones((3, 2)))).all()
