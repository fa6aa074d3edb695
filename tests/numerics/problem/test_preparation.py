"""Scaling: x to [0, 1], y to [-1, 1], and the target in the same units."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.samples import Samples
from schemas.target import Target
from tests.oracles import error_in_metric
from worker.numerics.certificate.errors import target_error
from worker.numerics.problem.preparation import LOOSEST_LIMIT, prepare

metrics = st.sampled_from(["max_abs", "rmse", "mse", "max_rel"])


@st.composite
def any_samples(draw):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(2, 30))
    x = draw(st.floats(-1e3, 1e3)) + np.cumsum(generator.uniform(0.01, 1, count))
    y = generator.uniform(1.0, 2.0, count) * generator.choice([-1.0, 1.0], count)
    return Samples(x=x, y=y * 10.0 ** draw(st.integers(-30, 30)))


@given(any_samples(), metrics)
def test_scaled_samples_span_the_unit_interval_and_minus_one_to_one(samples, metric):
    prepared = prepare(samples, Target(metric=metric, tolerance=1.0))
    assert (prepared.u[0], prepared.u[-1]) == (0.0, 1.0)
    assert np.all(np.diff(prepared.u) > 0)
    assert (prepared.v.min(), prepared.v.max()) == pytest.approx((-1.0, 1.0), rel=1e-12)
    scaling = prepared.scaling
    assert scaling.x_start + prepared.u * scaling.x_width == pytest.approx(samples.x, rel=1e-12)
    assert scaling.y_middle + prepared.v * scaling.y_half == pytest.approx(samples.y, rel=1e-12)


@given(any_samples(), metrics, st.floats(1e-6, 0.1), st.integers(0, 2**32))
def test_a_norm_is_within_the_limit_exactly_when_the_error_is_within_the_target(
    samples, metric, share, seed
):
    values = samples.y * (1 + share * np.random.default_rng(seed).normal(size=samples.count))
    error = error_in_metric(metric, values, samples.y)
    prepared = prepare(samples, Target(metric=metric, tolerance=error))
    goal = prepared.goal
    # Beyond twice the range a limit is as good as none.
    assume(goal.limit < LOOSEST_LIMIT)
    residuals = (values - samples.y) / prepared.scaling.y_half
    assert goal.norm(residuals) == pytest.approx(goal.limit, rel=1e-9)
    assert goal.in_metric(goal.norm(residuals)) == pytest.approx(error, rel=1e-9)
    assert goal.excess(4 * error, error) == pytest.approx(2.0 if metric == "mse" else 4.0)


@given(any_samples(), st.sampled_from(["rmse", "mse"]), st.integers(0, 2**32))
def test_the_norm_of_a_weighted_mean_is_the_weighted_one(samples, metric, seed):
    generator = np.random.default_rng(seed)
    weight = 10.0 ** generator.uniform(-3, 3, samples.count) * 1e90
    samples = Samples(samples.x, samples.y, weight=weight)
    values = samples.y * (1 + 0.1 * generator.normal(size=samples.count))
    target = Target(metric=metric, tolerance=target_error(Target(metric=metric), values, samples))
    prepared = prepare(samples, target)
    residuals = (values - samples.y) / prepared.scaling.y_half
    assume(prepared.goal.limit < LOOSEST_LIMIT)
    assert prepared.goal.norm(residuals) == pytest.approx(prepared.goal.limit, rel=1e-9)
    assert prepared.goal.in_metric(prepared.goal.limit) == pytest.approx(target.tolerance, rel=1e-9)


@given(any_samples(), st.sampled_from(["max_abs", "max_rel"]), st.integers(0, 2**32))
def test_a_norm_is_within_the_limit_exactly_when_every_error_is_within_its_tolerance(
    samples, metric, seed
):
    generator = np.random.default_rng(seed)
    unit = samples.y_range if metric == "max_abs" else 1.0
    tolerance = unit * 10.0 ** generator.uniform(-6, -1, samples.count)
    samples = Samples(samples.x, samples.y, tolerance=tolerance)
    target = Target(metric=metric, tolerance="per_sample")
    values = samples.y + target.limits(samples) * generator.uniform(-1, 1, samples.count)
    share = target_error(target, values, samples)
    prepared = prepare(samples, target)
    goal, residuals = prepared.goal, (values - samples.y) / prepared.scaling.y_half
    assume((goal.limit * goal.units).max() < LOOSEST_LIMIT)
    assert goal.units.min() == 1.0
    assert goal.norm(residuals) / goal.limit == pytest.approx(share, rel=1e-6)
    assert goal.in_metric(goal.norm(residuals)) == pytest.approx(share, rel=1e-6)
    assert goal.excess(3.0, 1.0) == 3.0


def test_weights_of_zero_have_finite_units():
    samples = Samples(x=np.arange(3.0), y=np.arange(3.0), weight=np.array([0.0, 1.0, 0.0]))
    goal = prepare(samples, Target(metric="rmse", tolerance=0.1)).goal
    assert np.all(np.isfinite(goal.units))
    assert goal.norm(np.array([1.0, 0.0, 1.0])) < 1e-5


def test_without_a_tolerance_there_is_no_limit():
    samples = Samples(x=np.array([0.0, 1.0]), y=np.array([0.0, 1.0]))
    assert prepare(samples, Target()).goal.limit is None


def test_a_constant_has_a_unit_of_its_own():
    samples = Samples(x=np.array([0.0, 1.0]), y=np.array([5.0, 5.0]))
    prepared = prepare(samples, Target(tolerance=0.1))
    assert prepared.v.tolist() == [0.0, 0.0]
    assert prepared.goal.limit == 0.1


def test_the_range_of_the_largest_numbers_does_not_overflow():
    samples = Samples(x=np.array([-1e100, 1e100]), y=np.array([-1e100, 1e100]))
    prepared = prepare(samples, Target(metric="mse", tolerance=0.25, relative_to="range"))
    assert prepared.u.tolist() == [0.0, 1.0]
    assert prepared.v.tolist() == [-1.0, 1.0]
    assert prepared.goal.limit == pytest.approx(1.0)
