"""Cutting samples into groups: held against every way to cut a few."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functions import sampled
from worker.numerics.paths.segmentation import MOST_CUTS, Points, joined, segmentations


@st.composite
def points(draw, most=9):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(2, most))
    u = np.concatenate([[0.0], np.cumsum(generator.uniform(0.01, 1.0, count - 1))])
    weight = 10.0 ** generator.uniform(-1, 1, count)
    return Points(u / u[-1], generator.normal(size=count), weight / weight.sum())


def left_by_lines(found, starts):
    """What the best lines of these groups leave, by solving for each."""
    total = 0.0
    for a, b in itertools.pairwise(starts):
        root = np.sqrt(found.weight[a:b])
        design = root[:, None] * np.stack([np.ones(b - a), found.u[a:b]], axis=1)
        solution = np.linalg.lstsq(design, root * found.v[a:b])[0]
        total += np.sum((design @ solution - root * found.v[a:b]) ** 2)
    return np.sqrt(total)


@given(points())
def test_no_way_to_cut_leaves_less(found):
    count = found.u.size
    for groups, segmentation in enumerate(segmentations(found), start=1):
        ways = itertools.combinations(range(1, count), groups - 1)
        best = min(left_by_lines(found, (0, *inner, count)) for inner in ways)
        assert segmentation.starts.size == groups + 1
        assert segmentation.error == pytest.approx(best, abs=1e-7)
        assert left_by_lines(found, segmentation.starts) == pytest.approx(best, abs=1e-7)


@given(points(most=40))
def test_knots_between_groups_increase_from_end_to_end(found):
    for segmentation in segmentations(found):
        knots = joined(found, segmentation)
        assert (knots[0], knots[-1]) == (0.0, 1.0)
        assert np.all(np.diff(knots) > 0.0)


def test_a_polyline_is_found_again():
    u = np.linspace(0.0, 1.0, 400)
    knots, values = [0.0, 0.213, 0.54, 0.81, 1.0], [0.0, 1.0, -0.4, 0.3, 0.0]
    found = Points(u, np.interp(u, knots, values), np.full(400, 1 / 400))
    segmentation = next(s for s in segmentations(found) if s.error < 1e-9)
    assert joined(found, segmentation) == pytest.approx(knots, abs=1e-9)


def test_many_samples_are_cut_at_some_places_only():
    samples = sampled("sin 6x", 20_000)
    found = Points(samples.x, samples.y, np.full(20_000, 1 / 20_000))
    tenth = next(itertools.islice(segmentations(found), 9, None))
    assert tenth.error < 3e-2
    places = np.linspace(0, 20_000, MOST_CUTS + 1).round()
    assert np.all(np.isin(tenth.starts, places))
