"""Which rows a network is trained on."""

import numpy as np
import pytest

from schemas.target import BetweenSamples, Target
from tests.functions import sampled
from worker.numerics.networks.compelled import Compelled
from worker.numerics.problem.preparation import prepare
from worker.numerics.training.row_selection import LARGE_SAMPLE, RowSelection


def selection(between, *, metric="max_abs", count=60):
    prepared = prepare(sampled("x^3", count), Target(metric=metric))
    return RowSelection(prepared, BetweenSamples(between))


@pytest.mark.parametrize("between", ["none", "smooth", "linear"])
def test_where_segments_outnumber_samples_points_between_them_are_trained_on_if_promised(between):
    few, many = Compelled(2), Compelled(8)
    assert selection(between).first(few).count == 60
    assert (selection(between).first(many).count > 4 * 60) == (between != "none")
    mean = selection(between, metric="mse").first(many)
    # A residual of 1 everywhere is still a root mean square of about 1.
    assert np.sqrt((mean.gauge**2).sum()) == pytest.approx(1.0, abs=0.01)


def test_of_very_many_samples_an_even_part_is_trained_on_and_both_ends():
    rows = selection("smooth", count=20_000).first(Compelled(2))
    assert rows.count <= LARGE_SAMPLE
    assert rows.u.min() == pytest.approx(0.0)
    assert rows.u.max() == pytest.approx(1.0)
