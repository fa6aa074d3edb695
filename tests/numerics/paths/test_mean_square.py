"""Targets on a mean: as few segments as the curve needs, not as its noise would take."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.samples import canonical_samples
from schemas.target import BetweenSamples, Target
from tests.functions import FUNCTIONS, curve, sampled
from tests.numerics.asking import ask, assert_consistent, measured
from worker.numerics.paths.mean_square import closest_in_mean, fewest_in_mean
from worker.numerics.paths.means import MeanPaths
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.segmentation import Points, segmentations
from worker.numerics.problem.preparation import prepare
from worker.numerics.search.shallow import centred_path, loosest_tolerance


def path_of_the_corridor(prepared, limit):
    paths = MeanPaths(prepared, BetweenSamples.NONE, stopped=lambda: False)
    return paths.smallest(limit, loosest=loosest_tolerance(prepared))


def fewest_groups(samples, limit):
    """The fewest lines, joined or not, that hold a root mean square: no function has fewer."""
    points = Points(samples.x, samples.y, np.full(samples.count, 1 / samples.count))
    return next(k for k, s in enumerate(segmentations(points), start=1) if s.error <= limit)


def noisy_sine(count=500, sigma=0.1, seed=0):
    x = np.linspace(0.0, 2 * np.pi, count)
    noise = np.random.default_rng(seed).normal(size=count)
    return canonical_samples(x, np.sin(x) + sigma * noise), canonical_samples(x, np.sin(x))


@settings(max_examples=40)
@given(st.sampled_from(sorted(FUNCTIONS)), st.integers(2, 120), st.floats(1e-4, 0.5), st.booleans())
def test_a_path_for_a_mean_holds_it_and_has_its_knots_where_they_are_asked_for(
    name, count, share, on_samples
):
    samples = sampled(name, count)
    prepared = prepare(samples, Target(metric="rmse", tolerance=share * (samples.y_range or 1.0)))
    limit = prepared.goal.limit
    known = path_of_the_corridor(prepared, limit)

    def keeps(path):
        return not on_samples or bool(np.all(np.isin(path.x, samples.x)))

    path = fewest_in_mean(prepared, limit, known=known, keeps=keeps)
    if on_samples:
        assert path is known or np.all(np.isin(path.x, samples.x))
    else:
        assert path.segments <= known.segments
    assert (path.x[0], path.x[-1]) == (samples.x[0], samples.x[-1])
    assert np.all(np.diff(path.x) > 0.0)
    assert prepared.goal.norm(path(prepared.x) - prepared.v) <= limit * (1 + 1e-9)


@settings(max_examples=40)
@given(st.sampled_from(sorted(FUNCTIONS)), st.integers(2, 80), st.integers(1, 12))
def test_the_closest_path_of_so_many_segments_is_no_worse_than_the_corridors(name, count, segments):
    samples = sampled(name, count)
    prepared = prepare(samples, Target(metric="mse"))
    segments = min(segments, count - 1)
    known = centred_path(prepared, segments=segments)
    path = closest_in_mean(prepared, segments=segments, known=known)
    assert path.segments <= segments
    before, after = (prepared.goal.norm(p(prepared.x) - prepared.v) for p in (known, path))
    assert after <= before * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_noise_below_the_target_costs_no_segments(seed):
    noisy, clean = noisy_sine(seed=seed)
    answer = ask(noisy, {"metric": "rmse", "tolerance": 0.105}, architecture="shallow")
    assert_consistent(answer, noisy)
    assert answer.met
    assert measured(answer, noisy, "rmse") <= 0.105
    # What is left of 0.105 beside noise of 0.1.
    of_the_curve = ask(clean, {"metric": "rmse", "tolerance": 0.03}, architecture="shallow")
    assert answer.table.segments <= of_the_curve.table.segments + 1
    assert answer.table.segments <= fewest_groups(noisy, 0.105) + 1


@pytest.mark.parametrize(
    ("name", "share", "most"),
    [
        ("nile", 0.14, 4),
        ("nile", 0.12, 8),
        ("sem_linewidth", 1e-2, 3),
        ("sem_linewidth", 1e-3, 9),
        ("graphite_ocp", 3e-3, 7),
        ("graphite_ocp", 1e-3, 14),
    ],
)
def test_measured_curves_need_few_segments(name, share, most):
    samples = curve(name)
    tolerance = share * samples.y_range
    target = {"metric": "rmse", "tolerance": tolerance, "between_samples": "none"}
    answer = ask(samples, target, architecture="shallow")
    assert answer.met
    assert measured(answer, samples, "rmse") <= tolerance
    assert fewest_groups(samples, tolerance) <= answer.table.segments <= most


@pytest.mark.parametrize("name", ["sin x", "exp", "tanh 3x"])
def test_of_a_smooth_curve_no_function_holds_the_mean_with_fewer(name):
    samples = sampled(name, 300)
    tolerance = 1e-3 * samples.y_range
    answer = ask(samples, {"metric": "rmse", "tolerance": tolerance}, architecture="shallow")
    assert answer.table.segments == fewest_groups(samples, tolerance)


def test_between_the_samples_of_a_mean_no_corner_stands_out():
    noisy, _ = noisy_sine()
    target = {"metric": "rmse", "tolerance": 0.105, "between_samples": "linear"}
    answer = ask(noisy, target, architecture="shallow")
    assert answer.met
    assert answer.certificate.excess_between_samples <= 0.0
    assert answer.table.segments <= 6


def thermistor():
    """16 temperatures by the voltage over a thermistor of B = 3950 K beside a resistor."""
    kelvin = np.arange(-20.0, 131.0, 10.0) + 273.15
    ratio = 5.25 * np.exp(3950 * (1 / kelvin - 1 / 298.15))
    return canonical_samples(np.round(5 * ratio / (ratio + 1), 3), kelvin - 273.15)


@pytest.mark.parametrize(
    "target", [{"metric": "mse", "tolerance": 1.9}, {"metric": "rmse", "tolerance": 1.38}]
)
def test_a_corner_between_two_samples_is_no_wiggle(target):
    # With three segments 1.83 is possible, with knots at samples only 2.89.
    answer = ask(thermistor(), target)
    assert_consistent(answer, thermistor(), target)
    assert answer.met
    assert answer.table.segments == 3


@pytest.mark.parametrize("metric", ["rmse", "mse"])
def test_an_outlier_does_not_loosen_the_promise_of_a_mean(metric):
    plain = sampled("sin 6x", 60)
    limit = 0.05 if metric == "rmse" else 0.05**2
    y = plain.y.copy()
    y[30] += 0.3
    samples = canonical_samples(plain.x, y)
    answer = ask(samples, {"metric": metric, "tolerance": limit})
    assert_consistent(answer, samples, {"metric": metric, "tolerance": limit})
    assert answer.met
    assert answer.certificate.promised_error_between_samples <= 0.05


def test_many_noisy_samples_are_one_simple_curve():
    noisy, _ = noisy_sine(20_000)
    answer = ask(noisy, {"metric": "rmse", "tolerance": 0.101}, architecture="shallow")
    assert answer.met
    assert answer.table.segments <= 8


def test_weights_say_which_noise_counts():
    noisy, _ = noisy_sine()
    # The right half is twenty times as noisy, and weighted accordingly.
    right = noisy.x > np.pi
    noise = np.random.default_rng(1).normal(size=noisy.count)
    y = noisy.y + np.where(right, 2.0 * noise, 0.0)
    weight = np.where(right, 1 / 400, 1.0)
    samples = canonical_samples(noisy.x, y, weight=weight)
    answer = ask(samples, {"metric": "rmse", "tolerance": 0.15}, architecture="shallow")
    assert answer.met
    assert answer.table.segments <= 5


def test_a_search_that_is_stopped_gives_a_path_that_holds():
    prepared = prepare(curve("nile"), Target(metric="rmse", tolerance=90.0))
    limit = prepared.goal.limit
    known = path_of_the_corridor(prepared, limit)
    path = fewest_in_mean(prepared, limit, known=known, stopped=lambda: True)
    assert prepared.goal.norm(path(prepared.x) - prepared.v) <= limit * (1 + 1e-9)


@pytest.mark.parametrize(("count", "keeps"), [(500, True), (20_000, False)])
def test_out_of_time_it_keeps_the_known_path_unless_that_is_a_network_of_thousands(count, keeps):
    noisy, _ = noisy_sine(count)
    prepared = prepare(noisy, Target(metric="rmse", tolerance=0.105))
    limit = prepared.goal.limit
    known = Polyline(prepared.x, prepared.v)
    path = fewest_in_mean(prepared, limit, known=known, stopped=lambda: True)
    assert (path is known) == keeps
    if not keeps:
        assert path.segments < 30
        assert prepared.goal.norm(path(prepared.x) - prepared.v) <= limit
