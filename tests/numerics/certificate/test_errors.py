"""Errors at the samples: what is averaged, and what is compared with what."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.samples import Samples
from schemas.target import Target
from worker.numerics.certificate.errors import error_in, target_error

POSITIVE = st.floats(1e-3, 1e3)
ROWS = st.lists(
    st.tuples(st.floats(-10, 10), st.floats(-10, 10), POSITIVE), min_size=2, max_size=30
)


@given(ROWS, st.sampled_from([1.0, 1e-200, 1e90]))
def test_means_of_weighted_samples_are_weighted(rows, unit):
    y, values, weight = (np.array(column) for column in zip(*rows, strict=True))
    samples = Samples(x=np.arange(float(y.size)), y=y, weight=weight * unit)
    squares = [w * (v - t) ** 2 for t, v, w in rows]
    mean = math.fsum(squares) / math.fsum(weight)
    assert error_in("mse", values, samples) == pytest.approx(mean, rel=1e-12)
    assert error_in("rmse", values, samples) == pytest.approx(math.sqrt(mean), rel=1e-12)


@given(ROWS)
def test_equal_weights_change_nothing(rows):
    y, values, _ = (np.array(column) for column in zip(*rows, strict=True))
    x = np.arange(float(y.size))
    weighted, plain = Samples(x=x, y=y, weight=np.full(y.size, 7.0)), Samples(x=x, y=y)
    for metric in ("mse", "rmse"):
        assert error_in(metric, values, weighted) == pytest.approx(
            error_in(metric, values, plain), rel=1e-12
        )


def test_below_the_floor_relative_errors_are_measured_against_it():
    samples = Samples(x=np.arange(3.0), y=np.array([0.0, 0.5, -4.0]))
    values = np.array([0.1, 0.5, -3.0])
    assert error_in("max_rel", values, samples, floor=0.2) == 0.5
    assert error_in("max_rel", values, samples, floor=1.0) == 0.25
    assert error_in("max_rel", values, samples) == 0.25


@given(st.lists(POSITIVE, min_size=2, max_size=20), st.integers(-3, 3), st.data())
def test_a_share_is_at_most_1_exactly_when_every_error_is_at_most_its_tolerance(
    tolerances, steps, data
):
    tolerance = np.array(tolerances)
    error = tolerance.copy()
    index = data.draw(st.integers(0, len(tolerances) - 1))
    for _ in range(abs(steps)):
        error[index] = np.nextafter(error[index], math.copysign(math.inf, steps))
    samples = Samples(x=np.arange(error.size * 1.0), y=np.zeros(error.size), tolerance=tolerance)
    share = target_error(Target(tolerance="per_sample"), -error, samples)
    assert (share <= 1.0) == bool(np.all(error <= tolerance)) == (steps <= 0)


def test_shares_are_finite_where_the_tolerance_is_none_of_the_range():
    samples = Samples(x=np.arange(2.0), y=np.ones(2), tolerance=np.ones(2))
    target = Target(tolerance="per_sample", relative_to="range")
    assert target_error(target, np.ones(2), samples) == 0.0
    assert 1.0 < target_error(target, np.array([1.0, 2.0]), samples) < math.inf
