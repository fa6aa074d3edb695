"""A worker that is asked to leave, whatever it is doing: it does so in time, and loses nothing.

And one that nobody asks stays, also without a broker.
"""

import signal
import time

import pytest

from cli.broker import start_broker
from schemas.jobs import JobStatus
from tests.waiting import HANGS_AFTER_S

ANSWER, WAIT = range(2)
# The stand-in engine takes every other seed for WAIT, too, and no two are the same question.
SEEDS = range(10, 60)
# A second for what has been begun, and some for the rest.
LEAVES_WITHIN_S = 5


@pytest.fixture
def broker(tmp_path):
    """One of our own, that may be away."""
    with start_broker(tmp_path / "own") as started:
        yield started


def test_a_worker_may_be_asked_to_leave_at_any_moment(
    stores, submit, start_worker, eventually, gate, tmp_path
):
    gate.touch()
    jobs = [submit(seed) for seed in SEEDS]

    def done():
        return stores.ledger.figures().ended["succeeded"]

    moments = {
        "while it is loaded": lambda log: time.sleep(0.5),
        "when it is ready": lambda log: eventually(lambda: "ready" in log.read_text()),
        "after the first": lambda log: eventually(lambda: done() > 0),
        "in the middle": lambda log: eventually(lambda: done() > len(jobs) // 3),
    }
    for moment, wait in moments.items():
        log = tmp_path / moment
        worker = start_worker(moment, log=log)
        wait(log)
        worker.send_signal(signal.SIGTERM)
        # Before it is ready, it knows no better than to die.
        assert worker.wait(LEAVES_WITHIN_S) in (0, -signal.SIGTERM), moment
        assert stores.ledger.figures().running == 0, moment
    assert done() < len(jobs)
    start_worker("last")
    eventually(lambda: done() == len(jobs))
    # Again those whose fit processes were still being loaded.
    assert {stores.ledger.get(job).attempts for job in jobs} <= {1, 2}


def test_a_busy_worker_ends_what_it_can_while_the_broker_comes_back(
    stores, submit, start_worker, eventually, gate, broker
):
    worker = start_worker("one", grace_s=10)
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    broker.process.kill()
    broker.process.wait()
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    broker.launch()
    broker.await_ready()
    gate.touch()
    assert worker.wait(HANGS_AFTER_S) == 0
    job = stores.ledger.get(job_id)
    assert (job.status, job.attempts) == (JobStatus.SUCCEEDED, 1)


@pytest.mark.parametrize("seed", [WAIT, ANSWER])
def test_a_worker_leaves_in_time_though_the_broker_is_away(
    stores, submit, start_worker, eventually, gate, broker, seed
):
    worker = start_worker("one")
    job_id = submit(seed)
    # In the middle of it, or idle after it.
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    broker.process.kill()
    broker.process.wait()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(LEAVES_WITHIN_S) == 0
    broker.launch()
    broker.await_ready()
    gate.touch()
    start_worker("two")
    eventually(lambda: stores.ledger.get(job_id).status is JobStatus.SUCCEEDED)


def test_a_worker_that_nobody_asked_to_leave_is_there_when_the_broker_comes_back(
    stores, submit, start_worker, eventually, gate, broker
):
    gate.touch()
    worker = start_worker("one")
    first = submit(ANSWER)
    # Away at whatever it does then: the end of a fit, a sign of life, a look for more.
    eventually(lambda: stores.ledger.get(first).status is not JobStatus.QUEUED)
    broker.process.kill()
    broker.process.wait()
    time.sleep(3.0)
    broker.launch()
    broker.await_ready()
    eventually(lambda: stores.ledger.get(first).status is JobStatus.SUCCEEDED)
    second = submit(SEEDS[1])
    eventually(lambda: stores.ledger.get(second).status is JobStatus.SUCCEEDED)
    assert worker.poll() is None
