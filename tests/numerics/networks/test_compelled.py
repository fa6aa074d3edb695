"""The paper's network: its size, its formula, and Theorem 3.1."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.network import Dtype
from tests.numerics.networks.assembling import assert_derivative_of_assembling
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.networks.compelled import (
    PEAK_MARGIN,
    Compelled,
    differentiable_scales,
    starting_compelled,
)
from worker.numerics.networks.delivery import Delivery
from worker.numerics.networks.network import evaluate

u = np.linspace(0.0, 1.0, 2001)
seeds = st.integers(0, 2**32)


def random_start(depth, seed):
    generator = np.random.default_rng(seed)
    structured = starting_compelled(depth, 2, generator)[1:]
    structured[:, depth:] = generator.normal(size=3)
    return structured


def towers_of_tents(peaks, x):
    """``W_i = T_{a_i} o ... o T_{a_0}`` at x, one after the other."""
    w = x
    for peak in peaks:
        w = np.interp(w, [0.0, peak, 1.0], [0.0, 1.0, 0.0])
        yield w


def creases(peaks):
    """Where the first tents bend: all preimages of every peak, ends included."""
    points = {0.0, 1.0}
    for level, peak in enumerate(peaks):
        preimages = [peak]
        for outer in reversed(peaks[:level]):
            preimages = [x for w in preimages for x in (outer * w, 1 - (1 - outer) * w)]
        points.update(preimages)
    return np.array(sorted(points))


@pytest.mark.parametrize("depth", range(1, 9))
def test_depth_d_has_20_d_minus_7_parameters(depth):
    family = Compelled(depth)
    assert family.shape.parameters == 20 * depth - 7
    dense = family.assemble(random_start(depth, 0))
    assert dense.shape == (1, 20 * depth - 7)


def test_five_hidden_layers_of_width_four_have_93_parameters():
    assert Compelled(5).shape.widths == (1, 4, 4, 4, 4, 4, 1)
    assert Compelled(5).shape.parameters == 93


@given(st.integers(1, 7), seeds)
def test_the_assembled_network_is_the_formula(depth, seed):
    family, structured = Compelled(depth), random_start(depth, seed)
    peaks = family.peaks(structured)[0].tolist()
    c0, c1, k = structured[0, depth:].tolist()
    # s_{i+1} = s_i (1 - a_{i+1}) a_{i+2}, the peak after the last taken as 1/2.
    padded, scales = [*peaks, 0.5], [1.0]
    for i in range(depth - 1):
        scales.append(scales[i] * (1 - padded[i + 1]) * padded[i + 2])
    expected = c0 + c1 * u
    for scale, w in zip(scales, towers_of_tents(peaks, u), strict=True):
        expected = expected + k * scale * w
    values = evaluate(family.shape, family.assemble(structured), u[None])
    assert values[0] == pytest.approx(expected, abs=1e-9)


@given(st.integers(1, 6), seeds)
def test_peaks_stay_inside_the_unit_interval(depth, seed):
    structured = 100 * random_start(depth, seed)
    peaks = Compelled(depth).peaks(structured)
    assert bool(((peaks >= PEAK_MARGIN) & (peaks <= 1 - PEAK_MARGIN)).all())


@given(st.integers(1, 6), seeds)
def test_the_formula_is_the_same_for_tensors_of_torch(depth, seed):
    # The benchmark trains it by Adam.
    structured = random_start(depth, seed)
    dense = Compelled(depth).assemble(torch.from_numpy(structured))
    assert dense.numpy() == pytest.approx(Compelled(depth).assemble(structured), rel=1e-12)


@settings(max_examples=20)
@given(st.integers(1, 5), seeds)
def test_the_derivative_of_assembling_is_that_of_differences(depth, seed):
    family, structured = Compelled(depth), random_start(depth, seed)
    assert_derivative_of_assembling(family, structured, u[::20])


@settings(max_examples=20)
@given(st.integers(1, 7), seeds)
def test_depth_d_has_two_to_the_d_pieces(depth, seed):
    family, structured = Compelled(depth), random_start(depth, seed)
    structured[0, :depth] = np.clip(structured[0, :depth], -1.0, 1.0)
    structured[0, -1] = 1.0
    layers = family.shape.layers(family.assemble(structured))
    delivery = Delivery([(w[0], b[0]) for w, b in layers], Dtype.FLOAT64)
    table, _ = tabulate(delivery, 0.0, 1.0)
    peaks = family.peaks(structured)[0].tolist()
    assert table.x == pytest.approx(creases(peaks).tolist(), abs=1e-10)
    assert table.segments == 2**depth


def largest_jump_of_slope(peaks, scales):
    points = creases(peaks)
    total = sum(s * w for s, w in zip(scales, towers_of_tents(peaks, points), strict=True))
    return np.abs(np.diff(np.diff(total) / np.diff(points))).max()


@given(st.lists(st.floats(0.2, 0.8), min_size=10, max_size=10))
def test_theorem_3_1_the_jumps_of_the_slope_die_out_with_depth(peaks):
    def jump(depth):
        row = np.array([peaks[:depth]])
        return largest_jump_of_slope(peaks[:depth], differentiable_scales(row)[0].tolist())

    # At least as 0.8^depth, from a start that depends on the first peaks.
    assert jump(10) < jump(1) / 2


def test_other_scales_leave_jumps_that_do_not_die_out():
    peaks = [0.3] * 10
    right = differentiable_scales(np.array([peaks]))[0].tolist()
    wrong = [4.0**-i for i in range(10)]
    assert largest_jump_of_slope(peaks, right) < 0.5 < 2 < largest_jump_of_slope(peaks, wrong)


def test_the_first_start_is_a_parabola():
    depth = 6
    structured = starting_compelled(depth, 3, np.random.default_rng(1))
    assert structured.shape == (3, depth + 3)
    peaks = Compelled(depth).peaks(structured)[0].tolist()
    scales = differentiable_scales(np.array([peaks]))[0].tolist()
    assert scales == pytest.approx([4.0**-i for i in range(depth)])
    total = sum(s * w for s, w in zip(scales, towers_of_tents(peaks, u), strict=True))
    assert total == pytest.approx(4 * u * (1 - u), abs=4.0 ** (1 - depth))


def test_starts_differ_and_follow_the_generator():
    first = starting_compelled(4, 5, np.random.default_rng(3))
    again = starting_compelled(4, 5, np.random.default_rng(3))
    assert np.array_equal(first, again)
    assert all(not np.array_equal(a, b) for a, b in itertools.combinations(first, 2))


def test_starting_peaks_stay_clear_of_the_margin():
    # A peak at the margin folds almost nothing, and phase 1 does not bring it back.
    starts = starting_compelled(5, 1000, np.random.default_rng(7))
    peaks = Compelled(5).peaks(starts)
    near = ((peaks < PEAK_MARGIN + 0.1) | (peaks > 0.9 - PEAK_MARGIN)).any(1)
    assert near.mean() < 0.01
