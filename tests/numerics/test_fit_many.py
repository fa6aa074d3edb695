"""Many fits at once: each answer is its own, whatever else is asked and however the others fare."""

import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import Crashed, InvalidInput, OutOfMemory, Stopped
from schemas.jobs import Phase
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from tests.functions import sampled
from tests.numerics.asking import QUICK, assert_consistent
from tests.waiting import until
from tests.worker.stand_in_engine import ANSWER, WAIT
from worker.numerics import many
from worker.numerics.devices import choose_device
from worker.numerics.fit import Fit, FitRequest, fit
from worker.numerics.many import fit_many, fit_together
from worker.numerics.pool.pool import FitPool

ROOT = Path(__file__).parents[2]


def request(name, points, target, **options):
    return FitRequest(sampled(name, points), Target(**target), FitOptions(**QUICK | options))


def weighted():
    samples = sampled("sin x", 60)
    return FitRequest(
        canonical_samples(samples.x, samples.y, weight=1.0 + samples.x),
        Target(metric="rmse", tolerance=1e-3),
        FitOptions(**QUICK),
    )


def toleranced():
    samples = sampled("exp", 70)
    return FitRequest(
        canonical_samples(samples.x, samples.y, tolerance=1e-2 + samples.x / 100),
        Target(tolerance="per_sample"),
        FitOptions(**QUICK),
    )


MIXED = [
    request("x^3", 50, {"tolerance": 1e-3}),
    request("noise", 80, {"metric": "rmse", "tolerance": 0.5}),
    request("exp", 201, {"metric": "rmse"}, max_parameters=40, seed=3),
    weighted(),
    request("exp", 120, {"metric": "max_rel", "tolerance": 1e-3}),
    request("constant", 10, {"tolerance": 1e-9}),
    toleranced(),
    request(
        "sin x",
        64,
        {"metric": "rmse", "tolerance": 1e-2, "between_samples": "none"},
        architecture="compelled",
    ),
    request("kinked", 333, {"tolerance": 1e-3, "between_samples": "linear"}),
]
WITHOUT_MEANING = request("x^3", 20, {})
# Takes minutes, unless it is stopped.
LONG = FitRequest(
    sampled("gelu", 500), Target(metric="rmse"), FitOptions(effort="thorough", max_parameters=91)
)
# Takes hours.
ENDLESS = FitRequest(
    sampled("gelu", 20_000),
    Target(metric="rmse"),
    FitOptions(effort="thorough", max_parameters=91),
)


def untimed(answer):
    return replace(answer, phase1_s=0.0, phase2_s=0.0, total_s=0.0)


@pytest.fixture(scope="module")
def alone():
    """The answer of ``fit`` to each of the mixed requests."""
    return [untimed(fit(r.samples, r.target, r.options, device="cpu")) for r in MIXED]


@pytest.fixture(scope="module")
def pool():
    with FitPool(2) as pool:
        yield pool


@settings(max_examples=3)
@given(order=st.permutations(range(len(MIXED))))
def test_answers_are_those_of_single_fits_to_the_bit_in_any_order(alone, pool, order):
    answers = fit_many([MIXED[number] for number in order], pool=pool, device="cpu")
    for number, answer in zip(order, answers, strict=True):
        assert untimed(answer) == alone[number]


def test_a_pool_of_its_own_gives_the_same(alone):
    answers = fit_many(MIXED[:2], device="cpu")
    assert [untimed(answer) for answer in answers] == alone[:2]


def test_nothing_asked_is_nothing_answered(pool):
    assert fit_many([], pool=pool, device="cpu") == []


def test_samples_larger_than_a_pipe_arrive_whole(pool):
    x = np.random.default_rng(0).random(30_000)
    large = FitRequest(canonical_samples(x, x), Target(tolerance=1e-6), FitOptions(**QUICK))
    answer = fit_many([large], pool=pool, device="cpu")[0]
    assert answer.table.x == [x.min(), x.max()]


def test_requests_are_taken_when_a_process_is_free_for_them(pool):
    taken = []

    def requests():
        for number in range(6):
            taken.append(number)
            yield MIXED[0]

    answers = pool.fit_each(requests())
    next(answers)
    assert len(taken) <= 4
    assert len(list(answers)) == 5


@pytest.fixture
def gate(tmp_path):
    """A file that does not exist yet: what waits for it is answered once it does."""
    return tmp_path / "gate"


@pytest.fixture
def gated_pool(monkeypatch, gate):
    """A pool with the stand-in engine, whose questions are answered at once or at the gate."""
    monkeypatch.setattr("worker.numerics.pool.child.PROCESS", "tests.worker.stand_in_engine")
    monkeypatch.setenv("GATE", str(gate))
    with FitPool(2) as pool:
        yield pool


def stand_in(seed):
    return request("x^3", 20, {"tolerance": 1.0}, seed=seed)


def test_a_process_has_its_next_request_before_its_answer_is_put_away(gated_pool, gate):
    taken = []

    def requests():
        for number, seed in enumerate((ANSWER, WAIT, WAIT, WAIT)):
            taken.append(number)
            yield stand_in(seed)

    answers = gated_pool.fit_each(requests())
    number, _ = next(answers)
    assert number == 0
    # Two in work from the start, and one more in the place of the one that is answered.
    assert len(taken) == 3
    gate.touch()
    assert len(list(answers)) == 3


def test_a_pool_refuses_a_second_batch_while_it_is_at_one(gated_pool):
    first = gated_pool.fit_each([stand_in(ANSWER), stand_in(WAIT)])
    next(first)
    with pytest.raises(RuntimeError, match="one batch"):
        next(gated_pool.fit_each([stand_in(ANSWER)]))
    first.close()


def test_what_is_wrong_with_one_question_is_its_answer_alone(pool, alone):
    first, wrong, last = fit_many([MIXED[0], WITHOUT_MEANING, MIXED[1]], pool=pool, device="cpu")
    assert isinstance(wrong, InvalidInput)
    assert [error.field for error in wrong.errors] == ["target.tolerance"]
    assert [untimed(first), untimed(last)] == alone[:2]


def test_progress_is_told_of_each_question_and_only_goes_forward(pool):
    reports = [[] for _ in MIXED]
    fit_many(
        MIXED, pool=pool, device="cpu", on_progress=lambda index, *told: reports[index].append(told)
    )
    for told in reports:
        fractions = [progress.fraction for _, progress, _ in told]
        iterations = [progress.iteration for _, progress, _ in told]
        assert fractions == sorted(fractions)
        assert iterations == sorted(iterations)
        assert fractions[-1] == 1.0
        assert told[0][0] is Phase.PREPARATION
        assert told[-1][0] is Phase.CERTIFICATE
        assert iterations[0] == 0


def test_outlines_come_of_the_questions_that_are_followed_and_while_they_are(pool):
    followed, outlines = {0}, {0: [], 1: []}

    def on_progress(index, _phase, _progress, outline):
        outlines[index].append(outline)
        if len([one for one in outlines[0] if one]) == 3:
            followed.clear()

    def should_stop(_):
        # Long after the third: what was on its way has arrived.
        return not followed and outlines[0][-5:] == [None] * 5

    fit_many(
        [LONG, LONG],
        pool=pool,
        device="cpu",
        on_progress=on_progress,
        should_stop=should_stop,
        is_followed=lambda index: index in followed,
    )
    assert set(outlines[1]) == {None}
    drawn = [outline for outline in outlines[0] if outline is not None]
    assert len(drawn) >= 3
    assert all((one.x[0], one.x[-1]) == (0.0, 1.0) for one in drawn)


def test_in_a_pool_and_alone_as_many_iterations_are_done(pool):
    inside, alone = [], []
    asked = MIXED[2]
    fit_many([asked], pool=pool, device="cpu", on_progress=lambda *told: inside.append(told[2]))
    fit(
        asked.samples,
        asked.target,
        asked.options,
        device="cpu",
        on_progress=lambda *told: alone.append(told[1]),
    )
    assert inside[-1] == alone[-1]
    assert inside[-1].iteration > 0


def test_a_stop_ends_what_runs_with_its_best_and_what_waits_without(pool):
    fit_many([MIXED[0]] * 2, pool=pool, device="cpu")
    stopped_at = time.monotonic() + 0.5
    # That there are answers at all shows it: without a stop they would take hours.
    answers = fit_many(
        [ENDLESS] * 5, pool=pool, device="cpu", should_stop=lambda _: time.monotonic() > stopped_at
    )
    assert len(answers) == 5
    assert all(isinstance(answer, Stopped) for answer in answers[2:])
    for answer in answers[:2]:
        if not isinstance(answer, Stopped):
            assert_consistent(answer, ENDLESS.samples)


def test_a_question_is_not_stopped_for_the_one_that_had_its_number_before(pool, alone):
    asked = []
    fit_many(
        [LONG] * 2,
        pool=pool,
        device="cpu",
        should_stop=lambda i: asked.append(i) or len(asked) > 20,
    )
    answers = fit_many(MIXED[:2], pool=pool, device="cpu")
    assert [untimed(answer) for answer in answers] == alone[:2]


def test_one_question_can_be_stopped_while_the_others_go_on(pool, alone):
    asked = []

    def should_stop(index):
        asked.append(index)
        return index == 0 and asked.count(0) > 3

    answers = fit_many([LONG, *MIXED[:3]], pool=pool, device="cpu", should_stop=should_stop)
    assert [untimed(answer) for answer in answers[1:]] == alone[:3]


def test_a_process_that_dies_costs_its_question_and_no_other(alone):
    # The broker of other tests may be a child as well.
    before = set(children_of(os.getpid()))
    with FitPool(1) as pool:
        killed = set()

        def kill(index, *_):
            if index == 0 and not killed:
                killed.update(set(children_of(os.getpid())) - before)
                for child in killed:
                    os.kill(child, signal.SIGKILL)

        dead, alive = fit_many([LONG, MIXED[0]], pool=pool, device="cpu", on_progress=kill)
    assert isinstance(dead, Crashed)
    assert "-9" in dead.reason
    assert untimed(alive) == alone[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits others")
def test_a_process_that_runs_out_of_memory_ends_for_that_and_the_next_goes_on(alone):
    before = set(children_of(os.getpid()))
    with FitPool(1) as pool:
        fit_many([MIXED[0]], pool=pool, device="cpu")
        (process,) = set(children_of(os.getpid())) - before
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + 20 * 2**20
        resource.prlimit(process, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        large = request("sin x", 100_000, {"tolerance": 1e-3})
        dead, alive = fit_many([large, MIXED[0]], pool=pool, device="cpu")
    assert isinstance(dead, OutOfMemory)
    assert untimed(alive) == alone[0]


def test_a_process_that_died_waiting_is_replaced(alone):
    before = set(children_of(os.getpid()))
    with FitPool(1) as pool:
        fit_many([MIXED[0]], pool=pool, device="cpu")
        for child in set(children_of(os.getpid())) - before:
            os.kill(child, signal.SIGKILL)
        # At once: the system may not say yet that it is dead.
        answer = fit_many([MIXED[0]], pool=pool, device="cpu")[0]
    assert untimed(answer) == alone[0]


def test_a_batch_that_is_left_early_leaves_no_fit_running():
    before = set(children_of(os.getpid()))
    with FitPool(2) as pool:
        for _ in pool.fit_each([MIXED[0], LONG]):
            break
        assert len(set(children_of(os.getpid())) - before) <= 1
    assert set(children_of(os.getpid())) <= before


def test_the_processes_of_a_pool_end_with_the_one_that_has_it():
    code = (
        "import os, sys\n"
        "from tests.numerics.test_fit_many import LONG, FitPool, children_of\n"
        "def tell(*_):\n"
        "    print(*children_of(os.getpid()), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "list(FitPool(1).fit_each([LONG], on_progress=tell))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    orphans = [int(child) for child in done.stdout.split()]
    assert orphans
    until(lambda: not any(is_running(orphan) for orphan in orphans))


def test_in_one_batch_the_answers_are_those_of_single_fits_but_for_rounding(alone):
    requests = [*MIXED, WITHOUT_MEANING]
    *answers, wrong = fit_together(requests, "cpu")
    assert isinstance(wrong, InvalidInput)
    assert_alike(answers, alone)


def test_one_of_a_batch_that_runs_out_of_memory_concerns_no_other(monkeypatch):
    usual = many.fitting

    def fitting(samples, *rest):
        if samples is MIXED[1].samples:
            raise MemoryError
        return usual(samples, *rest)

    monkeypatch.setattr(many, "fitting", fitting)
    first, second, third = fit_together(MIXED[:3], "cpu")
    assert isinstance(second, OutOfMemory)
    assert isinstance(first, Fit)
    assert isinstance(third, Fit)


@pytest.mark.gpu
@pytest.mark.skipif(choose_device("auto") != "cuda", reason="there is no CUDA device")
def test_on_cuda_the_answers_are_those_of_the_cpu_but_for_rounding(alone):
    one = MIXED[0]
    single = fit(one.samples, one.target, one.options, device="cuda")
    assert single.met == alone[0].met
    assert_alike(fit_many(MIXED, device="cuda"), alone)


def assert_alike(answers, expected):
    for asked, answer, single in zip(MIXED, answers, expected, strict=True):
        assert_consistent(answer, asked.samples)
        assert answer.met == single.met
        # Rounding decides now and then which of two ways training takes.
        assert answer.architecture.parameters <= 1.25 * single.architecture.parameters
        if asked.target.tolerance is None:
            error, other = (a.certificate.error(asked.target) for a in (answer, single))
            assert error <= 1.25 * other


def children_of(process):
    """The children of a process, by /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The fields after the name, which may hold blanks, are state and parent.
            state, parent = entry.read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if int(parent) == process and state != "Z":
            found.append(int(entry.parent.name))
    return found


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
