"""Targets: what the limit is, and which targets have no meaning."""

import pytest

from schemas.errors import InvalidInput
from schemas.jobs import check_goal
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Metric, RelativeTo, Target, check_target

SAMPLES = canonical_samples([0, 1, 2], [1.0, 3.0, 5.0])


@pytest.mark.parametrize(
    ("metric", "relative_to", "limit"),
    [
        (Metric.MAX_ABS, RelativeTo.ABSOLUTE, 0.5),
        (Metric.MAX_ABS, RelativeTo.RANGE, 2.0),
        (Metric.RMSE, RelativeTo.RANGE, 2.0),
        (Metric.MSE, RelativeTo.ABSOLUTE, 0.5),
        (Metric.MSE, RelativeTo.RANGE, 8.0),
        (Metric.MAX_REL, RelativeTo.ABSOLUTE, 0.5),
    ],
)
def test_the_limit_is_in_the_units_of_the_metric(metric, relative_to, limit):
    target = Target(metric=metric, tolerance=0.5, relative_to=relative_to)
    assert target.limit(SAMPLES) == limit


def test_without_a_tolerance_there_is_no_limit():
    assert Target(relative_to=RelativeTo.RANGE).limit(SAMPLES) is None


def test_a_relative_error_needs_y_that_are_not_zero():
    target = Target(metric=Metric.MAX_REL, tolerance=0.1)
    check_target(target, SAMPLES)
    with pytest.raises(InvalidInput, match=r"x = 1\.0"):
        check_target(target, canonical_samples([0, 1], [1, 0]))


def test_a_relative_error_cannot_be_measured_in_ranges():
    target = Target(metric=Metric.MAX_REL, tolerance=0.1, relative_to=RelativeTo.RANGE)
    with pytest.raises(InvalidInput, match="relative_to"):
        check_target(target, SAMPLES)


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (Target(tolerance=1), FitOptions()),
        (Target(), FitOptions(max_parameters=10)),
        (Target(), FitOptions(max_segments=1)),
        (Target(tolerance=1), FitOptions(max_segments=1)),
    ],
)
def test_a_tolerance_or_a_budget_is_a_goal(target, options):
    check_goal(target, options)


def test_neither_is_none():
    with pytest.raises(InvalidInput) as caught:
        check_goal(Target(), FitOptions())
    assert caught.value.errors[0].field == "target.tolerance"
