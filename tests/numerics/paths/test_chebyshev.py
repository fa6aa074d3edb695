"""The exchange method finds the optimum that a solver of linear programmes finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from worker.numerics.paths.chebyshev import Model, least_error


def by_linear_programme(model):
    unknowns = model.reach.size
    limits = np.column_stack([model.jacobian, -model.units])
    mirrored = np.column_stack([-model.jacobian, -model.units])
    return linprog(
        np.append(np.zeros(unknowns), 1.0),
        A_ub=np.concatenate([limits, mirrored]),
        b_ub=np.concatenate([model.slack - model.residuals, model.slack + model.residuals]),
        bounds=[*((-r, r) for r in model.reach), (0.0, None)],
    )


@st.composite
def models(draw):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, unknowns = draw(st.integers(2, 60)), draw(st.integers(1, 8))
    # Whole numbers tie, as those of quantised curves do.
    whole = draw(st.booleans())
    jacobian = generator.normal(size=(rows, unknowns))
    residuals = generator.normal(size=rows)
    return Model(
        jacobian=np.round(2 * jacobian) if whole else jacobian,
        residuals=np.round(3 * residuals) if whole else residuals,
        units=generator.choice([1.0, 2.0], rows),
        slack=generator.choice([0.0, 0.5], rows),
        reach=np.full(unknowns, draw(st.sampled_from([0.1, 1.0, 1000.0]))),
    )


@given(models())
def test_no_unknowns_have_a_smaller_largest_error(model):
    found = least_error(model)
    assert found is not None
    z, error = found
    expected = by_linear_programme(model).fun
    assert error == pytest.approx(expected, rel=1e-7, abs=1e-8)
    reached = (np.abs(model.residuals + model.jacobian @ z) - model.slack) / model.units
    assert reached.max() <= error + 1e-9
    assert np.all(np.abs(z) <= model.reach * (1 + 1e-9))


def test_what_sums_of_far_unknowns_lose_in_rounding_is_no_breach():
    for seed in range(300):
        generator = np.random.default_rng(seed)
        model = Model(
            jacobian=np.round(2 * generator.normal(size=(5, 8))),
            residuals=np.round(3 * generator.normal(size=5)),
            units=generator.choice([1.0, 2.0], 5),
            slack=generator.choice([0.0, 0.5], 5),
            reach=np.full(8, 1000.0),
        )
        found = least_error(model)
        assert found is not None
        assert found[1] == pytest.approx(0.0, abs=1e-9)


def test_the_optimum_of_whole_numbers_is_exact():
    x = np.arange(5.0)
    model = Model(
        jacobian=np.column_stack([np.ones(5), x]),
        residuals=-np.array([0.0, 3.0, 2.0, 1.0, 4.0]),
        units=np.ones(5),
        slack=np.zeros(5),
        reach=np.full(2, 1000.0),
    )
    # Above, below, above again: 3 at 1, 1 at 3 and 4 at 4 are each 4/3 off a line of slope 1/3.
    z, error = least_error(model)
    assert error == pytest.approx(4 / 3, rel=1e-12)
    assert z[1] == pytest.approx(1 / 3, rel=1e-9)
