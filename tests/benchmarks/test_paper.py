"""The rivals of the paper's table are what their names say, and the benchmark runs."""

import re
import sys

import numpy as np
import pytest
import torch

from benchmarks import _report, paper
from benchmarks._paper_ours import Sum, train_all
from benchmarks._paper_recipe import (
    RAI_DEVIATION,
    Recipe,
    anti_correlated,
    construction,
    differentiable,
    kaiming,
    peaks_of,
    raai,
    recipes,
    train_by_adam,
)
from schemas.options import Effort
from worker.numerics.networks.compelled import Compelled, starting_compelled
from worker.numerics.networks.network import evaluate

DEPTH = 3
SHAPE = Compelled(DEPTH).shape
MANY = 4000
TINY = paper.Settings(
    seeds=2, epochs=3, longer=2, phase1=2, phase2=3, functions=("x^3",), effort=Effort.QUICK
)

POINTS = np.linspace(0.0, 1.0, 101)[None]
u = torch.from_numpy(POINTS)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    torch.set_num_threads(1)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_kaiming_has_variance_2_over_fan_in_and_no_bias():
    for weight, bias in SHAPE.layers(kaiming(SHAPE, MANY, seeded())):
        assert float(weight.var()) == pytest.approx(2 / weight.shape[2], rel=0.05)
        assert float(weight.mean()) == pytest.approx(0.0, abs=0.05)
        assert not bias.any()


def test_anti_correlated_numbers_sum_to_0_and_keep_their_variance():
    numbers = anti_correlated(20_000, 5, seeded())
    assert numbers.sum(1).abs().max() < 1e-12
    covariance = np.cov(numbers.numpy().T)
    assert np.diag(covariance) == pytest.approx(np.ones(5), abs=0.05)
    assert covariance[np.triu_indices(5, 1)] == pytest.approx(np.full(10, -1 / 4), abs=0.05)


def test_raai_replaces_one_number_of_each_hidden_neuron_by_a_positive_one():
    *hidden, (weight, bias) = SHAPE.layers(raai(SHAPE, MANY, seeded()))
    for inner, shift in hidden:
        numbers = torch.cat([inner, shift[:, :, None]], dim=2).view(-1, inner.shape[2] + 1)
        # The sum was 0: what it is now, Beta(2, 1) of mean 2 / 3 has brought.
        sums = numbers.sum(1)
        assert float(sums.abs().min()) > 0
        assert float(sums.mean()) == pytest.approx(2 / 3, abs=0.03)
        # Every number, the bias too, is as likely to be the one.
        share = float(numbers.mean())
        assert numbers.mean(0).tolist() == pytest.approx([share] * numbers.shape[1], abs=0.03)
    output = torch.cat([weight, bias[:, :, None]], dim=2)
    assert output.sum(2).abs().max() < 1e-12
    assert float(output.std()) == pytest.approx(RAI_DEVIATION / 2, rel=0.05)


def test_raai_leaves_fewer_networks_without_a_slope_than_kaiming():
    def dead(start):
        values = evaluate(SHAPE, start(SHAPE, 500, seeded(1)), u)
        return int((values.std(1) < 1e-12).sum())

    assert dead(raai) < dead(kaiming)


@pytest.mark.parametrize(("y", "sign"), [(u**3, -1.0), (torch.sin(u), 1.0)])
def test_the_construction_is_its_sum_of_tents(y, sign):
    logits, ends, scales = construction(DEPTH, u, y, 4, seeded())
    starts = recipes(DEPTH)
    assert [recipe.name for recipe in starts[2:]] == list(paper.PUBLISHED)[2:]
    for recipe in starts[2:]:
        start = recipe.start(u, y, 4, seeded())
        dense = start if recipe.assemble is None else recipe.assemble(start)
        values = evaluate(SHAPE, dense, u).numpy()
        for row in range(4):
            c0, c1 = ends[row].tolist()
            expected, w = c0 + c1 * u[0].numpy(), u[0].numpy()
            for peak, scale in zip(peaks_of(logits)[row], scales[row], strict=True):
                w = np.interp(w, [0.0, float(peak), 1.0], [0.0, 1.0, 0.0])
                expected = expected + float(scale) * w
            assert values[row] == pytest.approx(expected, abs=1e-9)
    assert bool((torch.sign(scales) == sign).all())
    # It joins the ends of f, whatever the peaks are.
    assert values[:, 0] == pytest.approx(np.full(4, float(y[0, 0])), abs=1e-9)
    assert values[:, -1] == pytest.approx(np.full(4, float(y[0, -1])), abs=1e-9)


def test_equal_peaks_construct_the_parabola():
    half = torch.zeros(1, 10, dtype=torch.float64)
    tied = recipes(10)[-1].assemble
    ends = torch.tensor([[0.0, 1.0, -0.25]], dtype=torch.float64)
    values = evaluate(Compelled(10).shape, tied(torch.cat([half, ends], dim=1)), u)
    assert values[0].numpy() == pytest.approx(u[0].numpy() ** 2, abs=1e-6)


def test_runs_side_by_side_are_runs_alone():
    recipe = recipes(DEPTH)[-1]
    start = recipe.start(u, u**3, 3, seeded())
    last = Recipe("one", lambda *_: start[2:], recipe.assemble)
    batch = train_by_adam(recipe, SHAPE, u, u**3, seeds=3, epochs=4)
    alone = train_by_adam(last, SHAPE, u, u**3, seeds=1, epochs=4)
    assert batch[2].numpy() == pytest.approx(alone[0].numpy(), abs=1e-9)


def test_the_recipe_trains_the_function_that_the_engine_evaluates():
    dense = raai(SHAPE, 3, seeded())
    values = differentiable(SHAPE, dense, u).numpy()
    assert values == pytest.approx(evaluate(SHAPE, dense.numpy(), POINTS), abs=1e-12)


def test_a_difference_is_the_difference_and_its_jacobian_is_exact():
    pair = Sum(Compelled(DEPTH), (1.0, -1.0))
    generator = seeded(2)
    # Not Kaiming: without biases every neuron bends at 0, where there is no derivative.
    each = [raai(SHAPE, 3, generator).numpy() for _ in range(2)]
    dense = np.concatenate(each, 1)
    values, jacobian = pair.jacobian(dense, POINTS)
    assert np.array_equal(values, pair.values(dense, POINTS))
    first, second = (evaluate(SHAPE, one, POINTS) for one in each)
    assert values == pytest.approx(first - second)
    step = 1e-7 * np.random.default_rng(2).standard_normal(dense.shape)
    moved = pair.values(dense + step, POINTS) - values
    assert moved == pytest.approx((jacobian * step[:, :, None]).sum(1), abs=1e-9)


def test_training_lowers_every_start():
    network, y = Sum(Compelled(DEPTH)), POINTS**3
    starts = starting_compelled(DEPTH, 4, np.random.default_rng(0))

    def errors(dense):
        return np.square(network.values(dense, POINTS) - y).mean(1)

    def trained(phase2):
        return errors(train_all(network, starts, POINTS, y, phase1=10, phase2=phase2))

    begun, pretrained, refined = errors(network.assemble(starts)), trained(1), trained(10)
    assert (pretrained < 1e-2 * begun).all()
    assert (refined < pretrained).all()
    assert refined.max() < 1e-4


def test_the_report_has_every_table_and_figure(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(paper, "QUICK", TINY)
    monkeypatch.setattr(_report, "on_one_thread", lambda: None)
    written = tmp_path / "paper.md"
    monkeypatch.setattr(sys, "argv", ["paper.py", "--quick", "--write", str(written)])
    paper.main()
    text = capsys.readouterr().out
    assert text == written.read_text()
    assert "not the figures to quote" in text
    assert text.count("\n## ") == 4
    for name in paper.PUBLISHED:
        assert f"{name}, Adam" in text
    assert not re.search(r"\b(nan|inf)\b", text)
    assert "7.86e-08" in text
