"""What training is told of the promise agrees with the certificate's view of it."""

import numpy as np
import pytest

from schemas.network import Dtype
from schemas.samples import canonical_samples
from schemas.target import BetweenSamples, Target
from tests.functions import sampled
from worker.numerics.corridor import Polyline
from worker.numerics.delivery import shallow_weights
from worker.numerics.guide import Guide
from worker.numerics.preparation import prepare


@pytest.fixture
def prepared():
    return prepare(sampled("sin 6x", 12), Target(tolerance=1e-2))


def test_at_the_samples_it_wants_the_samples_and_leaves_nothing_open(prepared):
    found = Guide(prepared, BetweenSamples.SMOOTH).at(prepared.u)
    assert found.v == pytest.approx(prepared.v, abs=1e-15)
    assert found.bulge == pytest.approx(np.zeros(12), abs=1e-15)
    assert found.unit == pytest.approx(prepared.goal.units)


def test_between_them_lines_plus_bulge_are_close_to_the_smooth_curve(prepared):
    u = np.linspace(0.0, 1.0, 301)
    found = Guide(prepared, BetweenSamples.SMOOTH).at(u)
    truth = (np.sin(6 * u) - prepared.scaling.y_middle) / prepared.scaling.y_half
    assert np.abs(found.v + found.bulge - truth).mean() < np.abs(found.v - truth).mean() / 2
    assert not Guide(prepared, BetweenSamples.LINEAR).at(u).bulge.any()


@pytest.mark.parametrize("between", list(BetweenSamples))
def test_a_wiggle_is_found_where_it_is_unless_nothing_is_promised(prepared, between):
    middle = (prepared.u[3] + prepared.u[4]) / 2
    u = np.sort(np.concatenate([prepared.u, [middle - 0.01, middle, middle + 0.01]]))
    v = np.interp(u, prepared.u, prepared.v) + 0.5 * (u == middle)
    weights = shallow_weights(Polyline(u, v), Dtype.FLOAT64)
    strays = Guide(prepared, between).strays(weights)
    if between is BetweenSamples.NONE:
        assert strays.size == 0
    else:
        assert strays[0] == pytest.approx(middle, abs=1e-12)


def test_a_mean_is_guided_by_the_networks_own_largest_error():
    prepared = prepare(sampled("sin 6x", 12), Target(metric="rmse", tolerance=1e-2))
    interpolating = shallow_weights(Polyline(prepared.u, prepared.v), Dtype.FLOAT64)
    assert Guide(prepared, BetweenSamples.LINEAR).strays(interpolating).size <= 12
    u = np.array([0.0, 0.5, 1.0])
    off = shallow_weights(Polyline(u, np.zeros(3)), Dtype.FLOAT64)
    assert Guide(prepared, BetweenSamples.LINEAR).strays(off).size == 0


def test_samples_that_u_cannot_tell_apart_are_no_obstacle():
    samples = canonical_samples([-1.0, 0.0, 1e-17, 1.0], [0.0, 1.0, 2.0, 0.0])
    guide = Guide(prepare(samples, Target(tolerance=1e-3)), BetweenSamples.SMOOTH)
    assert np.isfinite(guide.at(np.linspace(0.0, 1.0, 9)).bulge).all()
