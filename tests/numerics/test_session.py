"""One run's clock, its wish to go on, and what it tells."""

import pytest

from schemas.jobs import Outline, Phase, Progress
from worker.numerics.session import Session


def session(**changes):
    settings = {
        "on_progress": lambda *_: None,
        "should_stop": lambda: False,
        "time_limit_s": None,
        "seed": 0,
        "device": "cpu",
    }
    return Session(**settings | changes)


def test_without_a_limit_it_goes_on_until_it_is_told_to_stop():
    assert not session().stopped()
    assert session(should_stop=lambda: True).stopped()


def test_a_time_limit_that_is_over_stops_it():
    assert session(time_limit_s=1e-12).stopped()
    assert not session(time_limit_s=1e6).stopped()


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only when it is told to: ``clock[0]``, in seconds."""
    now = [1000.0]
    monkeypatch.setattr("worker.numerics.session.time.perf_counter", lambda: now[0])
    return now


def test_reports_keep_what_is_not_given_and_never_go_back(clock):
    reports = []
    run = session(on_progress=lambda *report: reports.append(report))
    for told in (
        {"fraction": 0.5, "error": 2.0, "iterations": 5},
        {"fraction": 0.2, "error": 3.0},
        {"fraction": 7.0, "iterations": 2},
    ):
        clock[0] += 1.0
        run.report(**told)
    with run.phase(Phase.PHASE2):
        pass
    assert reports == [
        (Phase.PREPARATION, Progress(fraction=0.5, iteration=5, error=2.0), None),
        (Phase.PREPARATION, Progress(fraction=0.5, iteration=5, error=2.0), None),
        (Phase.PREPARATION, Progress(fraction=1.0, iteration=7, error=2.0), None),
        (Phase.PHASE2, Progress(fraction=1.0, iteration=7, error=2.0), None),
    ]


def test_the_caller_is_told_twenty_times_a_second_and_of_the_latest(clock):
    reports = []
    run = session(on_progress=lambda *report: reports.append(report))
    for step in range(1000):
        clock[0] += 0.001
        run.report(fraction=step / 2000, iterations=2)
    assert 18 <= len(reports) <= 21
    clock[0] += 0.06
    assert not run.stopped()
    assert reports[-1] == (Phase.PREPARATION, Progress(fraction=999 / 2000, iteration=2000), None)


def test_a_run_that_only_asks_whether_to_stop_gives_signs_of_life(clock):
    reports = []
    run = session(on_progress=lambda *report: reports.append(clock[0]))
    for _ in range(40):
        clock[0] += 0.1
        run.stopped()
    assert len(reports) == 40


def test_new_phases_and_the_end_are_told_at_once(clock):
    reports = []
    run = session(on_progress=lambda *report: reports.append(report))
    for phase in (Phase.PREPARATION, Phase.PHASE1, Phase.PHASE2, Phase.PHASE1, Phase.CERTIFICATE):
        with run.phase(phase):
            pass
    run.report(fraction=1.0)
    assert [phase for phase, *_ in reports] == [
        Phase.PREPARATION,
        Phase.PHASE1,
        Phase.PHASE2,
        Phase.CERTIFICATE,
        Phase.CERTIFICATE,
    ]
    assert reports[-1][1].fraction == 1.0


def test_the_network_in_training_is_drawn_once_when_it_is_told_and_somebody_follows(clock):
    drawn, reports, followed = [], [], [False]
    run = session(
        on_progress=lambda *report: reports.append(report), is_followed=lambda: followed[0]
    )

    def tell(name):
        clock[0] += 1.0
        run.report(current=lambda: drawn.append(name) or Outline(x=[0.0, 1.0], y=[name, name]))

    tell(1)
    followed[0] = True
    tell(2)
    # Too soon to be told.
    run.report(current=lambda: drawn.append(3))
    tell(4)
    clock[0] += 1.0
    run.alive()
    assert drawn == [2, 4]
    shown = [outline and outline.y[0] for *_, outline in reports]
    assert shown == [None, 2, 4, 4]


def test_time_is_counted_for_the_phase_that_spends_it_even_if_it_fails():
    run = session()
    with pytest.raises(ZeroDivisionError), run.phase(Phase.PHASE1):
        raise ZeroDivisionError
    assert run.spent_s(Phase.PHASE1) > 0.0
    assert run.spent_s(Phase.PHASE2) == 0.0
    assert run.elapsed_s >= run.spent_s(Phase.PHASE1)


def test_work_that_cannot_be_left_out_is_told_of_and_asks_nothing(clock):
    reports, asked = [], []
    run = session(
        on_progress=lambda *report: reports.append(report),
        should_stop=lambda: asked.append(None) or True,
        time_limit_s=1.0,
    )
    for _ in range(3):
        clock[0] += 1.0
        run.alive()
    assert len(reports) == 3
    assert asked == []
