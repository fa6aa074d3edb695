"""The tube of a problem: its path keeps the promise, and it is hardly narrower than it may be."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.samples import canonical_samples
from schemas.target import BetweenSamples, Target
from tests.functions import FUNCTIONS, KNOWN_SEGMENTS, curve, sampled
from tests.oracles import promise_by_sampling
from worker.numerics.paths.tube import Tube, _polygon
from worker.numerics.problem.bulge import Bulge
from worker.numerics.problem.preparation import prepare

promises = st.sampled_from([BetweenSamples.LINEAR, BetweenSamples.SMOOTH])


@st.composite
def bulges(draw):
    """Slopes at the two ends of one interval, against its own: any skew, any sign."""
    rise, fall = draw(st.floats(-1.0, 1.0)), draw(st.floats(-1.0, 1.0))
    return Bulge(np.array([0.0, 1.0]), np.array([rise]), np.array([fall]))


@settings(max_examples=300)
@given(bulges())
def test_the_polygon_lies_inside_the_bulge_and_close_to_it(bulge):
    _, t, height = _polygon(bulge)
    order = np.argsort(t)
    corners = np.concatenate([[0.0], t[order], [1.0]])
    heights = np.concatenate([[0.0], height[order], [0.0]])
    for start, end in itertools.pairwise([0.0, *bulge.zeros(), 1.0]):
        # However short: its highest point is to be among these.
        fine = np.linspace(start, end, 2001)
        inside = np.interp(fine, corners, heights)
        true = np.abs(bulge.height(fine, np.zeros(fine.size, dtype=int)))
        assert np.all(inside <= true + 1e-15)
        assert inside.min() >= 0.0
        assert np.all(true - inside <= 0.2 * true.max() + 1e-15)


@st.composite
def problems(draw):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(2, 40))
    x = np.cumsum(generator.uniform(0.05, 1.0, count))
    y = generator.normal(size=count)
    if draw(st.booleans()):
        y = np.cumsum(np.cumsum(y))
    return canonical_samples(x, y), 10.0 ** draw(st.floats(-5, -0.5))


@settings(max_examples=150)
@given(problems(), promises)
def test_the_path_keeps_the_promise_everywhere(case, between):
    samples, share = case
    tolerance = share * samples.y_range
    target = Target(tolerance=tolerance, between_samples=between)
    prepared = prepare(samples, target)
    path = Tube(prepared, between).hold(prepared.goal.limit).path()
    y = path.y * prepared.scaling.y_half + prepared.scaling.y_middle
    limits = np.full(samples.count, tolerance)
    *_, excess = promise_by_sampling(
        lambda x: np.interp(x, path.x, y), path.x, samples.x, samples.y, limits, between.value
    )
    assert excess <= 1e-8 * samples.y_range


@pytest.mark.parametrize("name", KNOWN_SEGMENTS)
def test_the_less_is_promised_the_fewer_segments_it_takes(name):
    samples = curve(name)
    for share in KNOWN_SEGMENTS[name]:
        prepared = prepare(samples, Target(tolerance=share, relative_to="range"))
        none, smooth, linear = (
            Tube(prepared, BetweenSamples(between)).hold(prepared.goal.limit).segments
            for between in ("none", "smooth", "linear")
        )
        assert KNOWN_SEGMENTS[name][share] == none <= smooth <= linear <= samples.count - 1


def test_the_everywhere_count_of_a_published_case():
    # 54 segments satisfy the samples; 88 are needed to stay near their interpolant everywhere.
    prepared = prepare(curve("ntc_resistance"), Target(tolerance=1e-5, relative_to="range"))
    assert Tube(prepared, BetweenSamples.LINEAR).hold(prepared.goal.limit).segments == 88


@pytest.mark.parametrize("between", list(BetweenSamples))
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_samples_too_close_for_a_number_between_them_have_a_tube_all_the_same(name, between):
    x = 1.0 + 2.0**-52 * np.arange(40)
    samples = canonical_samples(x, sampled(name, 40).y)
    prepared = prepare(samples, Target(tolerance=1e-3))
    held = Tube(prepared, between).hold(1e-3)
    assert 1 <= held.segments <= 39
