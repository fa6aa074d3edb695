"""Training rows: what they weigh, what they forgive, and that their norm is the goal's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from schemas.samples import Samples, canonical_samples
from schemas.target import BetweenSamples, Target
from worker.numerics.problem.preparation import prepare
from worker.numerics.training.rows import (
    between_grid,
    between_rows,
    joined,
    measured,
    part,
    peaks,
    sample_rows,
)

seeds = st.integers(0, 2**32)
promises = st.sampled_from([BetweenSamples.LINEAR, BetweenSamples.SMOOTH])
TARGETS = {
    "max_abs": {"tolerance": 0.01},
    "max_rel": {"metric": "max_rel", "tolerance": 0.01, "floor": 0.1},
    "per sample": {"tolerance": "per_sample"},
    "rmse": {"metric": "rmse", "tolerance": 0.01},
    "mse": {"metric": "mse"},
}
targets = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


def problem(seed, target, count=12):
    """Uneven samples with tolerances, or with weights for a mean."""
    generator = np.random.default_rng(seed)
    x, y = np.cumsum(generator.uniform(0.1, 1.0, count)), generator.normal(size=count)
    extra = {}
    if target.get("tolerance") == "per_sample":
        extra = {"tolerance": generator.uniform(0.001, 0.1, count)}
    if target.get("metric") in ("rmse", "mse"):
        extra = {"weight": generator.uniform(0.1, 3.0, count)}
    return prepare(canonical_samples(x, y, **extra), Target(**target))


@targets
@given(seed=seeds)
def test_the_rows_of_all_samples_have_the_goals_norm(target, seed):
    prepared = problem(seed, target)
    rows = sample_rows(prepared, np.arange(12))
    residuals = np.random.default_rng(seed + 1).normal(size=12)
    found = measured(rows, prepared.v + residuals)
    norm = np.abs(found).max() if prepared.goal.is_maximum else np.sqrt((found**2).sum())
    assert norm == pytest.approx(prepared.goal.norm(residuals), rel=1e-12)
    assert np.all(np.sign(found) == np.sign(residuals))


@given(seeds, st.integers(1, 12))
def test_a_part_of_the_samples_has_their_root_mean_square(seed, count):
    prepared = problem(seed, TARGETS["mse"])
    chosen = np.sort(np.random.default_rng(seed).permutation(12)[:count])
    residuals = np.random.default_rng(seed + 1).normal(size=12)
    found = measured(sample_rows(prepared, chosen), prepared.v[chosen] + residuals[chosen])
    expected = np.sqrt(np.mean((residuals / prepared.goal.units)[chosen] ** 2))
    assert np.sqrt((found**2).sum()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("target", ["max_abs", "max_rel", "per sample"])
@given(seed=seeds, between=promises, off=st.floats(-3.0, 3.0))
def test_a_row_between_samples_is_within_the_limit_exactly_where_the_promise_is_kept(
    target, seed, between, off
):
    prepared = problem(seed, TARGETS[target])
    generator = np.random.default_rng(seed + 1)
    x = generator.uniform(prepared.x[0], prepared.x[-1], 30)
    rows = between_rows(prepared, between, x)
    line = np.interp(x, prepared.x, prepared.v)
    limits = prepared.goal.limit * np.interp(x, prepared.x, prepared.goal.units)
    smooth = PchipInterpolator(prepared.x, prepared.v)(x) if between == "smooth" else line
    left_open = np.abs(smooth - line)
    found = measured(rows, line + off)
    # Exactly what is open is forgiven, on either side, and nothing of what is beyond it.
    beyond = np.maximum(np.abs(off) - left_open, 0.0)
    share = prepared.goal.limit * beyond / limits
    assert np.abs(found) == pytest.approx(share, rel=1e-9, abs=1e-12 * rows.gauge.max())
    for side in (left_open, -left_open):
        assert measured(rows, line + side) == pytest.approx(0.0, abs=1e-12 * rows.gauge.max())


@given(seeds, promises)
def test_for_a_mean_the_rows_between_lie_on_the_curve_and_forgive_nothing(seed, between):
    prepared = problem(seed, TARGETS["rmse"])
    rows = between_grid(prepared, between, np.full(prepared.x.size - 1, 3))
    x = prepared.scaling.x_start + rows.u * prepared.scaling.x_width
    line = np.interp(x, prepared.x, prepared.v)
    smooth = PchipInterpolator(prepared.x, prepared.v)(x) if between == "smooth" else line
    assert rows.v == pytest.approx(smooth, abs=1e-9)
    assert not rows.give.any()


@given(seeds, st.lists(st.integers(0, 7), min_size=11, max_size=11))
def test_a_grid_has_so_many_even_points_in_every_interval_and_no_sample(seed, counts):
    prepared = problem(seed, TARGETS["max_abs"])
    inner = np.array(counts)
    rows = between_grid(prepared, BetweenSamples.SMOOTH, inner)
    everything = np.sort(np.concatenate([rows.u, prepared.u]))
    assert rows.count == sum(counts)
    ends = np.concatenate([[0], np.cumsum(inner + 1)])
    assert everything[ends] == pytest.approx(prepared.u, abs=1e-12)
    evenly = np.repeat(np.diff(prepared.u) / (inner + 1), inner + 1)
    assert np.diff(everything) == pytest.approx(evenly, abs=1e-12)


def test_samples_without_a_number_between_them_have_no_row_there():
    x = np.array([1.0, np.nextafter(1.0, 2.0), 2.0])
    prepared = prepare(Samples(x, np.array([0.0, 1.0, 0.0])), Target(tolerance=0.1))
    rows = between_grid(prepared, BetweenSamples.SMOOTH, np.full(2, 3))
    assert rows.count == 3
    assert np.all(np.isfinite(rows.v))


@given(seeds)
def test_rows_are_joined_and_parted_column_by_column(seed):
    prepared = problem(seed, TARGETS["max_abs"])
    first = sample_rows(prepared, np.arange(0, 12, 2))
    second = between_grid(prepared, BetweenSamples.SMOOTH, np.full(11, 2))
    both, values = joined(first, second), np.random.default_rng(seed).normal(size=6 + 22)
    separately = [measured(first, values[:6]), measured(second, values[6:])]
    assert np.array_equal(measured(both, values), np.concatenate(separately))
    chosen = np.array([3, 7, 20])
    assert np.array_equal(
        measured(part(both, chosen), values[chosen]), measured(both, values)[chosen]
    )


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=20), st.integers(0, 4))
def test_peaks_are_the_local_maxima_above_the_floor(residuals, floor):
    found = peaks(np.array(residuals, dtype=float), floor)
    size = [-1, *map(abs, residuals), -1]
    # Of a plateau, its last.
    expected = [
        i
        for i in range(len(residuals))
        if size[i + 1] > floor and size[i] <= size[i + 1] > size[i + 2]
    ]
    assert found.tolist() == expected
