"""A path of S segments as S - 1 neurons: the function is right in the dtype it is delivered in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.network import Dtype
from tests.numerics.paths.test_hinges import by_terms, hinges
from tests.oracles import evaluate_by_loops, rounding_bound
from worker.numerics.networks.facing import faced_weights
from worker.numerics.paths.polyline import Polyline


@given(
    hinges(),
    st.sampled_from(list(Dtype)),
    st.sampled_from([(0.0, 1.0), (-4.0, 8.0), (1e-20, 1e-20), (100.0, 7.0)]),
)
def test_as_many_neurons_as_inner_knots_make_the_path(found, dtype, span):
    start, width = span
    values = by_terms(found, found.corners)
    path = Polyline(start + width * found.corners, values)
    weights = [
        (w.astype(dtype.value), b.astype(dtype.value))
        for w, b in faced_weights(path, found.left, dtype)
    ]
    assert weights[0][1].size == path.segments - 1
    assert sum(w.size + b.size for w, b in weights) == 3 * (path.segments - 1) + 1
    x = np.concatenate([path.x, (path.x[1:] + path.x[:-1]) / 2])
    bounds = rounding_bound(weights, x).max()
    difference = np.abs(evaluate_by_loops(weights, x.astype(dtype.value)) - path(x))
    # Knots are rounded as well, by an ulp of x.
    steepest = np.abs(np.diff(values) / np.diff(path.x)).max()
    moved = steepest * np.finfo(dtype.value).eps * np.abs(x).max()
    assert difference.max() <= 8 * bounds + 8 * moved * path.segments


def test_the_relation_holds_between_knots_as_the_dtype_rounds_them():
    # A thousand segments, so that what rounding adds to a slope would add up along the path.
    generator = np.random.default_rng(1)
    knots = np.sort(generator.uniform(0.0, 1.0, 999))
    left = generator.random(999) < 0.5
    gains = generator.normal(size=999)
    x = np.concatenate([[0.0], knots, [1.0]])
    values = np.zeros_like(x)
    for gain, knot, to_the_left in zip(gains, knots, left, strict=True):
        values += gain * np.maximum(knot - x if to_the_left else x - knot, 0.0)
    weights = faced_weights(Polyline(x, values), left, Dtype.FLOAT32)
    rounded = [(w.astype("f4").astype("f8"), b.astype("f4").astype("f8")) for w, b in weights]
    error = np.abs(evaluate_by_loops(rounded, x) - values).max()
    assert error <= 1e-5 * np.abs(values).max()


def test_knots_that_rounding_would_bring_together_stay_apart():
    path = Polyline(np.array([0.0, 1.0, 1.0 + 1e-9, 2.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    weights = faced_weights(path, np.array([False, False]), Dtype.FLOAT32)
    assert weights[0][1].size == 2
    assert evaluate_by_loops(weights, np.array([0.5, 1.5])) == pytest.approx([0.0, 1.0])
