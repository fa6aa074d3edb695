"""Real worker processes, killed and stopped in the middle of their work."""

import signal

import pytest

from schemas.jobs import JobStatus
from schemas.models import Model
from schemas.problems import ProblemType
from storage.fit_queue import MAX_ATTEMPTS, FitQueue
from storage.keys import MANIFEST

# What the stand-in engine does, by seed.
ANSWER, WAIT, DIE, FAIL = range(4)


def status(stores, job_id):
    return stores.ledger.get(job_id).status


def test_a_worker_turns_a_question_into_a_model(stores, submit, start_worker, eventually):
    start_worker("one", real=True)
    job_id = submit()
    eventually(lambda: stores.ledger.get(job_id).finished_at)
    job = stores.ledger.get(job_id)
    assert job.problem is None
    assert (job.status, job.met, job.attempts) == (JobStatus.SUCCEEDED, True, 1)
    model = Model.model_validate_json(stores.artifacts.get_artifact(job.model_id, MANIFEST))
    assert model.met
    assert model.certificate.max_abs_error <= 0.01
    assert model.timing.queue_s >= 0


def test_the_same_question_is_answered_by_the_same_model(stores, submit, start_worker, eventually):
    start_worker("one")
    first, second = submit(ANSWER), submit(ANSWER)
    for job_id in (first, second):
        eventually(lambda job_id=job_id: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(first).model_id == stores.ledger.get(second).model_id
    assert len(stores.ledger.model_page(limit=10, cursor=None)[0]) == 1


def test_a_job_whose_worker_is_killed_is_done_by_the_next(
    stores, submit, start_worker, eventually, gate
):
    worker = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    worker.kill()
    worker.wait()
    gate.touch()
    start_worker("two")
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 2


def test_a_job_longer_than_its_time_to_live_is_done_once(
    stores, submit, start_worker, eventually, gate
):
    start_worker("one")
    start_worker("two")
    job_id = submit(WAIT)
    eventually(lambda: status(stores, job_id) is JobStatus.RUNNING)
    # 300 steps of at least 10 ms: longer than the time to live, which the beats renew.
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0.3)
    gate.touch()
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 1


@pytest.mark.parametrize(
    "hand_back", [lambda queue: queue.hand_back("one"), FitQueue.hand_back_all]
)
def test_a_job_whose_worker_we_killed_has_all_its_attempts_again(
    stores, queue, submit, start_worker, eventually, rq_queue, hand_back
):
    worker = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    worker.kill()
    worker.wait()
    hand_back(queue)
    assert rq_queue.fetch_job(job_id).retries_left == MAX_ATTEMPTS - 1
    assert queue.waiting() == 1


def test_a_worker_that_comes_back_from_the_dead_leaves_the_job_to_the_next(
    stores, submit, start_worker, eventually, gate
):
    frozen = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    frozen.send_signal(signal.SIGSTOP)
    start_worker("two")
    eventually(lambda: stores.ledger.get(job_id).attempts == 2)
    frozen.send_signal(signal.SIGCONT)
    # It does another job, so that it has let go of this one.
    other = submit(ANSWER)
    eventually(lambda: status(stores, other) is JobStatus.SUCCEEDED)
    gate.touch()
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 2


def test_a_job_that_kills_its_workers_is_given_up_and_others_go_on(
    stores, queue, submit, start_worker, eventually
):
    poison = submit(DIE)
    for name in ("one", "two", "three"):
        start_worker(name).wait(20)
        # What the supervisor does when it sees the death.
        queue.release(name)
    other = submit(ANSWER)
    start_worker("four")
    eventually(lambda: status(stores, other) is JobStatus.SUCCEEDED)
    eventually(lambda: status(stores, poison) is JobStatus.FAILED)
    job = stores.ledger.get(poison)
    assert job.problem.type is ProblemType.WORKER_LOST
    assert "3 times" in job.problem.detail
    assert job.attempts == 3


def test_an_idle_worker_leaves_at_once(stores, submit, start_worker, eventually):
    worker = start_worker("one")
    job_id = submit(ANSWER)
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(3) == 0


def test_a_busy_worker_hands_its_job_back(stores, queue, submit, start_worker, eventually, gate):
    worker = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0
    assert queue.waiting() == 1
    gate.touch()
    start_worker("two")
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)


def test_an_error_of_the_engine_fails_the_job_once_and_stays_in_the_log(
    stores, submit, start_worker, eventually
):
    start_worker("one")
    job_id = submit(FAIL)
    eventually(lambda: status(stores, job_id) is JobStatus.FAILED)
    job = stores.ledger.get(job_id)
    assert job.attempts == 1
    assert job.problem.type is ProblemType.INTERNAL
    assert "secret" not in job.problem.model_dump_json()
