"""One run's clock, its wish to go on, and what it tells."""

import pytest
import torch

from schemas.jobs import Phase
from worker.numerics.session import Session


def session(**changes):
    settings = {
        "on_progress": lambda *_: None,
        "should_stop": lambda: False,
        "time_limit_s": None,
        "seed": 0,
        "device": torch.device("cpu"),
    }
    return Session(**settings | changes)


def test_without_a_limit_it_goes_on_until_it_is_told_to_stop():
    assert not session().stopped()
    assert session(should_stop=lambda: True).stopped()


def test_a_time_limit_that_is_over_stops_it():
    assert session(time_limit_s=1e-12).stopped()
    assert not session(time_limit_s=1e6).stopped()


def test_reports_keep_what_is_not_given_and_never_go_back():
    reports = []
    run = session(on_progress=lambda *report: reports.append(report))
    run.report(fraction=0.5, error=2.0)
    run.report(fraction=0.2, error=3.0)
    run.report(fraction=7.0)
    with run.phase(Phase.PHASE2):
        pass
    assert reports == [
        (Phase.PREPARATION, 0.5, 2.0),
        (Phase.PREPARATION, 0.5, 2.0),
        (Phase.PREPARATION, 1.0, 2.0),
        (Phase.PHASE2, 1.0, 2.0),
    ]


def test_time_is_counted_for_the_phase_that_spends_it_even_if_it_fails():
    run = session()
    with pytest.raises(ZeroDivisionError), run.phase(Phase.PHASE1):
        raise ZeroDivisionError
    assert run.spent_s(Phase.PHASE1) > 0.0
    assert run.spent_s(Phase.PHASE2) == 0.0
    assert run.elapsed_s >= run.spent_s(Phase.PHASE1)
