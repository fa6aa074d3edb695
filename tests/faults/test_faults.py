"""What was accepted is done once, whatever dies, sleeps or leaves meanwhile.

``FOLDLINE_FAULT_JOBS`` and ``FOLDLINE_FAULT_PAUSE_S`` make these larger: see ``make faults``.
"""

import os
import signal
import sys
import time

import pytest

from tests.faults.crowd import Crowd
from tests.served import Served, descendants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

JOBS = int(os.environ.get("FOLDLINE_FAULT_JOBS", "50"))
PAUSE_S = float(os.environ.get("FOLDLINE_FAULT_PAUSE_S", "3"))
AWAY_S = 10.0


def pids(served, *roles):
    """The processes of these kinds."""
    return [pid for pid, role in descendants(served.process.pid).items() if role in roles]


def send(served, number, *roles):
    """Send a signal to all processes of these kinds, at once."""
    for pid in pids(served, *roles):
        os.kill(pid, number)


def kill(*roles):
    """Kills all processes of these kinds, at once."""
    return lambda served: send(served, signal.SIGKILL, *roles)


def kill_one_worker(served):
    os.kill(pids(served, "worker")[0], signal.SIGKILL)


def freeze_a_worker(served):
    """Longer than its silence is taken for life, so that others take its jobs over."""
    frozen = pids(served, "worker")[0]
    os.kill(frozen, signal.SIGSTOP)
    time.sleep(PAUSE_S)
    os.kill(frozen, signal.SIGCONT)


def freeze_the_broker(served):
    """Nobody gets an answer from it, and no connection breaks."""
    send(served, signal.SIGSTOP, "valkey-server")
    time.sleep(PAUSE_S)
    send(served, signal.SIGCONT, "valkey-server")


def keep_the_broker_away(served):
    """Connections break, and for a while there is nobody to connect to."""
    back_at = time.monotonic() + AWAY_S
    while time.monotonic() < back_at:
        send(served, signal.SIGKILL, "valkey-server")
        time.sleep(0.02)


def restart_the_workers(served):
    """One after the other, as an operator would."""
    for pid in pids(served, "worker"):
        os.kill(pid, signal.SIGTERM)
        while pid in descendants(served.process.pid):
            time.sleep(0.05)


HARMS = {
    "a worker is killed": kill_one_worker,
    "all workers are killed": kill("worker"),
    "the API is killed": kill("cli.api"),
    "the broker is killed": kill("valkey-server"),
    "the notifier is killed": kill("notifier"),
    "all are killed": kill("worker", "cli.api", "valkey-server", "notifier"),
    "a worker is frozen and wakes up": freeze_a_worker,
    "the broker is frozen and wakes up": freeze_the_broker,
    "the broker is away for ten seconds": keep_the_broker_away,
    "the workers are restarted one by one": restart_the_workers,
}


def check(crowd, jobs, eventually):
    """Every accepted job has ended well, once, with its own model, and there are no others.

    Of each the receiver is told once, or again the same under the same id.
    """
    expected = {f"msg_{job}_succeeded" for job in jobs}
    eventually(lambda: len(crowd.told()) >= len(expected), within_s=60)
    crowd.leave()
    assert set(crowd.told()) == expected
    assert {len(bodies) for bodies in crowd.told().values()} == {1}
    assert {job["status"] for job in jobs.values()} == {"succeeded"}
    assert sorted(crowd.listed()) == sorted(crowd.singles())
    counts = crowd.batch_counts()
    assert counts["succeeded"] == counts["total"] == len(jobs) - len(crowd.singles())
    models = {job["model_id"] for job in jobs.values()}
    assert len(models) == len(jobs)
    for job in jobs.values():
        model = crowd.model(job)
        assert model["met"]
        assert model["id"] == job["model_id"]
    assert not any(job["cached"] for job in jobs.values())


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_nothing_accepted_is_lost_when(serve, tmp_path, eventually, harm):
    served: Served = serve(tmp_path / "data", "--workers", "2")
    crowd = Crowd(served, JOBS)
    # In the middle of asking and of answering.
    eventually(lambda: len(crowd.accepted) >= min(JOBS // 2, 100))
    harm(served)
    check(crowd, eventually(crowd.ended, within_s=120), eventually)


def test_nothing_accepted_is_lost_when_everything_is_stopped_and_started(
    serve, tmp_path, eventually
):
    served = serve(tmp_path / "data", "--workers", "2")
    crowd = Crowd(served, JOBS)
    crowd.jobs()
    assert served.stop() == 0
    again = serve(tmp_path / "data", "--workers", "2")
    crowd.move_to(again)
    check(crowd, eventually(crowd.ended, within_s=120), eventually)
