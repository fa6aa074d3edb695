"""One run of the engine: the same answer again, progress, and an early end."""

import time

import numpy as np
import pytest

from schemas.errors import InvalidInput
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from tests.functions import sampled
from tests.numerics.asking import QUICK, ask, assert_consistent
from worker.numerics.fit import FitRequest, fit
from worker.numerics.many import fit_together
from worker.numerics.paths.corridor import Corridor
from worker.numerics.search import judged_paths, within_limit
from worker.numerics.search.efforts import COMPELLED_PLANS


@pytest.mark.parametrize("architecture", ["auto", "compelled", "shallow"])
def test_the_same_question_has_the_same_answer_to_the_bit(architecture):
    samples = sampled("tanh 3x")
    target = {"tolerance": 3e-3}
    first = ask(samples, target, architecture=architecture, seed=7)
    again = ask(samples, target, architecture=architecture, seed=7)
    assert first.network.model_dump_json() == again.network.model_dump_json()
    assert first.table == again.table
    assert first.certificate == again.certificate
    assert first.contenders == again.contenders


@pytest.mark.parametrize(("architecture", "tolerance"), [("auto", 1e-5), ("compelled", 1e-3)])
def test_progress_only_goes_forward(architecture, tolerance, monkeypatch):
    # Every report, not only one now and then.
    monkeypatch.setattr("worker.numerics.session.TELLS_EVERY_S", 0.0)
    reports = []
    fit(
        sampled("exp"),
        Target(tolerance=tolerance),
        FitOptions(**QUICK, architecture=architecture),
        on_progress=lambda *report: reports.append(report),
        device="cpu",
    )
    told = [progress for _, progress, _ in reports]
    fractions = [progress.fraction for progress in told]
    iterations = [progress.iteration for progress in told]
    errors = [progress.error for progress in told if progress.error is not None]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    # One by one, and none is left out but those of phase 1, which are told start by start.
    assert iterations[0] == 0
    assert np.diff(iterations).min() == 0
    assert np.diff(iterations).max() <= 10
    assert iterations[-1] > 50
    assert errors == sorted(errors, reverse=True)
    assert reports[0][0] == "preparation"
    assert reports[-1][0] == "certificate"


@pytest.mark.parametrize("architecture", ["auto", "compelled", "shallow"])
@pytest.mark.parametrize("target", [{"tolerance": 1e-3}, {"metric": "rmse", "tolerance": 1e-3}])
@pytest.mark.parametrize("how", ["alone", "together"])
def test_a_run_that_is_followed_draws_its_networks_and_has_the_same_answer(
    architecture, target, how, monkeypatch
):
    monkeypatch.setattr("worker.numerics.session.TELLS_EVERY_S", 0.0)
    samples = canonical_samples(300 + 7 * sampled("exp").x, 40 + sampled("exp").y)
    asked = FitRequest(samples, Target(**target), FitOptions(**QUICK, architecture=architecture))

    def run(*, is_followed):
        told = []
        if how == "alone":
            told_to = {"on_progress": lambda *report: told.append(report[-1])}
            return told, ask_one(asked, **told_to, is_followed=lambda: is_followed)
        (answer,) = fit_together(
            [asked],
            "cpu",
            on_progress=lambda *report: told.append(report[-1]),
            is_followed=lambda _: is_followed,
        )
        return told, answer

    nothing, unseen = run(is_followed=False)
    told, seen = run(is_followed=True)
    assert set(nothing) == {None}
    assert seen.network == unseen.network
    outlines = [outline for outline in told if outline is not None]
    assert all((one.x[0], one.x[-1]) == (samples.x[0], samples.x[-1]) for one in outlines)
    assert np.interp(samples.x, outlines[-1].x, outlines[-1].y) == pytest.approx(
        np.interp(samples.x, seen.table.x, seen.table.y), abs=1e-9
    )
    errors = [np.abs(np.interp(samples.x, one.x, one.y) - samples.y).max() for one in outlines]
    assert np.isfinite(errors).all()
    if architecture == "compelled":
        # From a rough start to what meets the target.
        assert errors[-1] < errors[0] / 3
        assert len({tuple(one.y) for one in outlines}) > 50


def ask_one(asked, **told_to):
    return fit(asked.samples, asked.target, asked.options, device="cpu", **told_to)


def test_progress_never_shows_an_error_below_the_one_certified():
    reports = []
    answer = fit(
        sampled("exp"),
        Target(),
        FitOptions(**QUICK, max_parameters=60),
        on_progress=lambda *report: reports.append(report),
        device="cpu",
    )
    _, last, _ = reports[-1]
    assert last.error == pytest.approx(answer.certificate.max_abs_error, rel=0.05)


@pytest.mark.parametrize("architecture", ["auto", "compelled"])
@pytest.mark.parametrize("answers", [0, 3, 40])
def test_a_run_that_is_stopped_still_ends_with_a_certified_network(architecture, answers):
    asked = []

    def should_stop():
        asked.append(None)
        return len(asked) > answers

    samples = sampled("x^3")
    answer = fit(
        samples,
        Target(tolerance=1e-4),
        FitOptions(architecture=architecture),
        should_stop=should_stop,
        device="cpu",
    )
    assert_consistent(answer, samples)
    # Told once, it asks only a few times more on its way out: every start does so once a phase.
    starts = COMPELLED_PLANS["standard"].starts if architecture == "compelled" else 0
    assert answers < len(asked) <= answers + 2 * starts + 20


def test_a_time_limit_ends_the_run_with_the_best_so_far():
    samples = sampled("gelu", 500)
    began = time.process_time()
    answer = ask(samples, {"tolerance": 1e-6}, effort="thorough", time_limit=0.5)
    assert_consistent(answer, samples)
    assert answer.met
    # Not a timing: a thorough run takes minutes, and this is a hundred times the limit's excess.
    assert time.process_time() - began < 30.0


@pytest.mark.parametrize(
    ("target", "options", "field"),
    [
        ({}, {}, "target.tolerance"),
        ({"metric": "max_rel", "tolerance": 1e-3}, {}, "target.metric"),
        (
            {"metric": "max_rel", "tolerance": 1e-3, "relative_to": "range"},
            {},
            "target.relative_to",
        ),
    ],
)
def test_a_question_without_meaning_is_refused_by_the_name_of_its_field(target, options, field):
    with pytest.raises(InvalidInput) as refused:
        ask(sampled("x^3"), target, **options)
    assert next(error.field for error in refused.value.errors) == field


@pytest.mark.parametrize("metric", ["max_abs", "rmse"])
@pytest.mark.parametrize("between", ["none", "smooth", "linear"])
def test_a_stopped_run_passes_the_samples_only_as_often_as_an_answer_takes(
    metric, between, monkeypatch
):
    passes = []
    links = Corridor.links
    monkeypatch.setattr(
        Corridor, "links", lambda self, *limits: passes.append(1) or links(self, *limits)
    )
    samples = sampled("noise", 300)
    target = {"metric": metric, "tolerance": 0.1, "between_samples": between}
    answer = fit(
        samples,
        Target(**target),
        FitOptions(architecture="shallow"),
        should_stop=lambda: True,
        device="cpu",
    )
    assert_consistent(answer, samples, target)
    assert answer.met
    # A mean tries up to four tolerances for the first path that keeps the promise.
    assert len(passes) <= (2 if metric == "max_abs" else 4)


@pytest.mark.parametrize("offset", [1e6, 1e7, 1e8])
@pytest.mark.parametrize("tolerance", [1e-6, 1e-5])
@pytest.mark.parametrize("start", [0.0, 1.7e9])
def test_a_stopped_run_meets_what_rounding_breaks_at_first(offset, tolerance, start):
    samples = sampled("tanh 3x", 400)
    samples = canonical_samples(start + 500 * samples.x, samples.y + offset)
    answer = fit(
        samples,
        Target(tolerance=tolerance),
        FitOptions(architecture="shallow"),
        should_stop=lambda: True,
        device="cpu",
    )
    assert_consistent(answer, samples)
    assert answer.met


def stopped_late(monkeypatch, samples, after):
    """A run on noise that is told to stop after so many passes, as if judging it took long."""
    monkeypatch.setattr(within_limit, "FEW_SAMPLES", 0)
    monkeypatch.setattr(within_limit, "LONG_PRODUCTS", 0)
    monkeypatch.setattr(judged_paths, "LONG_PRODUCTS", 0)
    passes = []
    links = Corridor.links

    def counted(self, *limits):
        passes.append(1)
        return links(self, *limits)

    monkeypatch.setattr(Corridor, "links", counted)
    judged = []
    judge_path = within_limit.judge_path
    monkeypatch.setattr(
        within_limit,
        "judge_path",
        lambda *args, **kept: judged.append(args[2].segments) or judge_path(*args, **kept),
    )
    answer = fit(
        samples,
        Target(tolerance=0.1),
        FitOptions(architecture="shallow"),
        should_stop=lambda: len(passes) >= after,
        device="cpu",
    )
    return answer, judged


@pytest.mark.parametrize("after", [1, 2])
def test_out_of_time_in_noise_only_a_knot_at_every_sample_is_judged(after, monkeypatch):
    samples = sampled("noise", 300)
    answer, judged = stopped_late(monkeypatch, samples, after)
    assert_consistent(answer, samples)
    assert answer.met
    assert judged == [samples.count - 1]
    assert answer.network.dtype == "float64"
