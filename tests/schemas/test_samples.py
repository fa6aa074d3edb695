"""The canonical form of samples: its laws, and what has none."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.errors import InvalidInput
from schemas.samples import Samples, SamplesIn, canonical_samples

# Neighbouring floats this far from 0 are still apart enough for two samples.
FINITE = st.floats(min_value=-1e100, max_value=1e100).filter(lambda v: v == 0 or abs(v) > 1e-80)


@st.composite
def functions(draw):
    """Distinct x, each with a y, in any order."""
    x = draw(st.lists(FINITE, min_size=2, max_size=30, unique=True))
    y = draw(st.lists(FINITE, min_size=len(x), max_size=len(x)))
    return x, y


@given(functions())
def test_the_canonical_form_is_sorted_and_keeps_every_sample(function):
    x, y = function
    samples = canonical_samples(x, y)
    assert np.all(np.diff(samples.x) > 0)
    assert dict(zip(samples.x.tolist(), samples.y.tolist(), strict=True)) == dict(
        zip(x, y, strict=True)
    )


@given(functions(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_hash(function, random):
    pairs = list(zip(*function, strict=True))
    shuffled = pairs + random.choices(pairs, k=3)
    random.shuffle(shuffled)
    one, other = (canonical_samples(*zip(*each, strict=True)) for each in (pairs, shuffled))
    assert one.sha256 == other.sha256
    assert one.count == other.count


@given(functions())
def test_the_canonical_form_is_its_own(function):
    once = canonical_samples(*function)
    twice = canonical_samples(once.x, once.y)
    np.testing.assert_array_equal(once.x, twice.x)
    np.testing.assert_array_equal(once.y, twice.y)


@given(functions())
def test_an_npy_file_holds_the_same_samples(function):
    samples = canonical_samples(*function)
    read = Samples.from_npy(samples.to_npy())
    assert read.sha256 == samples.sha256
    assert read.summary() == samples.summary()


@given(functions(), st.data())
def test_another_value_is_another_hash(function, data):
    x, y = function
    index = data.draw(st.integers(0, len(y) - 1))
    changed = data.draw(FINITE)
    assume(changed != y[index])
    other = [*y[:index], changed, *y[index + 1 :]]
    assert canonical_samples(x, y).sha256 != canonical_samples(x, other).sha256


def test_zero_has_no_sign():
    plus, minus = (canonical_samples([zero, 1.0], [zero, 1.0]) for zero in (0.0, -0.0))
    assert plus.sha256 == minus.sha256
    assert canonical_samples([0.0, -0.0, 1.0], [2.0, 2.0, 3.0]).count == 2


@given(functions(), st.data())
def test_one_x_with_two_y_is_refused_at_the_second(function, data):
    x, y = function
    index = data.draw(st.integers(0, len(x) - 1))
    other = data.draw(FINITE)
    assume(other != y[index])
    with pytest.raises(InvalidInput) as caught:
        canonical_samples([*x, x[index]], [*y, other])
    assert caught.value.errors[0].path == ("samples", "x", len(x))


@pytest.mark.parametrize(
    ("x", "y", "path"),
    [
        ([0.0, 1.0], [0.0], ("samples", "y")),
        ([0.0], [0.0], ("samples", "x")),
        ([], [], ("samples", "x")),
        ([1.0, 1.0], [2.0, 2.0], ("samples", "x")),
        ([0.0, math.nan], [0.0, 1.0], ("samples", "x", 1)),
        ([0.0, 1.0], [-math.inf, 1.0], ("samples", "y", 0)),
        ([0.0, 1.1e100], [0.0, 1.0], ("samples", "x", 1)),
        ([0.0, 1e-101, 1.0], [0.0, 1.0, 2.0], ("samples", "x", 1)),
    ],
)
def test_what_is_no_function_is_refused_where_it_is_not(x, y, path):
    with pytest.raises(InvalidInput) as caught:
        canonical_samples(x, y)
    assert caught.value.errors[0].path == path


def test_the_summary_says_where_the_samples_lie():
    summary = canonical_samples([3, 1, 2], [-1, 5, 0]).summary()
    assert (summary.count, summary.x_min, summary.x_max) == (3, 1.0, 3.0)
    assert (summary.y_min, summary.y_max) == (-1.0, 5.0)


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, [1.0]])
def test_only_finite_numbers_are_numbers(value):
    with pytest.raises(ValidationError) as caught:
        SamplesIn.model_validate({"x": [1, value], "y": [1, 2]})
    assert caught.value.errors()[0]["loc"] == ("x", 1)


def test_the_first_bad_number_ends_the_search():
    with pytest.raises(ValidationError) as caught:
        SamplesIn.model_validate({"x": [None] * 1_000, "y": [0.0] * 1_000})
    assert caught.value.error_count() == 1
