"""The certificate: no figure is below the truth, and a lie does not pass."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.network import Dtype
from schemas.samples import Samples
from schemas.target import Target
from tests.functions import sampled
from tests.oracles import (
    error_in_metric,
    evaluate_by_loops,
    rounding_bound,
    supremum_by_sampling,
)
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.certificate.certify import Evidence, certify
from worker.numerics.networks.delivery import Delivery, deliver, shallow_weights
from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.tube import Tube
from worker.numerics.problem.preparation import prepare
from worker.numerics.problem.promise import Promise

dtypes = st.sampled_from(list(Dtype))


@st.composite
def deliveries(draw):
    """A random network in a dtype, and samples near it."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    dtype = draw(dtypes)
    sizes = [1, *draw(st.lists(st.integers(1, 6), min_size=1, max_size=3)), 1]
    weights = [
        (
            generator.normal(size=(out, into)).astype(dtype.value),
            generator.normal(size=out).astype(dtype.value),
        )
        for into, out in itertools.pairwise(sizes)
    ]
    delivery = Delivery(weights, dtype)
    x = np.sort(generator.uniform(-2.0, 3.0, draw(st.integers(2, 25))))
    noise = 10.0 ** draw(st.integers(-9, 0))
    y = delivery.real_function(x).astype(np.float64) + noise * generator.normal(size=x.size)
    return delivery, Samples(x=x, y=y)


def evidence_of(delivery, samples, **target):
    target = Target(**{"tolerance": 1e-3} | target)
    return Evidence(delivery, samples, target, Promise(samples, target.between_samples))


def certificate_of(delivery, samples, **target):
    table, breakpoints = tabulate(delivery, float(samples.x[0]), float(samples.x[-1]))
    return certify(evidence_of(delivery, samples, **target), table), table, breakpoints


@given(deliveries())
def test_figures_at_the_samples_are_not_below_those_of_plain_loops_in_the_dtype(case):
    delivery, samples = case
    certificate, *_ = certificate_of(*case)
    for bias_first in (True, False):
        values = evaluate_by_loops(delivery.weights, samples.x, bias_first=bias_first)
        # The last digits of a mean depend on who adds: they are not at stake.
        hair = 1 + 1e-12
        assert certificate.max_abs_error >= error_in_metric("max_abs", values, samples.y)
        assert certificate.max_rel_error >= error_in_metric("max_rel", values, samples.y)
        assert certificate.rmse * hair >= error_in_metric("rmse", values, samples.y)


@given(deliveries())
def test_figures_at_the_samples_are_those_of_the_real_function_up_to_rounding(case):
    delivery, samples = case
    certificate, *_ = certificate_of(*case)
    bound = rounding_bound(delivery.weights, samples.x).max()
    exact = error_in_metric("max_abs", delivery.real_function(samples.x), samples.y)
    assert certificate.max_abs_error == pytest.approx(exact, abs=2 * bound)
    rms = error_in_metric("rmse", delivery.real_function(samples.x), samples.y)
    assert certificate.rmse == pytest.approx(rms, abs=2 * bound)


@given(deliveries())
def test_between_the_samples_the_supremum_is_no_less_than_any_sampling_and_is_attained(case):
    delivery, samples = case
    certificate, _, breakpoints = certificate_of(*case)

    def difference(x):
        return delivery.real_function(x) - np.interp(x, samples.x, samples.y)

    ends = samples.x[0], samples.x[-1]
    sampled = supremum_by_sampling(difference, *ends)
    rounding = 4 * rounding_bound(delivery.weights, samples.x).max()
    assert certificate.max_abs_error_between_samples >= sampled - rounding
    corners = np.concatenate([samples.x, breakpoints.astype(np.float64)])
    attained = np.abs(difference(corners)).max()
    assert certificate.max_abs_error_between_samples == pytest.approx(attained, abs=rounding)


@given(deliveries())
def test_an_honest_table_deviates_by_rounding_only(case):
    delivery, samples = case
    certificate, *_ = certificate_of(*case)
    plain = [(w.astype(float), b.astype(float)) for w, b in delivery.weights]
    assert certificate.table_deviation <= 8 * rounding_bound(plain, samples.x).max()


@given(deliveries(), st.floats(1e-6, 1.0))
def test_a_row_moved_shows_in_the_table_deviation(case, shift):
    delivery, samples = case
    _, table, _ = certificate_of(*case)
    lie = table.model_copy(update={"y": [table.y[0] + shift, *table.y[1:]]})
    certificate = certify(evidence_of(delivery, samples), lie)
    assert certificate.table_deviation >= 0.999 * shift


@given(deliveries())
def test_a_row_left_out_shows_in_the_table_deviation(case):
    delivery, samples = case
    _, table, _ = certificate_of(*case)
    for row in range(1, table.segments):
        columns = {
            name: [v for i, v in enumerate(getattr(table, name)) if i != row]
            for name in ("x", "y", "slope", "intercept")
        }
        missed = abs(np.interp(table.x[row], columns["x"], columns["y"]) - table.y[row])
        certificate = certify(evidence_of(delivery, samples), table.model_copy(update=columns))
        assert certificate.table_deviation >= missed * (1 - 1e-9) - 1e-12


@given(deliveries(), st.floats(1e-3, 1.0))
def test_a_weight_changed_after_the_table_was_written_shows(case, change):
    delivery, samples = case
    honest, table, _ = certificate_of(*case)
    *inner, (weight, bias) = delivery.weights
    tampered = replace(
        delivery, weights=[*inner, (weight, bias + delivery.weights[0][0].dtype.type(change))]
    )
    certificate = certify(evidence_of(tampered, samples), table)
    assert certificate.table_deviation >= 0.9 * change
    assert certificate.max_abs_error != honest.max_abs_error


def test_rounding_to_float32_shows_in_the_figures():
    x = np.linspace(0.0, 1.0, 50)
    weights = [(np.array([[1.0]]), np.array([0.1])), (np.array([[1 / 3]]), np.array([0.7]))]
    exact = Delivery(weights, Dtype.FLOAT64)
    coarse = Delivery([(w.astype("f4"), b.astype("f4")) for w, b in weights], Dtype.FLOAT32)
    samples = Samples(x=x, y=exact.real_function(x).astype(np.float64))
    fine, rough = certificate_of(exact, samples)[0], certificate_of(coarse, samples)[0]
    assert fine.max_abs_error < 1e-15 < 1e-9 < rough.max_abs_error < 1e-6


def test_float32_arithmetic_counts_even_where_the_weights_are_exact():
    # 2^24 + 1 has no float32: the network's own arithmetic loses the last unit.
    weights = [
        (np.array([[1.0]]), np.array([2.0**24])),
        (np.array([[1.0]]), np.array([-(2.0**24)])),
    ]
    x = np.array([0.0, 1.0, 2.0])
    samples = Samples(x=x, y=x.copy())
    coarse = Delivery([(w.astype("f4"), b.astype("f4")) for w, b in weights], Dtype.FLOAT32)
    certificate = certificate_of(coarse, samples)[0]
    assert certificate.max_abs_error == 1.0
    assert certificate.max_abs_error_between_samples == 0.0


def test_the_relative_error_is_null_where_every_y_is_0_and_skips_single_zeros():
    delivery = Delivery(
        [(np.ones((1, 1)), np.zeros(1)), (np.ones((1, 1)), np.ones(1))], Dtype.FLOAT64
    )
    x = np.array([0.0, 1.0])
    nothing = certificate_of(delivery, Samples(x=x, y=np.zeros(2)))[0]
    assert nothing.max_rel_error is None
    some = certificate_of(delivery, Samples(x=x, y=np.array([0.0, 1.0])))[0]
    assert some.max_rel_error == 1.0


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_a_wide_layer_is_certified_like_a_narrow_one(seed):
    generator = np.random.default_rng(seed)
    neurons = 700
    facing = generator.choice([-1.0, 1.0], neurons)
    knots = generator.uniform(-0.1, 1.1, neurons)
    gains = generator.normal(size=(1, neurons)) / neurons
    weights = [(facing[:, None], -facing * knots), (gains, np.array([0.5]))]
    x = np.linspace(0.0, 1.0, 40)
    y = np.sin(x)
    delivery, samples = Delivery(weights, Dtype.FLOAT64), Samples(x=x, y=y)
    certificate, table, _ = certificate_of(delivery, samples)
    plain = np.maximum(x[:, None] * facing - facing * knots, 0) @ gains[0] + 0.5
    assert certificate.max_abs_error == pytest.approx(np.abs(plain - y).max(), rel=1e-12)
    assert delivery.real_function(x) == pytest.approx(plain, abs=1e-13)
    assert table.segments == 1 + int(((knots > 0) & (knots < 1)).sum())
    assert certificate.table_deviation < 1e-13


def test_an_offset_of_y_does_not_cost_the_certificate_its_digits():
    # Around 1e6 float64 has steps of 1e-10: it would miss 1e-6 by a part in 10,000.
    weights = [(np.array([[1.0]]), np.array([0.0])), (np.array([[1e-6]]), np.array([1e6]))]
    delivery = Delivery(weights, Dtype.FLOAT64)
    samples = Samples(x=np.array([0.0, 0.3, 1.0]), y=np.array([1e6, 1e6, 1e6]))
    certificate = certificate_of(delivery, samples)[0]
    assert certificate.max_abs_error_between_samples == pytest.approx(1e-6, rel=1e-6)


# --- the promise between the samples ------------------------------------------------------------


def honest_answer(between, dtype=Dtype.FLOAT64, count=30, tolerance=1e-2):
    """A path that keeps a promise with room to spare, as delivered, and the evidence of it."""
    samples = sampled("sin 6x", count)
    target = Target(tolerance=tolerance, between_samples=between)
    prepared = prepare(samples, target)
    path = Tube(prepared, target.between_samples).hold(0.7 * prepared.goal.limit).path()
    scaling = prepared.scaling
    raw = Polyline(path.x, path.y * scaling.y_half + scaling.y_middle)
    delivery = deliver(shallow_weights(raw, dtype), dtype, (0.0, 1.0))
    return Evidence(delivery, samples, target, Promise(samples, target.between_samples))


promises = st.sampled_from(["linear", "smooth"])


@given(promises, dtypes, st.integers(0, 10**6), st.floats(1.5, 1e3), st.booleans())
def test_a_weight_changed_by_more_than_the_slack_is_not_met(between, dtype, which, times, up):
    honest = honest_answer(between, dtype)
    assert honest.met
    (weight, bias), (gains, last) = honest.delivery.weights
    index = which % (gains.size + 1)
    sign = 1 if up else -1
    slack = 2 * honest.target.tolerance
    if index == gains.size:
        last = last + np.asarray(sign * times * slack, last.dtype)
    else:
        reach = np.maximum(weight[index, 0] * honest.samples.x + bias[index], 0).max()
        if reach < 1e-3:
            return
        gains = gains.copy()
        gains[0, index] += sign * times * slack / reach
    lie = replace(honest.delivery, weights=[(weight, bias), (gains, last)])
    evidence = Evidence(lie, honest.samples, honest.target, honest.promise)
    assert not evidence.met
    assert evidence.overshoot > 0.0


@given(promises, dtypes, st.integers(0, 10**6), st.floats(0.2, 0.8), st.floats(1.5, 100.0))
def test_a_wiggle_between_two_samples_is_not_met_though_every_sample_is(
    between, dtype, which, part, times
):
    honest = honest_answer(between, dtype)
    samples, tolerance = honest.samples, honest.target.tolerance
    left = which % (samples.count - 1)
    start, end = samples.x[left], samples.x[left + 1]
    middle = start + part * (end - start)
    half = 0.15 * (end - start)
    height = times * (2 * tolerance + 36 / 29**2) / half
    # Four more neurons, together a spike that is 0 at every sample.
    (weight, bias), (gains, last) = honest.delivery.weights
    number = dtype.value
    knots = np.array([middle - half, middle, middle + half])
    unit = float(np.abs(weight[0, 0]))
    lie = Delivery(
        [
            (
                np.concatenate([weight, np.full((3, 1), unit, number)]),
                np.concatenate([bias, (-unit * knots).astype(number)]),
            ),
            (
                np.concatenate(
                    [gains, (height / unit * np.array([[1.0, -2.0, 1.0]])).astype(number)], axis=1
                ),
                last,
            ),
        ],
        dtype,
    )
    evidence = Evidence(lie, samples, honest.target, honest.promise)
    assert not evidence.met
    assert evidence.excess > 0.0
    if dtype is Dtype.FLOAT64:
        assert evidence.error <= tolerance
        assert evidence.peaks()[0] == pytest.approx(middle, abs=1e-6)
        blind = Evidence(
            lie, samples, Target(tolerance=tolerance, between_samples="none"), honest.promise
        )
        assert blind.met
        assert blind.excess is None


@given(st.integers(0, 10**6), st.floats(1e-9, 1.0), st.sampled_from(["x", "y"]))
def test_any_row_of_the_table_moved_shows(which, shift, column):
    honest = honest_answer("smooth")
    x = honest.samples.x
    table, _ = tabulate(honest.delivery, float(x[0]), float(x[-1]))
    row = 1 + which % (table.segments - 1)
    values = list(getattr(table, column))
    width = min(table.x[row] - table.x[row - 1], table.x[row + 1] - table.x[row])
    values[row] += shift * (1.0 if column == "y" else 0.9 * width)
    lie = table.model_copy(update={column: values})
    slopes = np.diff(table.y) / np.diff(table.x)
    bend = abs(slopes[row] - slopes[row - 1])
    moved = (
        shift if column == "y" else 0.05 * shift * width * min(bend, abs(slopes[row - 1]) + bend)
    )
    deviation = certify(honest, lie).table_deviation
    assert deviation >= 0.9 * moved - 1e-14


# --- the promise of means -----------------------------------------------------------------------


def with_wiggle(delivery, middle, half, height):
    """The same network with a spike between two places: three more neurons."""
    (weight, bias), (gains, last) = delivery.weights
    unit = float(np.abs(weight[0, 0]))
    knots = np.array([middle - half, middle, middle + half])
    spike = height / half / unit * np.array([[1.0, -2.0, 1.0]])
    hidden = np.concatenate([weight, np.full((3, 1), unit)]), np.concatenate([bias, -unit * knots])
    return Delivery([hidden, (np.concatenate([gains, spike], axis=1), last)], Dtype.FLOAT64)


def mean_evidence(delivery, samples, between, tolerance):
    target = Target(metric="rmse", tolerance=tolerance, between_samples=between)
    return Evidence(delivery, samples, target, Promise(samples, target.between_samples))


@given(promises, st.integers(0, 28), st.floats(0.2, 0.8), st.floats(1.1, 1e3))
def test_of_a_mean_no_wiggle_hides_between_two_samples(between, left, part, times):
    honest = honest_answer(between)
    samples, tolerance = honest.samples, 1e-2
    assert mean_evidence(honest.delivery, samples, between, tolerance).met
    start, end = samples.x[left], samples.x[left + 1]
    half = 0.15 * (end - start)
    # A triangle of this height alone has the root mean square allowed, over all intervals.
    height = times * (tolerance * np.sqrt(3 * 30 / 0.3) + 2e-2)
    lie = with_wiggle(honest.delivery, start + part * (end - start), half, height)
    evidence = mean_evidence(lie, samples, between, tolerance)
    assert evidence.error <= tolerance
    assert not evidence.met
    assert evidence.excess > 0.0


@given(promises, st.integers(0, 28), st.integers(0, 29), st.floats(1e-3, 1e3), st.floats(1.1, 10.0))
def test_a_worse_sample_does_not_excuse_a_wiggle(between, left, worse, off, times):
    # Elsewhere than beside the wiggle, where the lines themselves would move towards it.
    if -3 < worse - left < 4:
        return
    honest = honest_answer(between)
    samples, tolerance = honest.samples, 1e-2
    start, end = samples.x[left], samples.x[left + 1]
    height = times * (tolerance * np.sqrt(3 * 30 / 0.3) + 2e-2)
    lie = with_wiggle(honest.delivery, (start + end) / 2, 0.15 * (end - start), height)
    assert not mean_evidence(lie, samples, between, tolerance).met
    moved = samples.y.copy()
    moved[worse] += off
    assert not mean_evidence(lie, Samples(x=samples.x, y=moved), between, tolerance).met
    # Nor does a network that is as far off at a sample itself.
    spiked = with_wiggle(lie, samples.x[worse], 0.1 * (end - start), off)
    assert not mean_evidence(spiked, samples, between, tolerance).met


@given(promises, st.integers(0, 2**32), st.integers(3, 30), st.booleans())
def test_knots_at_samples_keep_the_promise_of_every_mean_they_hold(between, seed, count, weighted):
    generator = np.random.default_rng(seed)
    x = np.cumsum(generator.uniform(0.01, 1.0, count))
    weight = generator.uniform(0.0, 1.0, count) ** 4 if weighted else None
    samples = Samples(x=x, y=generator.normal(size=count), weight=weight)
    chosen = np.union1d([0, count - 1], np.flatnonzero(generator.random(count) < 0.4))
    path = Polyline(x[chosen], generator.normal(size=chosen.size))
    delivery = deliver(shallow_weights(path, Dtype.FLOAT64), Dtype.FLOAT64, (x[0], x[-1]))
    evidence = mean_evidence(delivery, samples, between, 1.0)
    assert evidence.promised_distance <= evidence.error * (1 + 1e-12)


def test_without_a_tolerance_the_figures_are_there_and_nothing_is_promised():
    honest = honest_answer("smooth")
    target = Target()
    evidence = Evidence(honest.delivery, honest.samples, target, honest.promise)
    assert evidence.met
    assert evidence.excess is None
    assert evidence.promised_distance == pytest.approx(0.7e-2, rel=0.3)
