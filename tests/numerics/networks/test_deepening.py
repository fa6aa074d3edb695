"""Deepening: one more tent on what a trained tower has become."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.numerics.networks.deepening import deepened
from worker.numerics.networks.knots import bending, plain_zigzag
from worker.numerics.networks.network import evaluate
from worker.numerics.networks.tents import starting_tower, tower_shape
from worker.numerics.paths.polyline import Polyline

PIECES = 4
u = np.linspace(0.0, 1.0, 4097)


def tower_of(tents, v, **recipe):
    """Shape and dense parameters [P] of a starting tower, not trained."""
    line = Polyline(np.linspace(0, 1, 41), np.linspace(0, 1, 41) ** 2)
    tower, structured = starting_tower(
        plain_zigzag(bending(line), PIECES), u, v, tents=tents, signed=False, **recipe
    )
    return tower.shape, tower.assemble(structured)[0]


def residual(shape, parameters, v):
    return v - evaluate(shape, parameters[None], u[None])[0]


def rms(residuals):
    return np.sqrt(np.mean(residuals**2))


@pytest.mark.parametrize("tents", [1, 2, 3])
@pytest.mark.parametrize("peak", [0.5, 0.42])
def test_a_tower_gets_the_shape_of_one_tent_more(tents, peak):
    shape, _ = deepened(*tower_of(tents, u**2, peak=peak), u, u**2)
    assert shape == tower_shape(PIECES, tents + 1, signed=False)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("tents", [1, 2, 3])
@pytest.mark.parametrize("headroom", [0.0, 0.5])
def test_on_a_parabola_the_next_tent_leaves_a_quarter(tents, sign, headroom):
    before = tower_of(tents, sign * u**2, headroom=headroom)
    after = deepened(*before, u, sign * u**2)
    errors = [residual(*network, sign * u**2) for network in (before, after)]
    # By least squares the scale is not Yarotsky's, whose largest error is smallest, but nearly.
    assert np.ptp(errors[1]) == pytest.approx(np.ptp(errors[0]) / 4, rel=0.05)


@settings(max_examples=40)
@given(st.integers(1, 4), st.integers(0, 2**32), st.sampled_from([1e-3, 1e-2, 1e-1]))
def test_whatever_training_has_made_of_a_tower_the_next_tent_makes_it_no_worse(tents, seed, size):
    v = np.exp(u)
    shape, parameters = tower_of(tents, v)
    moved = np.random.default_rng(seed).standard_normal(parameters.size)
    parameters = parameters * (1 + size * moved)
    deeper, grown = deepened(shape, parameters, u, v)
    assert np.isfinite(grown).all()
    # W may stray further below 0 than its neuron has headroom: then a little is lost.
    left = residual(shape, parameters, v)
    assert rms(residual(deeper, grown, v)) <= 1.01 * rms(left - left.mean())


def test_a_tower_whose_last_kink_is_never_reached_is_deepened_all_the_same():
    shape, parameters = tower_of(2, u**2)
    layers = shape.layers(parameters[None])
    layers[-2][1][0, 1] = -1e3
    deeper, grown = deepened(shape, parameters, u, u**2)
    assert rms(residual(deeper, grown, u**2)) <= rms(residual(shape, parameters, u**2))


def test_the_order_of_the_samples_does_not_matter():
    shape, parameters = tower_of(2, u**3)
    shuffled = np.random.default_rng(0).permutation(u.size)
    found = [deepened(shape, parameters, u[order], u[order] ** 3)[1] for order in (..., shuffled)]
    assert found[0] == pytest.approx(found[1], rel=1e-9)
