"""The promise between the samples: its supremum is exact, and no wiggle hides from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.samples import Samples
from schemas.target import BetweenSamples
from tests.functions import curve, sampled
from tests.oracles import mean_promise_by_sampling, promise_by_sampling
from worker.numerics.problem.bulge import interpolate
from worker.numerics.problem.promise import Promise

promises = st.sampled_from([BetweenSamples.LINEAR, BetweenSamples.SMOOTH])


@st.composite
def cases(draw):
    """Samples, a polygon near them and limits that change from sample to sample."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count, knots = draw(st.integers(2, 14)), draw(st.integers(0, 12))
    x = np.cumsum(generator.uniform(0.05, 1.0, count))
    y = generator.normal(size=count)
    if draw(st.booleans()):
        y = np.cumsum(np.abs(y)) ** 2
    breaks = np.sort(np.concatenate([[x[0], x[-1]], generator.uniform(x[0], x[-1], knots)]))
    noise = 10.0 ** draw(st.integers(-3, 0)) * generator.normal(size=breaks.size)
    limits = generator.uniform(0.0, 0.3, count)
    return Samples(x=x, y=y), breaks, np.interp(breaks, x, y) + noise, limits


def polygon(breaks, values):
    return lambda x: interpolate(breaks, values, x)


@given(cases(), promises)
def test_suprema_are_no_less_than_any_sampling_and_are_attained(case, between):
    samples, breaks, values, limits = case
    promise, function = Promise(samples, between), polygon(breaks, values)
    found = promise.excess(function, breaks, limits)
    nothing = np.zeros_like(limits)
    distance = promise.excess(function, breaks, nothing)
    suprema = (promise.largest_distance(function, breaks), distance.supremum, found.supremum)
    # At the very places it names, too: then the supremum is one that is attained.
    places = np.concatenate([breaks, found.x.astype(float), distance.x.astype(float)])
    seen = promise_by_sampling(function, places, samples.x, samples.y, limits, between.value)
    for supremum, sampled_value in zip(suprema, seen, strict=True):
        assert supremum >= sampled_value - 1e-12
        assert supremum == pytest.approx(sampled_value, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(cases(), promises, st.booleans())
def test_the_mean_of_the_excess_is_its_integral(case, between, weighted):
    samples, breaks, values, limits = case
    weight = limits**2 if weighted else None
    function = polygon(breaks, values)
    found = Promise(samples, between).mean_excess(function, breaks, weight)
    seen = mean_promise_by_sampling(function, breaks, samples.x, samples.y, between.value, weight)
    assert float(found) == pytest.approx(seen, rel=1e-4, abs=1e-12)


@given(cases(), promises, st.floats(1.0, 3.0))
def test_what_is_nowhere_nearer_to_the_lines_has_no_smaller_mean(case, between, times):
    samples, breaks, values, _ = case
    corners = np.union1d(breaks, samples.x)
    lines = np.interp(corners, samples.x, samples.y)
    off = np.interp(corners, breaks, values) - lines
    promise = Promise(samples, between)
    near, far = (
        promise.mean_excess(polygon(corners, lines + scale * off), corners)
        for scale in (1.0, times)
    )
    assert far >= near * (1 - 1e-12)


@given(cases(), promises)
def test_every_peak_breaks_the_promise_and_the_first_most(case, between):
    samples, breaks, values, limits = case
    promise, function = Promise(samples, between), polygon(breaks, values)
    found = promise.excess(function, breaks, limits, everywhere=True)
    assert found.supremum == promise.excess(function, breaks, limits).supremum
    peaks = found.peaks()
    assert (peaks.size > 0) == (found.supremum > 0)
    heights = [found.excess[found.x == peak].max() for peak in peaks]
    assert heights == sorted(heights, reverse=True)
    if peaks.size:
        assert heights[0] == found.supremum


@settings(max_examples=60)
@given(st.integers(0, 2**32), promises, st.floats(1e-6, 10.0))
def test_a_wiggle_planted_between_two_samples_shows(seed, between, height):
    generator = np.random.default_rng(seed)
    samples = sampled("sin 6x", 40)
    limits = np.full(40, 1e-3)
    left = int(generator.integers(0, 39))
    start, end = samples.x[left], samples.x[left + 1]
    first, middle, last = np.sort(generator.uniform(start, end, 3))
    breaks = np.union1d(samples.x, [first, middle, last])
    values = np.interp(breaks, samples.x, samples.y)
    values[breaks == middle] += height * generator.choice([-1, 1])
    promise = Promise(samples, between)
    honest = promise.excess(polygon(samples.x, samples.y), samples.x, limits)
    lie = promise.excess(polygon(breaks, values), breaks, limits)
    assert honest.supremum <= 0.0
    allowed = 1e-3 + (6 * 6 / 39**2 if between is BetweenSamples.SMOOTH else 0.0)
    assert lie.supremum >= height - allowed - 1e-12
    assert height <= allowed or lie.peaks()[0] == pytest.approx(middle, abs=end - start)


@pytest.mark.parametrize("between", [BetweenSamples.LINEAR, BetweenSamples.SMOOTH])
@pytest.mark.parametrize("name", ["ntc_resistance", "sem_linewidth", "graphite_ocp"])
def test_the_lines_themselves_keep_every_promise(name, between):
    samples = curve(name)
    promise, nothing = Promise(samples, between), np.zeros(samples.count)
    assert promise.excess(polygon(samples.x, samples.y), samples.x, nothing).supremum <= 0.0


def test_the_limits_between_two_samples_are_those_of_the_samples_interpolated():
    samples = Samples(x=np.array([0.0, 1.0]), y=np.zeros(2))
    limits = np.array([0.1, 0.3])
    breaks = np.array([0.0, 0.5, 1.0])
    found = Promise(samples, BetweenSamples.LINEAR).excess(
        polygon(breaks, np.array([0.1, 0.2, 0.3])), breaks, limits
    )
    assert float(found.supremum) == pytest.approx(0.0, abs=1e-16)
