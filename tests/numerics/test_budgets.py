"""A budget without a tolerance: the smallest error at the samples, then no wiggle between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.samples import canonical_samples
from schemas.target import BetweenSamples, Target
from tests.functions import FUNCTIONS, curve, sampled
from tests.numerics.asking import ask, assert_consistent
from worker.numerics.paths.budgeted import NEARLY, budgeted_paths
from worker.numerics.paths.centred import centred_path
from worker.numerics.paths.straying import straying
from worker.numerics.problem.preparation import prepare

metrics = pytest.mark.parametrize("metric", ["max_abs", "max_rel", "rmse", "mse"])
betweens = pytest.mark.parametrize("between", ["none", "smooth", "linear"])


@st.composite
def small_curves(draw):
    """Few samples, as people have them, and fewer segments than they need."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(3, 12))
    x = np.cumsum(generator.uniform(0.05, 1.0, count))
    y = {
        "noise": lambda: generator.normal(size=count),
        "growth": lambda: np.round(np.cumsum(np.abs(generator.normal(size=count))) ** 3, 2),
        "whole numbers": lambda: np.round(10 * np.sin(2 * x)),
        "smooth": lambda: np.exp(x),
    }[draw(st.sampled_from(["noise", "growth", "whole numbers", "smooth"]))]()
    return canonical_samples(x, y), draw(st.integers(1, count - 1))


def assert_each_is_best_in_its_own_metric(samples, **options):
    largest, mean = (ask(samples, {"metric": m}, **options) for m in ("max_abs", "rmse"))
    # Rounding errors are all as good.
    rounding = 4e-15 * np.abs(samples.y).max()
    assert largest.certificate.max_abs_error <= mean.certificate.max_abs_error + rounding
    return largest, mean, rounding


@settings(max_examples=40, deadline=None)
@given(small_curves())
def test_no_answer_is_better_in_the_metric_of_another(case):
    samples, segments = case
    options = {"architecture": "shallow", "max_segments": segments}
    largest, mean, rounding = assert_each_is_best_in_its_own_metric(samples, **options)
    assert mean.certificate.rmse <= largest.certificate.rmse + rounding


@settings(max_examples=4, deadline=None)
@given(small_curves())
def test_nor_are_towers_trained_for_the_mean_nearer_everywhere(case):
    samples, _ = case
    assert_each_is_best_in_its_own_metric(samples, max_parameters=25)


@metrics
@betweens
def test_what_fits_in_the_budget_is_met_to_rounding(metric, between):
    # Five samples on three lines.
    samples = canonical_samples([0, 0.08, 0.321, 0.68, 0.92], [1, 9, 143, 510, 5000])
    answer = ask(samples, {"metric": metric, "between_samples": between}, max_segments=3)
    assert_consistent(answer, samples)
    assert answer.met
    assert answer.certificate.max_abs_error <= 1e-11
    # 56 if the third, the fourth and no other share a line.
    assert answer.certificate.max_abs_error_between_samples <= 51


@metrics
@pytest.mark.parametrize("extra", [0, 3])
def test_a_segment_for_every_interval_interpolates_and_strays_nowhere(metric, extra):
    samples = canonical_samples([0, 1, 3, 4, 9], [2, 7, 1, 8, 2.8])
    answer = ask(samples, {"metric": metric}, max_segments=4 + extra)
    assert answer.certificate.max_abs_error_between_samples <= 1e-14


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(FUNCTIONS)), st.integers(3, 60), st.integers(1, 12))
def test_straying_less_costs_a_thousandth_of_the_error_at_most(name, count, segments):
    samples = sampled(name, count)
    prepared = prepare(samples, Target())
    path = budgeted_paths(prepared, segments=segments)[0]
    smallest = centred_path(prepared, segments=segments, between=BetweenSamples.NONE)
    errors = [float(np.abs(p(prepared.x) - prepared.v).max()) for p in (path, smallest)]
    assert path.segments <= segments
    assert errors[0] <= errors[1] * (1 + 2.1 * NEARLY) + 1e-15
    assert straying(prepared, path) <= straying(prepared, smallest) * (1 + NEARLY) + 1e-12


@betweens
def test_what_may_be_between_samples_makes_no_difference_without_a_tolerance(between):
    samples = curve("ntc_resistance")
    errors = [
        ask(samples, {"between_samples": b}, max_segments=6, architecture="shallow").certificate
        for b in ("none", between)
    ]
    assert errors[0].max_abs_error == errors[1].max_abs_error
