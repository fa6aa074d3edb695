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


@st.composite
def columns(draw):
    """A function in any order, with a weight and a tolerance for each sample."""
    x, y = draw(functions())
    positive = st.floats(1e-50, 1e50)
    each = st.lists(positive, min_size=len(x), max_size=len(x))
    return {"x": x, "y": y, "weight": draw(each), "tolerance": draw(each)}


@given(columns())
def test_further_columns_follow_their_x(given_columns):
    samples = canonical_samples(**given_columns)
    for name in ("weight", "tolerance"):
        of_x = dict(zip(given_columns["x"], given_columns[name], strict=True))
        assert getattr(samples, name).tolist() == [of_x[x] for x in samples.x.tolist()]


@given(columns())
def test_an_npy_file_holds_further_columns_too(given_columns):
    samples = canonical_samples(**given_columns)
    read = Samples.from_npy(samples.to_npy())
    assert read.sha256 == samples.sha256
    assert read.summary() == samples.summary()
    np.testing.assert_array_equal(read.weight, samples.weight)
    np.testing.assert_array_equal(read.tolerance, samples.tolerance)


@given(columns(), st.integers(0, 29))
def test_a_part_has_all_the_columns(given_columns, index):
    samples = canonical_samples(**given_columns)
    index %= samples.count
    part = samples.part(np.array([index]))
    for name in ("x", "y", "weight", "tolerance"):
        assert getattr(part, name).tolist() == [getattr(samples, name)[index]]


def test_weights_of_repetitions_add_up_and_the_smallest_tolerance_counts():
    samples = canonical_samples(
        [1, 0, 1, 1], [5, 4, 5, 5], weight=[1, 2, 3, 4], tolerance=[0.3, 0.4, 0.1, 0.2]
    )
    assert samples.weight.tolist() == [2.0, 8.0]
    assert samples.tolerance.tolist() == [0.4, 0.1]


def test_every_column_and_its_name_is_in_the_hash():
    x, y, column = [0, 1], [2, 3], [4.0, 5.0]
    hashes = {
        canonical_samples(x, y, **further).sha256
        for further in (
            {},
            {"weight": column},
            {"tolerance": column},
            {"weight": column, "tolerance": column},
            {"weight": column[::-1]},
        )
    }
    assert len(hashes) == 5


def test_the_hash_of_known_samples_does_not_change():
    # If this fails, no stored sample set is found again.
    assert canonical_samples([0, 1], [2, 3]).sha256.startswith("9392b85eaba90b4a")


@pytest.mark.parametrize(
    ("column", "values", "path", "says"),
    [
        ("weight", [1.0], ("samples", "weight"), "has 1 values but x has 2"),
        ("weight", [1.0, -1.0], ("samples", "weight", 1), "must be 0 or more"),
        ("weight", [math.nan, 1.0], ("samples", "weight", 0), "must be finite"),
        ("weight", [0.0, 0.0], ("samples", "weight"), "some sample must count"),
        ("tolerance", [1.0, 2.0, 3.0], ("samples", "tolerance"), "has 3 values but x has 2"),
        ("tolerance", [1.0, -1.0], ("samples", "tolerance", 1), "must be at least 0"),
        ("tolerance", [math.inf, 1.0], ("samples", "tolerance", 0), "must be finite"),
    ],
)
def test_a_column_that_cannot_be_used_is_named(column, values, path, says):
    with pytest.raises(InvalidInput, match=says) as caught:
        canonical_samples([0.0, 1.0], [0.0, 1.0], **{column: values})
    assert caught.value.errors[0].path == path


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
    places = [error.path for error in caught.value.errors]
    assert places == [("samples", "x", len(x)), ("samples", "x", index)]


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
