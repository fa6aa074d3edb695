"""What RQ's own command says and does is so."""

import subprocess
import sys

import pytest

from schemas.jobs import JobStatus
from tests.worker.conftest import PROCESSES, SOON_S

ANSWER, WAIT, DIE, FAIL = range(4)
SEEDS = range(10, 30)


@pytest.fixture
def rq(storage_settings):
    """``rq(command, ...)`` runs RQ's command on the broker; what it prints."""

    def run(command, *arguments):
        address = ("--url", storage_settings.redis_url)
        asked = [sys.executable, "-m", "rq.cli", command, *address, *arguments]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout

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
    # Its processes were free for them all the time.
    assert statuses(stores, waiting) == {JobStatus.QUEUED}
    rq("resume")
    eventually(lambda: statuses(stores, waiting) == {JobStatus.SUCCEEDED})
    assert not stores.ledger.figures().suspended


def test_jobs_that_wait_and_workers_are_shown(stores, submit, start_worker, eventually, rq):
    for seed in SEEDS:
        submit(seed)

    def lines():
        return rq("info", "--raw").splitlines()

    assert f"queue foldline {len(SEEDS)}" in " ".join(lines())
    start_worker("one")
    eventually(lambda: stores.ledger.figures().running == PROCESSES)
    eventually(lambda: f"queue foldline {len(SEEDS) - PROCESSES}" in " ".join(lines()))
    workers = [line for line in lines() if line.startswith("worker one-")]
    assert len(workers) == PROCESSES
    assert all(" busy " in line for line in workers)


@pytest.mark.parametrize("seed", [DIE, FAIL])
def test_a_job_that_failed_is_shown_as_failed_and_done_again_when_it_is_requeued(
    stores, submit, start_worker, eventually, rq, seed
):
    start_worker("one")
    job_id = submit(seed)
    eventually(lambda: stores.ledger.get(job_id).status is JobStatus.FAILED)
    before = stores.ledger.get(job_id).attempts
    eventually(lambda: rq("requeue", "--queue", "foldline", job_id))
    eventually(lambda: stores.ledger.get(job_id).attempts > before)
    eventually(lambda: stores.ledger.get(job_id).status is JobStatus.FAILED)
    # It had all its tries again.
    assert stores.ledger.get(job_id).attempts == 2 * before


def test_a_job_of_a_batch_that_failed_can_be_requeued_too(
    stores, submit_batch, start_worker, eventually, rq, gate
):
    start_worker("one", lost_after_s=SOON_S)
    poison, other = submit_batch([DIE, ANSWER])
    batch_id = stores.ledger.get(other).batch_id
    eventually(lambda: stores.batches.get(batch_id).finished_at)
    eventually(lambda: stores.ledger.reopen(poison))
    batch = stores.batches.get(batch_id)
    assert (batch.finished_at, batch.counts.queued, batch.counts.failed) == (None, 1, 0)
    # RQ does not know it, which is found out.
    eventually(lambda: stores.batches.get(batch_id).finished_at)
    assert stores.batches.ended(batch_id, start=0, count=9) == [1, 0]
