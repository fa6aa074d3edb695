"""Towers: the assembled network is the formula ``g + sum_i s_i (T_i o ... o T_1)(Z)``."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.network import Dtype
from tests.oracles import derivative_by_differences
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.networks.delivery import Delivery
from worker.numerics.networks.knots import Zigzag, bending, plain_zigzag
from worker.numerics.networks.network import evaluate, evaluate_with_jacobian
from worker.numerics.networks.tents import MARGIN, Tower, starting_tower
from worker.numerics.paths.polyline import Polyline
from worker.numerics.training.phase1 import derivative

u = np.linspace(0.0, 1.0, 4097)


@st.composite
def towers(draw, margins=False):
    """A tower with structured parameters in general position, and what they mean.

    With margins, peaks and distances of knots may be as small as they ever count for.
    """
    pieces, tents = draw(st.integers(1, 6)), draw(st.integers(0, 2 if margins else 5))
    signed = draw(st.booleans())
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    widths = generator.uniform(0.3, 1.0, pieces)
    peaks = generator.uniform(0.3, 0.7, (tents, 2 if signed else 1))
    if margins:
        widths *= 10.0 ** -generator.integers(0, 4, pieces)
        peaks = generator.choice([MARGIN, 0.01, 0.4, 0.99, 1 - MARGIN], peaks.shape)
    knots = np.concatenate([[0.0], np.cumsum(widths) / widths.sum()])
    knots[-1] = 1.0
    zigzag = np.arange(pieces + 1) % 2.0
    if signed:
        zigzag *= np.where(np.arange(pieces + 1) // 2 % 2, -1.0, 1.0)
    base = generator.normal(size=pieces + 1)
    scales = generator.normal(size=(tents, 1)) * 4.0 ** -np.arange(tents)[:, None]
    columns = np.concatenate([peaks, scales], axis=1)
    structured = np.concatenate([knots[1:-1], base, columns.ravel()])
    headroom = draw(st.sampled_from([0.0, 0.5]))
    return Tower(zigzag, tents, signed, headroom), structured[None], knots, base, columns


def tent(w, peaks):
    if len(peaks) == 1:
        return np.interp(w, [0.0, peaks[0], 1.0], [0.0, 1.0, 0.0])
    above, below = peaks
    return np.interp(w, [-1.0, -below, above, 1.0], [0.0, -1.0, 1.0, 0.0])


def formula(tower, knots, base, columns):
    total, w = np.interp(u, knots, base), np.interp(u, knots, tower.zigzag)
    for *peaks, scale in columns:
        w = tent(w, peaks)
        total = total + scale * w
    return total


def values_of(tower, structured):
    dense = tower.assemble(structured)
    assert dense.shape == (1, tower.shape.parameters)
    return evaluate(tower.shape, dense, u[None])[0]


@given(towers())
def test_the_assembled_network_is_the_formula(case):
    tower, structured, knots, base, columns = case
    expected = formula(tower, knots, base, columns)
    assert values_of(tower, structured) == pytest.approx(expected, abs=1e-9)


@given(towers(margins=True))
def test_it_still_is_at_the_margins(case):
    tower, structured, knots, base, columns = case
    expected = formula(tower, knots, base, columns)
    peaks = columns[:, :-1]
    # Rounding of w counts as many times as the tents above are steep.
    steepness = np.prod(2 / np.minimum(peaks, 1 - peaks).min(1)) / np.diff(knots).min()
    off = np.abs(values_of(tower, structured) - expected)
    assert off.max() <= 1e-11 + 1e-15 * steepness


@given(towers(), st.sampled_from([-3.0, 0.0, MARGIN / 2, 1 - MARGIN / 2, 4.0]))
def test_peaks_outside_count_as_those_at_the_margin(case, outside):
    tower, structured, *_ = case
    tents = structured[0, 2 * tower.pieces :].reshape(tower.tents, 3 if tower.signed else 2)
    tents[:, :-1] = outside
    beyond = tower.assemble(structured)
    tents[:, :-1] = np.clip(outside, MARGIN, 1 - MARGIN)
    assert np.array_equal(beyond, tower.assemble(structured))
    assert np.all(np.isfinite(beyond))


@given(towers())
def test_the_sum_is_never_cut_off_and_so_every_batch_row_is_the_tower_alone(case):
    tower, structured, *_ = case
    moved = structured.copy()
    moved[:, tower.pieces - 1 : 2 * tower.pieces] -= 1e3
    dense = tower.assemble(np.concatenate([structured, moved]))
    assert np.array_equal(dense[:1], tower.assemble(structured))
    both = evaluate(tower.shape, dense, u[None])
    assert both[1] == pytest.approx(both[0] - 1e3, abs=1e-8)


@given(towers())
def test_its_size_is_the_one_of_the_design(case):
    tower = case[0]
    k, m = tower.pieces, tower.tents
    plain = {0: 3 * k + 1, 1: 4 * k + 5}.get(m, 5 * k + 12 * m - 10)
    signed = {0: 3 * k + 1, 1: 5 * k + 7}.get(m, 6 * k + 20 * m - 17)
    assert tower.shape.parameters == (signed if tower.signed else plain)
    assert tower.segments == k * 2**m


@settings(max_examples=25)
@given(towers())
def test_every_tent_doubles_the_pieces(case):
    tower, structured, *_ = case
    # Signed tents of unequal peaks do not keep 0 and split one piece more.
    peaks = structured[0, 2 * tower.pieces :].reshape(tower.tents, 3 if tower.signed else 2)
    peaks[:, :-1] = peaks[:, :1]
    layers = tower.shape.layers(tower.assemble(structured))
    delivery = Delivery([(w[0], b[0]) for w, b in layers], Dtype.FLOAT64)
    table, _ = tabulate(delivery, 0.0, 1.0)
    assert table.segments == tower.segments


@settings(max_examples=25)
@given(towers())
def test_the_derivative_of_assembling_is_that_of_differences(case):
    tower, structured, *_ = case
    _, jacobian = evaluate_with_jacobian(tower.shape, tower.assemble(structured), u[None, ::64])
    found = derivative(tower, structured)[0] @ jacobian[0]

    def function(flat):
        return evaluate(tower.shape, tower.assemble(flat[None]), u[None, ::64])[0]

    rough, fine = (
        derivative_by_differences(function, structured[0], step=step) for step in (1e-6, 1e-7)
    )
    smooth = np.abs(rough - fine) < 1e-5 * (1 + np.abs(fine))
    assert found[smooth] == pytest.approx(fine[smooth], rel=1e-5, abs=1e-5)
    assert smooth.mean() > 0.8
    assert np.all(np.abs(found).max(1) > 0)


@pytest.mark.parametrize("pieces", [1, 2, 4])
@pytest.mark.parametrize("tents", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_on_a_parabola_the_start_errs_by_yarotskys_identity_a_quarter_a_tent(pieces, tents, sign):
    line = Polyline(np.linspace(0, 1, 41), np.linspace(0, 1, 41) ** 2)
    zigzag = plain_zigzag(bending(line), pieces)
    tower, structured = starting_tower(zigzag, u, sign * u**2, tents=tents, signed=False)
    error = np.abs(values_of(tower, structured) - sign * u**2).max()
    # What is left of u - u^2 = sum_i 4^-i T^(i)(u) after m terms is 4^-m (w - w^2), w = T^(m).
    assert error == pytest.approx(4.0**-tents / (4 * pieces**2), rel=1e-6)


def test_on_a_cubic_signed_tents_fold_both_ways():
    v = (2 * u - 1) ** 3
    zigzag = Zigzag(np.array([0.0, 0.2, 0.5, 0.8, 1.0]), np.array([0.0, 1.0, 0.0, -1.0, 0.0]))
    errors = []
    for tents in (0, 1):
        tower, structured = starting_tower(zigzag, u, v, tents=tents, signed=True)
        errors.append(np.abs(values_of(tower, structured) - v).max())
    assert errors[1] < 0.5 * errors[0]


@pytest.mark.parametrize("signed", [False, True])
def test_the_start_interpolates_at_the_knots(signed):
    v = np.sin(3 * u)
    zigzag = Zigzag(np.linspace(0, 1, 5), np.array([0.0, 1.0, 0.0, 1.0, 0.0]))
    tower, structured = starting_tower(zigzag, u, v, tents=0, signed=signed)
    assert values_of(tower, structured)[::1024] == pytest.approx(v[::1024], abs=1e-12)
