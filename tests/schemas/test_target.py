"""Targets: what the limit is, and which targets have no meaning."""

import math

import pytest
from pydantic import ValidationError

from schemas.errors import InvalidInput
from schemas.jobs import check_goal
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Metric, RelativeTo, Target, TargetIn, check_target

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


def test_a_relative_error_needs_y_that_are_not_zero_or_a_floor():
    target = Target(metric=Metric.MAX_REL, tolerance=0.1)
    check_target(target, SAMPLES)
    zero = canonical_samples([0, 1], [1, 0])
    with pytest.raises(InvalidInput, match=r"x = 1\.0; give a floor"):
        check_target(target, zero)
    floored = target.model_copy(update={"floor": 0.5})
    check_target(floored, zero)
    assert floored.limits(zero).tolist() == [0.1, 0.05]


@pytest.mark.parametrize(
    ("target", "columns", "field", "says"),
    [
        ({"floor": 1}, {}, "target.floor", "max_rel"),
        ({"metric": "rmse", "floor": 1}, {}, "target.floor", "max_rel"),
        ({}, {"weight": [1, 2, 3]}, "samples.weight", "give a tolerance for each sample"),
        ({"metric": "max_rel"}, {"weight": [1, 2, 3]}, "samples.weight", "rmse and mse"),
        ({"metric": "rmse"}, {"tolerance": [1, 2, 3]}, "target.tolerance", "samples.weight"),
        ({"metric": "mse", "tolerance": "per_sample"}, {}, "target.tolerance", "samples.weight"),
        ({"tolerance": "per_sample"}, {}, "target.tolerance", "no tolerances"),
        ({"tolerance": 1}, {"tolerance": [1, 2, 3]}, "target.tolerance", "one or the other"),
    ],
)
def test_what_does_not_fit_the_metric_is_refused_with_what_would(target, columns, field, says):
    samples = canonical_samples(SAMPLES.x, SAMPLES.y, **columns)
    with pytest.raises(InvalidInput, match=says) as caught:
        check_target(Target(**target), samples)
    assert caught.value.errors[0].field == field


@pytest.mark.parametrize(
    ("metric", "relative_to", "limits"),
    [
        ("max_abs", "absolute", [0.1, 0.2, 0.5]),
        ("max_abs", "range", [0.4, 0.8, 2.0]),
        ("max_rel", "absolute", [0.1, 0.6, 2.5]),
    ],
)
def test_with_a_tolerance_for_each_sample_the_limit_is_their_whole_share(
    metric, relative_to, limits
):
    samples = canonical_samples(SAMPLES.x, SAMPLES.y, tolerance=[0.1, 0.2, 0.5])
    target = Target(metric=metric, tolerance="per_sample", relative_to=relative_to)
    check_target(target, samples)
    assert target.limit(samples) == 1.0
    assert target.limits(samples) == pytest.approx(limits)


def test_a_list_becomes_a_column_of_the_samples_and_leaves_the_target():
    sent = TargetIn(tolerance=[1.0, 2.0, 3.0], relative_to="range")
    stored = sent.stored_for(canonical_samples(SAMPLES.x, SAMPLES.y, tolerance=sent.tolerance))
    assert stored == Target(tolerance="per_sample", relative_to="range")
    assert TargetIn(tolerance=0.5).stored_for(SAMPLES) == Target(tolerance=0.5)


@pytest.mark.parametrize(
    ("tolerance", "place"),
    [(-1, ()), ("small", ()), (True, ()), ([1, -1], (1,)), ([1, "2"], (1,)), ([math.inf], (0,))],
)
def test_a_bad_tolerance_is_named_by_its_place_alone(tolerance, place):
    with pytest.raises(ValidationError) as caught:
        TargetIn(tolerance=tolerance)
    assert caught.value.errors()[0]["loc"] == ("tolerance", *place)


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
