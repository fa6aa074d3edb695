"""A few samples are answered without a search where a search cannot find anything better."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from tests.numerics.asking import ask, measured
from worker.numerics.fit import fit


@st.composite
def convex_curves(draw):
    """Samples of a strictly convex function: ceil(N / 2) segments go through all of them."""
    count = draw(st.integers(2, 14))
    gaps = st.lists(st.floats(0.1, 3.0), min_size=count, max_size=count)
    x = np.cumsum(draw(gaps))
    slopes = np.cumsum(draw(gaps)) - draw(st.floats(0.0, 20.0))
    y = np.concatenate([[0.0], np.cumsum(slopes[1:] * np.diff(x))])
    return canonical_samples(x, y)


def trained(answer):
    return [c for c in answer.contenders if c.name != "shallow"]


@settings(max_examples=15)
@given(convex_curves(), st.sampled_from(["max_abs", "rmse", "mse"]), st.integers(0, 3))
def test_segments_that_can_go_through_all_samples_do(samples, metric, spare):
    segments = -(-samples.count // 2) + spare
    target = {"metric": metric, "between_samples": "none"}
    answer = ask(samples, target, max_segments=segments, effort="thorough")
    assert not trained(answer)
    assert answer.table.segments <= segments
    largest = np.abs(samples.y).max()
    assert measured(answer, samples, "max_abs") <= 1e-12 * largest


@settings(max_examples=15)
@given(convex_curves(), st.sampled_from(["max_abs", "rmse"]), st.integers(1, 8))
def test_within_a_budget_of_segments_no_tower_is_tried(samples, metric, segments):
    # What it computes, a shallow network of as many segments computes as well.
    answer = ask(samples, {"metric": metric}, max_segments=segments, effort="thorough")
    assert not trained(answer)
    assert answer.table.segments <= segments


@pytest.mark.parametrize("metric", ["max_abs", "rmse", "mse"])
@pytest.mark.parametrize("effort", ["standard", "thorough"])
def test_what_only_rounding_is_left_of_is_not_improved_on(metric, effort):
    samples = canonical_samples([0, 1, 2, 4, 7], [3, 1, 4, 1, 5])
    answer = ask(samples, {"metric": metric}, max_parameters=60, effort=effort)
    assert not trained(answer)
    assert measured(answer, samples, "max_abs") <= 1e-14


def test_a_tower_that_is_nearer_to_a_few_samples_is_still_found():
    t = np.linspace(0.0, 1.0, 32)
    samples = canonical_samples(t, np.sin(t))
    target = {"metric": "rmse"}
    shallow = ask(samples, target, max_parameters=25, architecture="shallow")
    answer = ask(samples, target, max_parameters=25, effort="standard")
    assert trained(answer)
    assert measured(answer, samples, "rmse") <= measured(shallow, samples, "rmse")


@pytest.mark.parametrize(("count", "most_parameters"), [(20, 30), (24, 30), (24, 48)])
def test_noise_of_a_few_samples_is_not_searched_for_long(count, most_parameters):
    generator = np.random.default_rng(count)
    walk = canonical_samples(np.arange(count), generator.normal(size=count).cumsum())
    steps = []
    fit(
        walk,
        Target(between_samples="linear"),
        FitOptions(max_parameters=most_parameters),
        on_progress=lambda phase, progress, outline: steps.append(progress.iteration),
    )
    # Some 2000, which take half a second; without a limit of their own they were 9,000 to 13,000.
    assert 0 < steps[-1] <= 4000
