"""Refinements are the same whether carried out one by one or side by side in one batch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.options import FitOptions
from schemas.target import Target
from tests.functions import sampled
from tests.numerics.asking import QUICK
from worker.numerics.fit import fit, fitting
from worker.numerics.networks.local_coordinates import LocalLayout
from worker.numerics.networks.network import Shape, evaluate
from worker.numerics.session import Session
from worker.numerics.training.refinement import (
    PADDED,
    Refinement,
    carry_out,
    carry_out_together,
)
from worker.numerics.training.rows import Rows, measured
from worker.numerics.training.step_work import SMALL_STEP, is_long

SHAPES = (Shape((1, 3, 1)), Shape((1, 4, 2, 1)))
# Rows whose products take longer than the calls for them.
MANY = SMALL_STEP // 10**2 + 1
seeds = st.integers(0, 2**32)


def rows_of(seed, count, give=0.0):
    generator = np.random.default_rng(seed)
    u = np.sort(generator.uniform(size=count))
    return Rows(
        u=u,
        v=np.sin(generator.uniform(1, 6) * u),
        give=give * generator.uniform(size=count),
        gauge=generator.uniform(0.5, 2.0, count),
    )


def refinement(seed, rows, shape=SHAPES[0], starts=2, **changes):
    start = np.random.default_rng(seed).normal(size=(starts, shape.parameters))
    settings = {
        "p": 2.0,
        "iterations": 5,
        "improvement": 0.0,
        "to_beat": np.inf,
        "maximum": False,
        "enough": 0.0,
        "watch": lambda *_: False,
    }
    return Refinement(shape=shape, starts=start, rows=rows, **settings | changes)


def training(asked):
    """Asks for one refinement after the other, each from where the last ended; returns them all."""
    outcomes = []
    for one in asked:
        if outcomes and outcomes[-1].parameters.shape == one.starts.shape:
            one = replace(one, starts=outcomes[-1].parameters)
        outcomes.append((yield one))
    return outcomes


def assert_same(one, other):
    # Sums over padded rows round differently, and what the rows do not determine shows it most.
    for name, precision in (("norm", 1e-6), ("figure", 1e-6), ("parameters", 1e-3), ("best", 1e-3)):
        expected = pytest.approx(getattr(other, name), rel=precision, abs=precision)
        assert getattr(one, name) == expected


def assert_as_good(one, other):
    # Random networks have equations that hardly determine a step: of 8,000 such refinements the
    # norms of one in 4,000 differed by more than 1e-6 of themselves, and none by more than 6e-5.
    for name in ("norm", "figure"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-3, abs=1e-3)
    assert one.steps == other.steps


@st.composite
def questions(draw):
    """What a few trainings ask: shapes, norms, rows and numbers of starts of many kinds."""
    many = []
    for _ in range(draw(st.integers(1, 4))):
        many.append(
            [
                refinement(
                    draw(seeds),
                    rows_of(draw(seeds), draw(st.sampled_from([20, 30, 300])), give=0.1),
                    draw(st.sampled_from(SHAPES)),
                    draw(st.integers(1, 3)),
                    p=draw(st.sampled_from([2.0, 4.0])),
                    iterations=2,
                    maximum=draw(st.booleans()),
                )
                for _ in range(draw(st.integers(0, 3)))
            ]
        )
    return many


def long_refinement(seed):
    """One of a network whose dense equations nobody wants to solve: its knots all face right."""
    layout = LocalLayout(Shape((1, 150, 3, 2, 1)))
    generator = np.random.default_rng(seed)
    table = generator.normal(size=(layout.knots, layout.a_knot)) + 1.0
    table[:, 0] = np.linspace(0.0, 1.0, layout.knots)
    local = np.concatenate([table.ravel(), generator.normal(size=layout.above)])
    asked = refinement(seed, rows_of(seed, 600), layout.shape, 1)
    return replace(asked, starts=layout.to_dense(local)[None])


def test_long_networks_are_refined_alone_wherever_they_are():
    asked = [long_refinement(0), refinement(1, rows_of(1, 30)), long_refinement(2)]
    assert is_long(asked[0].shape)
    together = carry_out_together([training([one]) for one in asked], "cpu")
    for one, (outcome,) in zip(asked, together, strict=True):
        (alone,) = carry_out(training([one]), "cpu")
        assert_same(outcome, alone)
        assert outcome.norm[0] < np.inf
    start = evaluate(asked[0].shape, asked[0].starts, asked[0].rows.u[None])[0]
    rows = asked[0].rows
    assert together[0][0].norm[0] < np.linalg.norm(measured(rows, start))


def test_a_long_network_without_local_coordinates_stays_what_it_is():
    asked = long_refinement(0)
    starts = asked.starts.copy()
    starts[0, 0] = -1.0
    (outcome,) = carry_out(training([replace(asked, starts=starts)]), "cpu")
    assert outcome.steps == 0
    assert np.array_equal(outcome.parameters, starts)


@settings(max_examples=25)
@given(questions())
def test_side_by_side_every_training_has_the_outcomes_it_has_alone(asked):
    together = carry_out_together([training(one) for one in asked], "cpu")
    alone = [carry_out(training(one), "cpu") for one in asked]
    assert [len(outcomes) for outcomes in together] == [len(one) for one in asked]
    for ours, theirs in zip(together, alone, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert_as_good(one, other)


@pytest.mark.parametrize("p", [2.0, 8.0])
@pytest.mark.parametrize("give", [0.0, 0.1])
def test_rows_for_padding_change_nothing(p, give):
    # 10 rows and 250 share a batch, where the 10 are padded by 240.
    short, long = rows_of(1, 10, give), rows_of(2, PADDED - 6, give)
    asked = [refinement(3, short, p=p), refinement(4, long, p=p)]
    both = carry_out_together([training([one]) for one in asked], "cpu")
    for one, outcomes in zip(asked, both, strict=True):
        assert_same(outcomes[0], carry_out(training([one]), "cpu")[0])


@pytest.mark.parametrize("maximum", [False, True])
def test_norms_and_figures_are_those_of_the_rows(maximum):
    rows = rows_of(1, 40, give=0.05)
    asked = refinement(2, rows, maximum=maximum, p=6.0)
    (outcome,) = carry_out(training([asked]), "cpu")

    def residuals(parameters):
        return measured(rows, evaluate(asked.shape, parameters, rows.u[None]))

    norm = (np.abs(residuals(outcome.parameters)) ** 6).sum(1) ** (1 / 6)
    assert outcome.norm == pytest.approx(norm, rel=1e-9)
    off = residuals(outcome.best)
    figure = np.abs(off).max(1) if maximum else np.sqrt((off**2).sum(1))
    assert outcome.figure == pytest.approx(figure, rel=1e-9)


def test_what_is_forgiven_does_not_pull():
    # Every value is within what is open: nothing is left to do.
    rows = replace(rows_of(1, 40), give=np.full(40, 100.0))
    asked = refinement(2, rows)
    (outcome,) = carry_out(training([asked]), "cpu")
    assert np.array_equal(outcome.parameters[0], asked.starts[0])
    assert outcome.figure[0] == 0.0
    assert outcome.steps == 0


def run_of(how, asked):
    if how == "alone":
        return [carry_out(training([one]), "cpu")[0] for one in asked]
    return [found[0] for found in carry_out_together([training([one]) for one in asked], "cpu")]


@pytest.mark.parametrize("how", ["alone", "together"])
def test_each_refinement_has_its_own_watch_which_sees_its_best_figure(how):
    seen = [[], []]

    def watch(number, ends_after):
        def ended(figure, *_):
            seen[number].append(figure)
            return len(seen[number]) > ends_after

        return ended

    asked = [
        refinement(1, rows_of(1, 40), starts=1, watch=watch(0, 2), iterations=12),
        refinement(2, rows_of(2, 40), starts=1, watch=watch(1, 99), iterations=12),
    ]
    first, second = run_of(how, asked)
    assert first.steps <= 2
    assert len(seen[0]) >= 3
    for figures, outcome in ((seen[0], first), (seen[1], second)):
        assert figures == sorted(figures, reverse=True)
        assert figures[-1] == pytest.approx(outcome.figure.min())
    assert_same(second, run_of("alone", [replace(asked[1], watch=lambda *_: False)])[0])


@pytest.mark.parametrize("how", ["alone", "together"])
def test_each_watch_is_told_the_steps_of_its_own_starts_one_after_the_other(how):
    told = [[], []]

    def watch(number):
        def ended(_figure, steps, _parameters):
            told[number].append(steps)
            return False

        return ended

    asked = [
        refinement(number, rows_of(number, 40), starts=starts, watch=watch(number))
        for number, starts in ((0, 3), (1, 2))
    ]
    for steps, starts, outcome in zip(told, (3, 2), run_of(how, asked), strict=True):
        assert steps[0] == 0
        assert set(np.diff(steps)) <= set(range(starts + 1))
        assert steps[-1] == outcome.steps > 0


@pytest.mark.parametrize("how", ["alone", "together"])
def test_each_watch_may_look_at_the_network_that_is_refined_of_several_at_once_the_best(how):
    places = [[], []]

    def watch(number):
        def ended(_figure, _steps, parameters):
            places[number].append(parameters().copy())
            return False

        return ended

    asked = [
        refinement(number, rows_of(number, MANY), starts=3, watch=watch(number))
        for number in (0, 1)
    ]
    for place, one, outcome in zip(places, asked, run_of(how, asked), strict=True):
        # Alone they are refined one after the other, unless their steps are small.
        first = one.starts[0] if how == "alone" else one.starts[best_of(one, one.starts)]
        last = outcome.parameters[-1 if how == "alone" else int(outcome.figure.argmin())]
        assert np.array_equal(place[0], first)
        assert np.array_equal(place[-1], last)


def best_of(asked, dense):
    values = evaluate(asked.shape, dense, asked.rows.u[None])
    return int(np.square(measured(asked.rows, values)).sum(-1).argmin())


@pytest.mark.parametrize("how", ["alone", "together"])
def test_a_refinement_that_is_good_enough_ends(how):
    asked = refinement(1, rows_of(1, 40), starts=1, iterations=40)
    (free,) = run_of(how, [asked])
    start = np.sqrt(
        (measured(asked.rows, evaluate(asked.shape, asked.starts, asked.rows.u[None])) ** 2).sum()
    )
    limit = (start + free.figure[0]) / 2
    (early,) = run_of(how, [replace(asked, enough=limit)])
    assert free.figure[0] < early.figure[0] <= limit
    assert early.steps < free.steps


def test_small_steps_of_several_starts_are_taken_side_by_side_also_alone():
    asked = refinement(1, rows_of(1, 40), starts=3, iterations=20)
    (outcome,) = carry_out(training([asked]), "cpu")
    one_by_one = [replace(asked, starts=start[None]) for start in asked.starts]
    alone = [carry_out(training([one]), "cpu")[0] for one in one_by_one]
    assert outcome.steps == sum(one.steps for one in alone)
    np.testing.assert_allclose(outcome.norm, [one.norm[0] for one in alone], rtol=1e-9)


def test_alone_the_starts_after_one_that_is_good_enough_are_not_looked_at():
    asked = refinement(1, rows_of(1, MANY), starts=3, iterations=20, enough=1e9)
    (outcome,) = carry_out(training([asked]), "cpu")
    assert len(outcome.parameters) == 1


def test_a_training_that_asks_for_nothing_has_its_answer_too():
    assert carry_out(training([]), "cpu") == []
    assert carry_out_together([training([]), training([])], "cpu") == [[], []]
    assert carry_out_together([], "cpu") == []


def test_whole_fits_side_by_side_are_those_alone():
    # As many samples as rows in a batch: nothing is padded.
    target = Target(metric="mse", between_samples="none")
    options = FitOptions(**QUICK, max_parameters=25)
    functions = [sampled(name, PADDED) for name in ("x^3", "sin 6x", "line")]
    together = carry_out_together(
        [fitting(samples, target, options, session()) for samples in functions], "cpu"
    )
    for samples, answer in zip(functions, together, strict=True):
        alone = fit(samples, target, options, device="cpu")
        assert answer.architecture == alone.architecture
        assert answer.certificate.rmse == pytest.approx(alone.certificate.rmse, rel=1e-3)


def session():
    return Session(
        on_progress=lambda *_: None,
        should_stop=lambda: False,
        time_limit_s=None,
        seed=0,
        device="cpu",
    )
