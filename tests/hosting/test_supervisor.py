"""Restarts: at once the first time, then ever more slowly while the process keeps dying."""

import signal
import sys
from itertools import pairwise

import pytest

from hosting import children, supervisor
from hosting.supervisor import Part, Supervisor
from tests.waiting import HANGS_AFTER_S, until


class Dead:
    """A process that has ended."""

    returncode = 1

    def poll(self):
        return self.returncode


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still; set ``clock[0]``."""
    now = [100.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now[0])
    return now


def starts(part_starts, part, clock, *, until):
    """The times at which a part is started while the clock runs to ``until``."""
    while clock[0] < until:
        part.tend()
        clock[0] += 0.25
    return part_starts


def test_a_process_that_keeps_dying_is_started_ever_more_slowly(clock):
    times = []
    part = Part("a part", lambda: times.append(clock[0]) or Dead())
    starts(times, part, clock, until=300.0)
    waits = [b - a for a, b in pairwise(times)]
    assert waits[:4] == [0.25, 0.75, 1.25, 2.25]  # 0, 0.5, 1, 2 and a tick each
    assert max(waits) == supervisor.LONGEST_WAIT_S + 0.25


def test_a_start_that_the_system_refuses_is_tried_again(clock):
    times = []

    def refused():
        times.append(clock[0])
        if len(times) < 3:
            raise OSError("no memory to fork")
        return Dead()

    part = Part("a part", refused)
    starts(times, part, clock, until=110.0)
    # Refused twice, started, and as it is dead from the start, started again.
    assert len(times) > 3


def test_a_process_that_was_sound_is_started_again_at_once(clock):
    times = []
    part = Part("a part", lambda: times.append(clock[0]) or Dead())
    starts(times, part, clock, until=110.0)
    part.process = Dead()
    clock[0] = times[-1] + supervisor.SOUND_AFTER_S
    part.tend()
    assert times[-1] == clock[0]


def test_what_a_dead_process_held_is_released_before_the_next_starts(clock):
    events = []
    part = Part(
        "a part",
        lambda: events.append("start") or Dead(),
        after_death=lambda: events.append("release"),
    )
    part.tend()
    part.tend()
    assert events == ["start", "release", "start"]


def test_the_second_request_kills():
    part = Part("slow", lambda: children.start(["/bin/sleep", "3600"]))
    part.tend()
    keeper = Supervisor([part])
    keeper.request_stop()
    assert part.process.poll() is None
    keeper.request_stop()
    assert part.process.wait(HANGS_AFTER_S) == -signal.SIGKILL


def test_a_process_that_does_not_leave_is_killed(tmp_path):
    marker = tmp_path / "deaf"
    deaf = (
        "import pathlib, signal, sys, time; signal.signal(15, signal.SIG_IGN);"
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(3600)"
    )
    process = children.start([sys.executable, "-c", deaf, str(marker)])
    until(marker.exists)
    children.stop([process], patience_s=0.1)
    assert process.returncode == -signal.SIGKILL
