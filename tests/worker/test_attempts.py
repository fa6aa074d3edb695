"""Reports of an attempt: few enough, and heard when they are refused."""

from types import SimpleNamespace

import pytest

from schemas.errors import Unavailable
from schemas.jobs import Outline, Phase, Progress
from storage.ports import Claim, Heard
from worker.attempts import Attempt


class Ledger:
    """Counts what is reported; answers what it is told to."""

    def __init__(self):
        self.reports = []
        self.answer = Heard.WRITTEN
        self.is_held = True
        self.asked = 0

    def report(self, claim, *, phase, progress, outline):
        self.reports.append((phase, progress, outline))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def holds(self, claim):
        self.asked += 1
        if isinstance(self.is_held, Exception):
            raise self.is_held
        return self.is_held


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time that passes only when it is told to: ``clock[0]``, in seconds."""
    now = [1000.0]
    monkeypatch.setattr("worker.attempts.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def ledger():
    return Ledger()


CLAIM = Claim("job", 1)
HALF = Progress(fraction=0.5, iteration=40, error=0.1)
RAMP = Outline(x=[0.0, 1.0], y=[0.0, 2.0])


@pytest.fixture
def attempt(ledger):
    return Attempt(CLAIM, ledger=ledger, leaving=lambda: False)


def test_reports_in_quick_succession_are_written_once(ledger, attempt, clock):
    for step in range(100):
        attempt.on_progress(Phase.PREPARATION, Progress(fraction=step / 100), None)
    assert ledger.reports == [(Phase.PREPARATION, Progress(), None)]
    clock[0] += 1.0
    attempt.on_progress(Phase.PREPARATION, HALF, None)
    assert len(ledger.reports) == 2


def test_every_phase_is_written(ledger, attempt):
    for phase in Phase:
        attempt.on_progress(phase, HALF, None)
    assert ledger.reports == [(phase, HALF, None) for phase in Phase]


def test_outlines_are_wanted_as_long_as_the_ledger_says_that_somebody_follows(ledger, attempt):
    assert not attempt.is_followed
    for phase, heard in zip(Phase, (Heard.WRITTEN, Heard.AND_FOLLOWED) * 2, strict=True):
        ledger.answer = heard
        attempt.on_progress(phase, HALF, RAMP if attempt.is_followed else None)
        assert attempt.is_followed is (heard is Heard.AND_FOLLOWED)
    assert [outline for *_, outline in ledger.reports] == [None, None, RAMP, None]
    assert not attempt.cut_short


def test_a_refused_report_stops_the_fit(ledger, attempt):
    ledger.answer = Heard.REFUSED
    attempt.on_progress(Phase.PHASE1, HALF, None)
    assert attempt.should_stop()
    assert attempt.cut_short


def test_a_silent_fit_hears_that_its_job_is_gone(ledger, attempt, clock):
    for _ in range(100):
        assert not attempt.should_stop()
    assert ledger.asked == 0
    clock[0] += 1.0
    assert not attempt.should_stop()
    ledger.is_held = False
    assert not attempt.should_stop()
    clock[0] += 1.0
    assert attempt.should_stop()
    assert ledger.asked == 2


def test_a_silent_fit_goes_on_while_nobody_can_say_whose_its_job_is(ledger, attempt, clock):
    ledger.is_held = Unavailable("broker", "gone")
    for _ in range(3):
        clock[0] += 1.0
        assert not attempt.should_stop()
    assert ledger.asked == 1


def test_an_absent_broker_does_not_stop_the_fit(ledger, attempt):
    ledger.answer = Unavailable("broker", "gone")
    attempt.on_progress(Phase.PHASE1, HALF, None)
    attempt.on_progress(Phase.PHASE2, HALF, None)
    assert not attempt.should_stop()
    assert len(ledger.reports) == 1


def test_a_leaving_process_stops_the_fit(ledger):
    attempt = Attempt(CLAIM, ledger=ledger, leaving=lambda: True)
    assert not attempt.cut_short
    assert attempt.should_stop()
    assert attempt.cut_short
