"""Limits that tie: a network of fewest segments touches them, and says what float64 makes of it."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.samples import canonical_samples
from tests.numerics.asking import ask

SINE = np.round(127 * np.sin(2 * np.pi * np.arange(256) / 256))


def asked(x, y, tolerance, *, between="smooth", **options):
    samples = canonical_samples(np.asarray(x, float), np.asarray(y, float))
    target = {"tolerance": tolerance, "between_samples": between}
    return ask(samples, target, **{"architecture": "shallow"} | options)


def exact_errors(answer, x, y):
    """The errors of network.json as real numbers."""
    (hidden, last) = answer.network.layers
    errors = []
    for at, value in zip(x, y, strict=True):
        total = Fraction(last.bias[0])
        for (weight,), bias, gain in zip(hidden.weight, hidden.bias, last.weight[0], strict=True):
            total += Fraction(gain) * max(Fraction(weight) * Fraction(at) + Fraction(bias), 0)
        errors.append(abs(total - Fraction(value)))
    return errors


@pytest.mark.parametrize(
    ("y", "tolerance"), [([1, 2, -1, 0, -2, -3, -5], 1.0), ([2, 2, 5, 8], 1.0)]
)
def test_a_line_that_touches_its_limits_is_the_answer(y, tolerance):
    answer = asked(range(len(y)), y, tolerance)
    assert (answer.minimal_segments, answer.table.segments) == (1, 1)
    assert answer.architecture.parameters == 4
    assert answer.met
    assert answer.certificate.max_abs_error == tolerance


@pytest.mark.parametrize("between", ["none", "smooth", "linear"])
def test_a_quantised_sine_takes_the_fewest_segments_there_are(between):
    x = np.arange(256.0)
    answer = asked(x, SINE, 0.5, between=between)
    assert (answer.minimal_segments, answer.table.segments) == (23, 23)
    assert answer.architecture.parameters <= 70
    assert answer.met
    assert max(exact_errors(answer, x, SINE)) == Fraction(1, 2)


@settings(max_examples=60)
@given(
    st.lists(st.integers(-6, 6), min_size=3, max_size=12),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.sampled_from(["none", "smooth", "linear"]),
)
def test_whole_numbers_are_met_by_no_fewer_segments_than_are_proved(y, tolerance, between):
    answer = asked(range(len(y)), y, tolerance, between=between)
    assert answer.met
    assert answer.table.segments >= answer.minimal_segments
    if between == "none":
        assert answer.certificate.max_abs_error <= tolerance


def test_where_a_forced_slope_is_one_that_float64_has_not_more_segments_keep_the_limit():
    # The last of 9 segments has the slope -1/3, and touches its limits three times.
    x = [1, 2, 4, 6, 7, 8, 10, 13, 16, 18, 19, 22, 25]
    y = [3, -1, 2, -4, 6, 6, -3, 1, 3, -4, 6, 3, 4]
    answer = asked(x, y, 1.0, between="none")
    assert answer.minimal_segments == 9 < answer.table.segments
    assert answer.met
    (fewest,) = (one for one in answer.contenders if not one.met)
    assert fewest.parameters == 28
    assert fewest.error == pytest.approx(1.0, abs=1e-14)
    assert (
        "may just touch the limit of 1.0, but no float64 weights were found" in answer.explanation
    )
    assert f"an error of {fewest.error!r} at the samples" in answer.explanation


# --- other limits ---------------------------------------------------------------------------------


def test_relative_limits_and_limits_of_each_sample_are_counted_as_well():
    y = [1, 2, 4, 2, 8]
    samples = canonical_samples(np.arange(5.0), np.array(y, float))
    relative = ask(samples, {"metric": "max_rel", "tolerance": 0.5}, architecture="shallow")
    assert relative.minimal_segments is not None
    assert relative.table.segments >= relative.minimal_segments
    each = canonical_samples(np.arange(5.0), np.array(y, float), tolerance=np.array(y) / 2)
    own = ask(each, {"tolerance": "per_sample"}, architecture="shallow")
    assert own.minimal_segments == relative.minimal_segments


# --- tolerance 0 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "segments"),
    [([1, 3, 5, 7], 1), ([1, 3, 5, 7, 0], 2), ([0, 1, 0, 1, 0], 4), ([4, 4, 4], 1)],
)
def test_a_tolerance_of_0_takes_the_fewest_segments_through_all_samples(y, segments):
    answer = asked(range(len(y)), y, 0.0)
    assert answer.minimal_segments == segments
    assert answer.table.segments == segments
    assert answer.met
    assert answer.certificate.max_abs_error == 0.0


@pytest.mark.parametrize("metric", ["max_rel", "rmse", "mse"])
def test_a_tolerance_of_0_is_accepted_for_every_metric(metric):
    samples = canonical_samples(np.arange(4.0), np.array([1.0, 2.0, 4.0, 2.0]))
    answer = ask(samples, {"metric": metric, "tolerance": 0.0})
    assert answer.met
    assert answer.certificate.max_abs_error == 0.0


def test_a_sample_without_tolerance_leaves_the_others_theirs():
    samples = canonical_samples(
        np.arange(5.0), np.array([0.0, 1, 0, 1, 0]), tolerance=np.array([0.0, 1, 1, 1, 0])
    )
    answer = ask(samples, {"tolerance": "per_sample"})
    assert (answer.minimal_segments, answer.table.segments) == (1, 1)
    assert answer.met
