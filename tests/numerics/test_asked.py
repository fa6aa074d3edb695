"""What may be asked besides one tolerance for all: weights, tolerances by sample, floors, sizes."""

import numpy as np
import pytest

from schemas.samples import canonical_samples
from tests.functions import curve, sampled
from tests.numerics.asking import ask, assert_consistent
from tests.oracles import evaluate_by_loops, network_arrays


def errors_of(answer, samples):
    """|network - y| at every sample, by plain loops in the network's dtype, [N]."""
    x = samples.x.astype(answer.network.dtype.value)
    values = evaluate_by_loops(network_arrays(answer.network), x, bias_first=True)
    return np.abs(values.astype(np.float64) - samples.y)


# --- a tolerance for each sample ------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["auto", "shallow"])
@pytest.mark.parametrize("name", ["sin 6x", "noise", "steps", "runge"])
def test_every_sample_keeps_its_own_tolerance(name, architecture):
    plain = sampled(name, 100)
    tolerance = plain.y_range * np.where(plain.x < 0.4, 1e-4, 3e-2)
    samples = canonical_samples(plain.x, plain.y, tolerance=tolerance)
    answer = ask(samples, {"tolerance": "per_sample"}, architecture=architecture)
    assert_consistent(answer, samples)
    assert answer.met
    assert np.all(errors_of(answer, samples) <= tolerance)
    assert answer.certificate.max_tolerance_share <= 1.0
    strictest = ask(plain, {"tolerance": tolerance.min()}, architecture=architecture)
    loosest = ask(plain, {"tolerance": tolerance.max()}, architecture=architecture)
    assert loosest.minimal_segments <= answer.minimal_segments <= strictest.minimal_segments
    assert answer.architecture.parameters <= strictest.architecture.parameters


@pytest.mark.parametrize("relative_to", ["absolute", "range"])
def test_equal_tolerances_are_one_tolerance(relative_to):
    plain = sampled("runge")
    samples = canonical_samples(plain.x, plain.y, tolerance=np.full(plain.count, 1e-3))
    each = ask(samples, {"tolerance": "per_sample", "relative_to": relative_to})
    one = ask(plain, {"tolerance": 1e-3, "relative_to": relative_to})
    assert each.met
    assert each.minimal_segments == one.minimal_segments
    assert each.architecture == one.architecture
    assert one.certificate.max_tolerance_share is None


def test_tolerances_of_relative_errors():
    x = np.linspace(0, 1, 80)
    tolerance = np.linspace(1e-4, 1e-2, 80)
    samples = canonical_samples(x, np.exp(5 * x), tolerance=tolerance)
    answer = ask(samples, {"metric": "max_rel", "tolerance": "per_sample"})
    assert answer.met
    assert np.all(errors_of(answer, samples) <= tolerance * samples.y)


def test_errors_are_reported_as_shares_of_their_tolerances():
    plain = sampled("sin 6x")
    samples = canonical_samples(plain.x, plain.y, tolerance=np.full(plain.count, 1e-3))
    answer = ask(samples, {"tolerance": "per_sample"}, max_segments=3)
    assert not answer.met
    figure = answer.certificate.max_tolerance_share
    assert figure == pytest.approx(answer.certificate.max_abs_error / 1e-3)
    assert figure > 1.0
    assert figure == min(c.error for c in answer.contenders if not c.met)


def test_one_sample_may_be_passed_far_away():
    y = np.zeros(50)
    y[20] = 1e6
    samples = canonical_samples(np.arange(50.0), y, tolerance=np.where(y > 0, 2e6, 1e-6))
    answer = ask(samples, {"tolerance": "per_sample"})
    assert answer.met
    assert answer.table.segments == 1


# --- weights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["rmse", "mse"])
def test_a_weighted_mean_is_held_and_certified(metric):
    plain = sampled("sin 6x")
    weight = np.where(plain.x < 0.5, 1.0, 0.01)
    samples = canonical_samples(plain.x, plain.y, weight=weight)
    limit = 1e-6 if metric == "mse" else 1e-3
    answer = ask(samples, {"metric": metric, "tolerance": limit})
    assert answer.met
    squares = errors_of(answer, samples) ** 2
    mean = (weight * squares).sum() / weight.sum()
    assert (mean if metric == "mse" else mean**0.5) <= limit * (1 + 1e-9)
    assert answer.certificate.rmse == pytest.approx(mean**0.5, rel=1e-3)


def test_what_does_not_count_costs_nothing():
    # Noise on the right half, which has no weight: the left half is a line.
    x = np.linspace(0, 1, 200)
    noise = np.random.default_rng(3).normal(size=200)
    samples = canonical_samples(x, np.where(x < 0.5, x, noise), weight=(x < 0.5) * 1.0)
    answer = ask(samples, {"metric": "rmse", "tolerance": 1e-3})
    assert answer.met
    assert answer.table.segments <= 3


# --- a floor --------------------------------------------------------------------------------------


def test_with_a_floor_a_relative_error_may_pass_through_zero():
    x = np.linspace(-1, 1, 101)
    samples = canonical_samples(x, x**3)
    answer = ask(samples, {"metric": "max_rel", "tolerance": 0.02, "floor": 0.1})
    assert answer.met
    allowed = 0.02 * np.maximum(np.abs(samples.y), 0.1)
    assert np.all(errors_of(answer, samples) <= allowed * (1 + 1e-12))
    assert answer.certificate.max_rel_error <= 0.02


def test_under_a_high_floor_a_relative_error_is_an_absolute_one():
    samples = sampled("sin 6x")
    relative = ask(samples, {"metric": "max_rel", "tolerance": 1e-3, "floor": 2.0})
    absolute = ask(samples, {"tolerance": 2e-3})
    assert relative.met
    assert relative.table.segments == absolute.table.segments


# --- what is smallest -----------------------------------------------------------------------------


def test_fewest_segments_are_the_proven_minimum():
    samples = curve("log2_mantissa")
    target = {"tolerance": 1e-5, "relative_to": "range", "between_samples": "none"}
    answer = ask(samples, target, minimise="segments")
    assert answer.met
    assert answer.architecture.name == "shallow"
    assert answer.table.segments == answer.minimal_segments == 62
    assert "62 segments, the fewest found" in answer.explanation


def test_fewest_neurons_are_no_more_than_any_contender_has():
    samples = curve("log2_mantissa")
    answer = ask(samples, {"tolerance": 1e-5, "relative_to": "range"}, minimise="neurons")
    assert answer.met
    fewest = min(sum(c.layer_widths[1:-1]) for c in answer.contenders if c.met)
    assert answer.architecture.neurons == fewest
    assert f"{fewest} neurons, the fewest found" in answer.explanation


def test_fewest_segments_within_a_budget_of_parameters_may_need_a_tower():
    samples = curve("log2_mantissa")
    target = {"tolerance": 1e-5, "relative_to": "range"}
    answer = ask(samples, target, minimise="segments", max_parameters=120)
    assert answer.met
    assert answer.architecture.parameters <= 120
    assert answer.table.segments > answer.minimal_segments
