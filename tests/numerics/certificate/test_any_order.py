"""What is proved for every order of summation holds for those that are tried, and is not idle."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.network import Dtype
from schemas.samples import canonical_samples
from schemas.target import Target
from tests.functions import sampled
from tests.numerics.asking import ask
from worker.numerics.certificate.any_order import enclosed
from worker.numerics.certificate.errors import delivered_error, error_in_any_order
from worker.numerics.networks.delivery import Delivery, evaluations

seeds = st.integers(0, 2**32)
dtypes = st.sampled_from([Dtype.FLOAT32, Dtype.FLOAT64])


def network(generator, widths, dtype, *, folded=True):
    weights = []
    for number, (before, after) in enumerate(itertools.pairwise(widths)):
        weight = generator.normal(size=(after, before)) * 10.0 ** generator.uniform(-3, 3)
        bias = generator.normal(size=after) * 10.0 ** generator.uniform(-3, 3)
        weight[generator.random(weight.shape) < 0.1] = 0.0
        if number == 0 and folded:
            weight = np.sign(generator.normal(size=weight.shape)) * 2.0 ** generator.integers(-8, 8)
        weights.append((weight.astype(dtype.value), bias.astype(dtype.value)))
    return Delivery(weights, dtype)


def summed(terms, how, generator):
    """Sums along the first axis, in the dtype of the terms, in some order."""
    terms = terms[generator.permutation(len(terms))]
    if how == "one by one":
        total = np.zeros_like(terms[0])
        for term in terms:
            total = total + term
        return total
    if how == "in pairs":
        while len(terms) > 1:
            odd = terms[len(terms) // 2 * 2 :]
            terms = np.concatenate([terms[: len(terms) // 2 * 2 : 2] + terms[1::2], odd])
        return terms[0]
    size = int(generator.integers(1, len(terms) + 1))
    blocks = [terms[start : start + size].sum(0) for start in range(0, len(terms), size)]
    return summed(np.stack(blocks), "one by one", generator)


def fused(weight, bias, hidden, generator):
    """Multiply-adds that are rounded once each, from the bias on."""
    total = np.repeat(bias[:, None], hidden.shape[1], axis=1)
    for place in generator.permutation(len(hidden)):
        product = weight[:, place, None].astype(np.longdouble) * hidden[place]
        total = (product + total).astype(total.dtype)
    return total


def computed(delivery, x, how, generator):
    hidden = x.astype(delivery.dtype.value)[None]
    for number, (weight, bias) in enumerate(delivery.weights):
        if how == "fused":
            hidden = fused(weight, bias, hidden, generator)
        else:
            products = weight.T[:, :, None] * hidden[:, None, :]
            shift = np.broadcast_to(bias[None, :, None], (1, *products.shape[1:]))
            hidden = summed(np.concatenate([products, shift]), how, generator)
        if number < len(delivery.weights) - 1:
            hidden = np.maximum(hidden, 0)
    return hidden[0]


@settings(max_examples=60)
@given(
    seeds,
    dtypes,
    st.sampled_from(
        [(1, 1, 1), (1, 9, 1), (1, 8, 3, 2, 1), (1, 5, 5, 5, 1), (1, 90, 1), (1, 90, 3, 2, 1)]
    ),
    st.sampled_from(["one by one", "in pairs", "in blocks", "fused"]),
    st.booleans(),
    st.sampled_from([0.0, 1.0, 1e4, 1e9]),
)
def test_no_order_of_summation_leaves_the_bound(seed, dtype, widths, how, folded, far):
    generator = np.random.default_rng(seed)
    delivery = network(generator, widths, dtype, folded=folded)
    # Knots among the samples, and sums that cancel.
    x = np.sort(far + generator.normal(size=20) * 10.0 ** generator.uniform(-3, 3))
    found = enclosed(delivery, x)
    for values in [*evaluations(delivery, x), computed(delivery, x, how, generator)]:
        off = np.abs(values.astype(np.longdouble) - found.values)
        assert np.all(off <= found.radius)


@given(st.integers(1, 60), dtypes)
def test_an_order_that_rounds_every_term_away_uses_the_bound_up(count, dtype):
    unit = float(np.finfo(dtype.value).eps) / 2
    gains = np.array([1.0, *[unit] * count], dtype=dtype.value)
    layer = np.ones((count + 1, 1), dtype.value), np.zeros(count + 1, dtype.value)
    delivery = Delivery([layer, (gains[None], np.zeros(1, dtype.value))], dtype)
    # From the large term on, every small one is half an ulp, and lost.
    total = dtype_of(dtype)(0.0)
    for gain in gains:
        total = total + gain
    found = enclosed(delivery, np.array([1.0]))
    off = float(np.abs(np.longdouble(total) - found.values)[0])
    assert 0.4 * float(found.radius[0]) <= off <= float(found.radius[0])


def dtype_of(dtype):
    return np.dtype(dtype.value).type


def test_a_sum_that_may_overflow_has_no_bound():
    weight = np.full((2, 1), 1.0, np.float32), np.zeros(2, np.float32)
    gains = np.array([[2e38, -2e38]], np.float32)
    delivery = Delivery([weight, (gains, np.zeros(1, np.float32))], Dtype.FLOAT32)
    samples = canonical_samples([1.0, 2.0], [0.0, 0.0])
    assert error_in_any_order(enclosed(delivery, samples.x), Target(tolerance=1.0), samples) is None


@given(seeds, dtypes, st.sampled_from(["max_abs", "max_rel", "rmse", "mse"]), st.booleans())
def test_the_bound_of_an_error_is_not_below_any_that_is_measured(seed, dtype, metric, listed):
    generator = np.random.default_rng(seed)
    delivery = network(generator, (1, 7, 3, 1), dtype)
    x = np.sort(generator.normal(size=15))
    listed = listed and metric.startswith("max")
    tolerance = generator.uniform(0.1, 1, 15) if listed else None
    samples = canonical_samples(x, generator.normal(size=15), tolerance=tolerance)
    target = Target(metric=metric, tolerance="per_sample" if listed else 0.1)
    bound = error_in_any_order(enclosed(delivery, samples.x), target, samples)
    assert bound >= delivered_error(delivery, target, samples)


@pytest.mark.parametrize("metric", ["max_abs", "rmse", "mse"])
def test_a_certificate_says_what_is_proved_and_what_was_measured(metric):
    samples = sampled("tanh 3x", 200)
    answer = ask(samples, {"metric": metric, "tolerance": 1e-3})
    certificate = answer.certificate
    assert answer.met
    assert certificate.orders == "any"
    error = certificate.error(Target(metric=metric))
    assert error <= certificate.error_in_any_order <= 1e-3
    # Without a tolerance there is nothing to be held; the bound is told all the same.
    budget = ask(samples, {"metric": metric}, max_segments=6).certificate
    assert budget.orders == "tried"
    assert budget.error_in_any_order >= budget.error(Target(metric=metric))


def test_a_target_next_to_what_float32_resolves_is_held_in_the_orders_tried():
    samples = canonical_samples([0.0, 1.0, 2.0, 3.0], [1.1, 1.3, 2.9, 0.7])
    answer = ask(samples, {"tolerance": 2e-7}, dtype="float32")
    assert answer.certificate.error_in_any_order > 2e-7
    assert answer.certificate.orders == "tried"


def test_questions_too_large_for_many_orders_have_the_bound_too():
    x = np.linspace(0.0, 1.0, 20_000)
    samples = canonical_samples(x, np.random.default_rng(0).normal(size=x.size))
    answer = ask(samples, {"tolerance": 0.01, "between_samples": "none"}, architecture="shallow")
    assert answer.architecture.parameters * samples.count > 5e7
    assert answer.met
    bound = answer.certificate.error_in_any_order
    assert bound >= answer.certificate.max_abs_error
    assert answer.certificate.orders == ("any" if bound <= 0.01 else "tried")


def test_where_one_order_alone_is_tried_the_figures_are_bounds_over_all():
    x = np.linspace(0.0, 1.0, 40_001)
    samples = canonical_samples(x, np.sin(40 * x))
    answer = ask(samples, {"tolerance": 1e-4}, architecture="shallow")
    assert x.size * answer.architecture.parameters > 5e7
    certificate = answer.certificate
    assert answer.met
    assert certificate.orders == "any"
    assert certificate.max_abs_error == certificate.error_in_any_order <= 1e-4
