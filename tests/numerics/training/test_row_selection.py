"""Which rows a network is trained on."""

from itertools import pairwise

import numpy as np
import pytest

from schemas.target import BetweenSamples, Target
from tests.functions import sampled
from worker.numerics.networks.compelled import Compelled
from worker.numerics.networks.knots import Zigzag
from worker.numerics.networks.tents import starting_tower
from worker.numerics.problem.preparation import prepare
from worker.numerics.training.phase1 import Start
from worker.numerics.training.row_selection import FINEST, LARGE_SAMPLE, RowSelection


def selection(between, *, metric="max_abs", count=60):
    prepared = prepare(sampled("x^3", count), Target(metric=metric))
    return RowSelection(prepared, BetweenSamples(between))


@pytest.mark.parametrize("between", ["none", "smooth", "linear"])
def test_where_segments_outnumber_samples_points_between_them_are_trained_on_if_promised(between):
    few, many = (Start(Compelled(depth), np.zeros((1, depth + 3))) for depth in (2, 8))
    assert selection(between).first(few).count == 60
    assert (selection(between).first(many).count > 4 * 60) == (between != "none")
    mean = selection(between, metric="mse").first(many)
    # A residual of 1 everywhere is still a root mean square of about 1.
    assert np.sqrt((mean.gauge**2).sum()) == pytest.approx(1.0, abs=0.01)


def test_there_are_more_points_where_pieces_are_short():
    knots = np.array([0.0, 0.9, 0.95, 1.0])
    zigzag = Zigzag(knots, np.array([0.0, 1.0, 0.0, 1.0]))
    u = np.linspace(0, 1, 60)
    start = Start(*starting_tower(zigzag, u, u**3, sides=(4, 4), signed=False))
    u = np.sort(selection("smooth").first(start).u)
    inside = [np.count_nonzero((u > a) & (u <= b)) for a, b in pairwise(knots)]
    assert inside[0] == pytest.approx(54, abs=1)
    # Two rows and a half for each of 16 segments, or as many as there may be between two samples.
    most = 3 * (FINEST + 1)
    assert all(most - 8 <= count <= 2.5 * 16 for count in inside[1:])


def test_of_very_many_samples_an_even_part_is_trained_on_and_both_ends():
    rows = selection("smooth", count=20_000).first(Start(Compelled(2), np.zeros((1, 5))))
    assert rows.count <= LARGE_SAMPLE
    assert rows.u.min() == pytest.approx(0.0)
    assert rows.u.max() == pytest.approx(1.0)
