"""Training: what it reports, when it stops, that it repeats itself, and what its figures are."""

from dataclasses import replace

import numpy as np
import pytest

from schemas.jobs import Phase
from schemas.target import BetweenSamples, Target
from tests.functions import curve, sampled
from tests.numerics.asking import ask, assert_promised, measured
from worker.numerics.networks.compelled import Compelled, starting_compelled
from worker.numerics.networks.knots import Zigzag
from worker.numerics.networks.tents import starting_tower
from worker.numerics.problem.preparation import prepare
from worker.numerics.session import Session
from worker.numerics.training import phase1, refinement
from worker.numerics.training.levmar import minimise
from worker.numerics.training.phase1 import Start
from worker.numerics.training.refinement import carry_out
from worker.numerics.training.rows import sample_rows
from worker.numerics.training.trainer import Plan, Trainer

PLAN = Plan(starts=2, phase1=3, phase2=12, per_norm=4, hops=3)


class Run:
    """A trainer of a tower of 4 pieces and 2 tents, and what it reports."""

    def __init__(
        self, target, *, stop_after=np.inf, enough=0.0, seed=0, plan=PLAN, between="smooth"
    ):
        self.samples = sampled("x^3", 60)
        self.prepared = prepare(self.samples, Target(**target))
        self.asked, self.reports = 0, []

        def should_stop():
            self.asked += 1
            return self.asked > stop_after

        self.session = Session(
            on_progress=lambda *report: self.reports.append(report),
            should_stop=should_stop,
            time_limit_s=None,
            seed=seed,
            device="cpu",
        )
        self.trainer = Trainer(
            self.prepared, BetweenSamples(between), self.session, plan=plan, enough=enough
        )
        zigzag = Zigzag(np.linspace(0, 1, 5), np.arange(5) % 2.0)
        self.starts = [
            Start(
                *starting_tower(
                    zigzag,
                    self.prepared.u,
                    self.prepared.v,
                    sides=(2, 2),
                    signed=False,
                    middle=middle,
                )
            )
            for middle in (0.5, 0.48)
        ]
        self.tower = self.starts[0].family

    def train(self):
        return carry_out(self.trainer.train(self.starts), "cpu")

    def polish(self, trained, hops):
        return carry_out(self.trainer.polish(trained, hops), "cpu")


MAX, MEAN = {"metric": "max_abs"}, {"metric": "mse"}
goals = pytest.mark.parametrize("target", [MAX, MEAN], ids=["max_abs", "mse"])


def figure_of(trained, rows, target):
    residuals = trained.residuals(rows)
    return np.abs(residuals).max() if target is MAX else np.sqrt((residuals**2).sum())


@goals
def test_phase_1_comes_before_phase_2_and_errors_only_fall(target, monkeypatch):
    # Every report, not only one now and then.
    monkeypatch.setattr("worker.numerics.session.TELLS_EVERY_S", 0.0)
    run = Run(target)
    trained = run.polish(run.train(), 2)
    phases = [phase for phase, *_ in run.reports]
    order = [phase for i, phase in enumerate(phases) if i == 0 or phases[i - 1] is not phase]
    assert order == [Phase.PHASE1, Phase.PHASE2]
    told = [progress for _, progress, _ in run.reports]
    errors = [progress.error for progress in told if progress.error is not None]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] <= run.prepared.goal.in_metric(trained.figure) * (1 + 1e-9)


@goals
def test_every_step_of_both_phases_and_of_hops_is_an_iteration(target, monkeypatch):
    monkeypatch.setattr("worker.numerics.session.TELLS_EVERY_S", 0.0)
    steps = []

    def counted(*args, **settings):
        minimum = minimise(*args, **settings)
        steps.append(int(minimum.iterations.sum()))
        return minimum

    for module in (phase1, refinement):
        monkeypatch.setattr(module, "minimise", counted)
    run = Run(target)
    trained = run.train()
    run.session.report()
    after_training = run.reports[-1][1].iteration
    assert after_training == sum(steps) > 0
    run.polish(trained, 3)
    run.session.report()
    assert run.reports[-1][1].iteration == sum(steps) > after_training
    iterations = [progress.iteration for _, progress, _ in run.reports]
    assert iterations == sorted(iterations)


@goals
def test_told_before_it_begins_it_takes_no_step(target):
    run = Run(target, stop_after=0)
    trained = run.train()
    run.session.report(fraction=1.0)
    assert run.reports[-1][1].iteration == 0
    starts = np.concatenate([run.tower.assemble(start.structured) for start in run.starts])
    assert any(np.array_equal(trained.parameters, start) for start in starts)
    assert trained.work == 0.0
    polished = run.polish(trained, 5)
    assert np.array_equal(polished.parameters, trained.parameters)


@goals
@pytest.mark.parametrize("stop_after", [3, 10, 30])
def test_told_on_its_way_it_ends_with_the_best_so_far(target, stop_after):
    run = Run(target, stop_after=stop_after)
    trained = run.polish(run.train(), 50)
    # Every start asks once a phase and once more; nothing else is begun.
    assert stop_after < run.asked <= stop_after + 8
    assert trained.figure == pytest.approx(figure_of(trained, trained.rows, target), rel=1e-9)


@goals
def test_the_same_seed_gives_the_same_to_the_bit(target):
    runs = [Run(target, seed=seed) for seed in (1, 1, 2)]
    trained = [run.train() for run in runs]
    # Starts are given, so only kicks are random.
    assert np.array_equal(trained[0].parameters, trained[2].parameters)
    hopped = [run.polish(one, 12) for run, one in zip(runs, trained, strict=True)]
    assert np.array_equal(hopped[0].parameters, hopped[1].parameters)
    assert hopped[0].figure == hopped[1].figure
    assert not np.array_equal(hopped[0].parameters, hopped[2].parameters)


@goals
def test_each_phase_lowers_the_error_and_hops_never_raise_it(target):
    def after(phase1, phase2):
        plan = replace(PLAN, phase1=phase1, phase2=phase2, per_norm=phase2)
        run = Run(target, plan=plan)
        return run, run.train()

    run, trained = after(3, 20)
    rows = sample_rows(run.prepared, np.arange(60))
    begun = replace(trained, parameters=run.tower.assemble(run.starts[0].structured)[0])
    _, pretrained = after(3, 1)
    figures = [figure_of(one, rows, target) for one in (begun, pretrained, trained)]
    assert figures[2] < 0.8 * figures[1] < 0.8 * figures[0]
    polished = run.polish(trained, 4)
    assert polished.figure <= trained.figure
    assert polished.work > trained.work


@goals
def test_its_figure_is_that_of_its_rows_and_at_least_that_of_the_samples(target):
    run = Run(target)
    trained = run.train()
    assert trained.figure == pytest.approx(figure_of(trained, trained.rows, target), rel=1e-9)
    assert trained.expected >= trained.figure * (1 - 1e-9)
    if target is MAX:
        assert trained.figure >= figure_of(trained, sample_rows(run.prepared, np.arange(60)), MAX)


@goals
def test_it_stops_at_what_is_enough(target):
    best = Run(target).train().figure
    run = Run(target, enough=3.0 * best)
    trained = run.train()
    assert best < trained.figure <= 3.0 * best
    assert trained.work < Run(target).train().work
    assert run.polish(trained, 5).work == trained.work


def test_the_paper_s_network_is_trained_from_several_starts_and_the_best_is_kept():
    run = Run(MEAN)
    family, starts = Compelled(3), starting_compelled(3, 6, np.random.default_rng(0))

    def train(some):
        starts = [Start(family, one[None]) for one in some]
        return carry_out(run.trainer.train(starts), "cpu").figure

    alone = [train([start]) for start in starts]
    assert train(starts) == pytest.approx(min(alone), rel=1e-6)


# --- between the samples --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pump_efficiency", "air_density", "log2_mantissa"])
def test_towers_keep_the_promise_between_the_samples(name):
    # Trained on samples alone, their narrow folds stand between two of them: 160 times too high.
    samples = curve(name)
    target = {"tolerance": 1e-4, "relative_to": "range"}
    answer = ask(samples, target)
    assert answer.met
    assert answer.architecture.name == "tower"
    assert measured(answer, samples, "max_abs") <= 1e-4 * samples.y_range
    assert_promised(answer, samples, target)
