"""A worker that is asked to leave, whatever it is doing: it does so in time, and loses nothing.

And one that nobody asks stays, also without a broker.
"""

import itertools
import re
import signal
import time

import pytest

from cli.broker import start_broker
from schemas.jobs import JobStatus
from tests.waiting import HANGS_AFTER_S
from tests.worker.conftest import FOR_EVER_S, PROCESSES, SOON_S

ANSWER, WAIT = range(2)
# The stand-in engine takes every other seed for WAIT, too, and no two are the same question.
SEEDS = range(10, 60)
# What those say who work, and those who wait for work.
SILENCE = re.compile("no sign of life given|could not connect|waits for the broker")


@pytest.fixture
def broker(tmp_path):
    """One of our own, that may be away."""
    with start_broker(tmp_path / "own") as started:
        yield started


@pytest.fixture
def open_gates(gate):
    """``open_gates(count)`` lets the next so many of the seeds be answered."""
    seeds = iter(SEEDS)

    def touch(count):
        for seed in itertools.islice(seeds, count):
            gate.with_name(f"{gate.name}.{seed}").touch()

    return touch


def test_a_worker_may_be_asked_to_leave_at_any_moment(
    stores, submit, start_worker, eventually, gate, open_gates, tmp_path
):
    jobs = [submit(seed) for seed in SEEDS]

    def done():
        return stores.ledger.figures().ended["succeeded"]

    before = 0
    moments = {
        "while it is loaded": lambda log: time.sleep(0.5),
        "when it is ready": lambda log: eventually(lambda: "ready" in log.read_text()),
        "after the first": lambda log: eventually(lambda: done() > before),
        "in the middle": lambda log: eventually(lambda: done() > before + 4),
    }
    for moment, wait in moments.items():
        log, before = tmp_path / moment, done()
        open_gates(8)
        worker = start_worker(moment, log=log, grace_s=FOR_EVER_S)
        wait(log)
        worker.send_signal(signal.SIGTERM)
        # What it has in hand comes to an end, and no more.
        open_gates(PROCESSES)
        # Before it is ready, it knows no better than to die.
        assert worker.wait(HANGS_AFTER_S) in (0, -signal.SIGTERM), moment
        assert stores.ledger.figures().running == 0, moment
    assert done() < len(jobs)
    gate.touch()
    start_worker("last")
    eventually(lambda: done() == len(jobs))
    assert {stores.ledger.get(job).attempts for job in jobs} == {1}


def test_a_worker_whose_processes_are_still_being_loaded_gives_back_what_it_has_begun(
    stores, submit, start_worker, eventually, gate
):
    worker = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).status is JobStatus.RUNNING)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(HANGS_AFTER_S) == 0
    assert stores.ledger.waiting() == 1
    gate.touch()
    start_worker("two")
    eventually(lambda: stores.ledger.get(job_id).status is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 2


def test_a_busy_worker_ends_what_it_can_while_the_broker_comes_back(
    stores, submit, start_worker, eventually, gate, broker, tmp_path
):
    log = tmp_path / "log"
    worker = start_worker("one", grace_s=FOR_EVER_S, log=log)
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    broker.process.kill()
    broker.process.wait()
    worker.send_signal(signal.SIGTERM)
    eventually(lambda: SILENCE.search(log.read_text()))
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
    worker = start_worker("one", lost_after_s=SOON_S)
    job_id = submit(seed)
    # In the middle of it, or idle after it.
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    broker.process.kill()
    broker.process.wait()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(HANGS_AFTER_S) == 0
    broker.launch()
    broker.await_ready()
    gate.touch()
    start_worker("two", lost_after_s=SOON_S)
    eventually(lambda: stores.ledger.get(job_id).status is JobStatus.SUCCEEDED)


def test_a_worker_that_nobody_asked_to_leave_is_there_when_the_broker_comes_back(
    stores, submit, start_worker, eventually, gate, broker, tmp_path
):
    gate.touch()
    log = tmp_path / "log"
    worker = start_worker("one", log=log)
    first = submit(ANSWER)
    # Away at whatever it does then: the end of a fit, a sign of life, a look for more.
    eventually(lambda: stores.ledger.get(first).status is not JobStatus.QUEUED)
    broker.process.kill()
    broker.process.wait()
    eventually(lambda: len(SILENCE.findall(log.read_text())) >= 3)
    broker.launch()
    broker.await_ready()
    eventually(lambda: stores.ledger.get(first).status is JobStatus.SUCCEEDED)
    second = submit(SEEDS[1])
    eventually(lambda: stores.ledger.get(second).status is JobStatus.SUCCEEDED)
    assert worker.poll() is None
