"""Targets on a mean: as few segments as the curve needs, not as its noise would take."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from schemas.samples import canonical_samples
from schemas.target import BetweenSamples, Target
from tests.functions import FUNCTIONS, curve, sampled
from tests.numerics.asking import ask, assert_consistent, measured
from worker.numerics.paths.centred import centred_path, loosest_tolerance
from worker.numerics.paths.mean_square import closest_in_mean, fewest_in_mean
from worker.numerics.paths.means import MeanPaths
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.segmentation import Points, segmentations
from worker.numerics.problem.preparation import prepare


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


@st.composite
def extreme_curves(draw):
    """Samples whose distances, ordinates and weights are of any size; most distances are tiny."""
    powers = st.one_of(st.floats(-99, 99), st.floats(-17, 0), st.just(0.0))
    count = draw(st.integers(2, 16))
    start = draw(st.sampled_from([0.0, 1.0, -1e-30, 1e10]))
    x = start + np.cumsum([0.0, *(10 ** draw(powers) for _ in range(count - 1))])
    ordinates = st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1)
    unit = 10 ** draw(powers)
    y = unit * np.array(draw(st.lists(ordinates, min_size=count, max_size=count)))
    weights = st.just(0.0) | powers.map(lambda power: 10**power)
    weight = draw(st.none() | st.lists(weights, min_size=count, max_size=count))
    x, kept = np.unique(x, return_index=True)
    weight = None if weight is None else np.array(weight)[kept]
    assume(x.size > 1 and (weight is None or weight.any()))
    return canonical_samples(x, y[kept], weight=weight)


@settings(max_examples=100)
# Squares of slopes between the first two samples are beyond float64.
@example(canonical_samples([0.0, 1.5e-65, 7.4e17, 2e68, 2.2e88], [-1.0, 1, 1, -1, -1]), 4, 0.3)
# No double lies between two samples.
@example(canonical_samples(-1 + np.spacing(0.5) * np.arange(7), [1.0, -1, 1, 1, -1, 1, 0]), 4, 0.18)
@example(canonical_samples([1, 3, 6, 9], [1, -1, -1, 0], weight=[1e-7, 1e20, 1e-91, 1e37]), 3, 1e-6)
@given(extreme_curves(), st.integers(1, 12), st.floats(1e-8, 0.9))
def test_whatever_the_samples_the_paths_for_a_mean_are_no_worse_than_what_was_known(
    samples, segments, share
):
    def error(path):
        return prepared.goal.norm(path(prepared.x) - prepared.v)

    prepared = prepare(samples, Target(metric="rmse", tolerance=share * (samples.y_range or 1.0)))
    limit = prepared.goal.limit
    known = path_of_the_corridor(prepared, limit)
    for keeps in (lambda _: True, lambda path: bool(np.all(np.isin(path.x, samples.x)))):
        path = fewest_in_mean(prepared, limit, known=known, keeps=keeps)
        assert path.segments <= known.segments
        assert error(path) <= max(limit * (1 + 1e-9), error(known))
    segments = min(segments, samples.count - 1)
    known = centred_path(prepared, segments=segments)
    path = closest_in_mean(prepared, segments=segments, known=known)
    assert path.segments <= segments
    assert error(path) <= error(known)


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
