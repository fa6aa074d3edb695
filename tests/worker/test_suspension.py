"""Workers are suspended and go on by RQ's own command."""

import subprocess
import sys

import pytest

from schemas.jobs import JobStatus

WAIT = 1
SEEDS = range(10, 30)


@pytest.fixture
def rq(storage_settings):
    """``rq(command)`` runs RQ's command on the broker."""

    def run(command):
        address = ("--url", storage_settings.redis_url)
        subprocess.run([sys.executable, "-m", "rq.cli", command, *address], check=True)

    return run


def statuses(stores, jobs):
    return {stores.ledger.get(job).status for job in jobs}


def test_what_runs_is_ended_and_what_waits_goes_on_waiting_until_they_are_resumed(
    stores, submit, start_worker, eventually, gate, rq
):
    start_worker("one")
    running = submit(WAIT)
    eventually(lambda: stores.ledger.get(running).status is JobStatus.RUNNING)
    rq("suspend")
    assert stores.ledger.figures().suspended
    waiting = [submit(seed) for seed in SEEDS]
    gate.touch()
    eventually(lambda: stores.ledger.get(running).status is JobStatus.SUCCEEDED)
    # Its process was free for them all the time.
    assert statuses(stores, waiting) == {JobStatus.QUEUED}
    rq("resume")
    eventually(lambda: statuses(stores, waiting) == {JobStatus.SUCCEEDED})
    assert not stores.ledger.figures().suspended
