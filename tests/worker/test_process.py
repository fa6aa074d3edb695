"""Real worker processes, killed and stopped in the middle of their work."""

import signal

import pytest

from schemas.jobs import JobStatus
from schemas.models import Model
from schemas.problems import ProblemType
from storage.connection import connect
from storage.keys import FOLLOWED_PREFIX, MANIFEST, OUTLINE_PREFIX, WORKERS
from tests.waiting import HANGS_AFTER_S
from tests.worker.conftest import FOR_EVER_S, SOON_S

# What the stand-in engine does, by seed.
ANSWER, WAIT, DIE, FAIL, EXHAUST, BREAK = range(6)


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
    assert len(stores.models.page(limit=10, cursor=None)[0]) == 1


def test_the_iterations_of_a_running_job_grow_and_never_go_back(
    stores, submit, start_worker, eventually, gate
):
    start_worker("one")
    job_id = submit(WAIT)

    def told():
        running = [event for _, event in stores.ledger.events(job_id, after=None) if event.phase]
        return [event.progress.iteration for event in running if event.status is JobStatus.RUNNING]

    eventually(lambda: len(told()) >= 3)
    gate.touch()
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert told() == sorted(set(told()))


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_network_in_training_is_drawn_for_those_who_follow_the_job_alone(
    stores, submit, start_worker, eventually, gate, storage_settings, device
):
    broker = connect(storage_settings.redis_url)
    # The stand-in needs no GPU.
    start_worker("one", device=device)
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.iteration > 60)
    assert broker.keys(f"{OUTLINE_PREFIX}*") == []

    def drawn():
        events = stores.ledger.follow(job_id, after=None)
        return [event.current for _, event in events if event.current is not None]

    first = eventually(drawn)
    later = eventually(lambda: (found := drawn()) and found != first and found)
    assert later[0].y[1] > first[0].y[1]
    # As after some seconds in which nobody has looked.
    broker.delete(FOLLOWED_PREFIX + job_id)

    def drawn_no_more():
        outline = broker.get(OUTLINE_PREFIX + job_id)
        last, _ = stores.ledger.events(job_id, after=None)[-1]
        eventually(lambda: len(stores.ledger.events(job_id, after=last)) > 1)
        return broker.get(OUTLINE_PREFIX + job_id) in (outline, None)

    # What was on its way arrives; then nothing, although the job goes on.
    eventually(drawn_no_more)
    gate.touch()
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)


def test_a_job_whose_worker_is_killed_is_done_by_the_next(
    stores, submit, start_worker, eventually, gate
):
    worker = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    worker.kill()
    worker.wait()
    gate.touch()
    start_worker("two", lost_after_s=SOON_S)
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 2


def test_a_job_longer_than_its_time_to_live_is_done_once(
    stores, submit, start_worker, eventually, gate, storage_settings
):
    start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    broker = connect(storage_settings.redis_url)
    first_ms = broker.zscore(WORKERS, "one")
    last_ms = eventually(lambda: (ms := broker.zscore(WORKERS, "one")) > first_ms + 2000 and ms)
    # To others the time to live, which the beats have renewed meanwhile, would be over without.
    now_s, us = broker.time()
    stores.ledger.sweep(lost_after_s=now_s + us / 1e6 - (first_ms + last_ms) / 2000)
    assert status(stores, job_id) is JobStatus.RUNNING
    gate.touch()
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 1


def test_a_worker_that_comes_back_from_the_dead_leaves_the_job_to_the_next(
    stores, submit, start_worker, eventually, gate
):
    frozen = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    frozen.send_signal(signal.SIGSTOP)
    start_worker("two", lost_after_s=SOON_S)
    eventually(lambda: stores.ledger.get(job_id).attempts == 2)
    frozen.send_signal(signal.SIGCONT)
    # It does another job, so that it has let go of this one.
    other = submit(ANSWER)
    eventually(lambda: status(stores, other) is JobStatus.SUCCEEDED)
    gate.touch()
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 2


def test_a_job_that_kills_its_process_is_given_up_and_others_go_on(
    stores, submit, start_worker, eventually, gate
):
    worker = start_worker("one")
    beside = submit(WAIT)
    eventually(lambda: stores.ledger.get(beside).progress.fraction > 0)
    poison, other = submit(DIE), submit(ANSWER)
    eventually(lambda: status(stores, poison) is JobStatus.FAILED)
    eventually(lambda: status(stores, other) is JobStatus.SUCCEEDED)
    job = stores.ledger.get(poison)
    assert job.problem.type is ProblemType.WORKER_LOST
    assert "3 times" in job.problem.detail
    assert job.attempts == 3
    assert worker.poll() is None
    gate.touch()
    eventually(lambda: status(stores, beside) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(beside).attempts == 1


def test_a_job_that_runs_out_of_memory_is_tried_again_and_given_up_for_that(
    stores, submit, start_worker, eventually
):
    worker = start_worker("one")
    job_id = submit(EXHAUST)
    eventually(lambda: status(stores, job_id) is JobStatus.FAILED)
    job = stores.ledger.get(job_id)
    assert job.problem.type is ProblemType.WORKER_LOST
    assert "ran out of memory" in job.problem.detail
    assert job.attempts == 3
    assert worker.poll() is None


def test_a_job_that_kills_a_worker_that_fits_itself_is_given_up_and_others_are_done(
    stores, record, start_worker, eventually
):
    first, poison, last = record(ANSWER), record(DIE), record(ANSWER)
    for name in ("one", "two", "three"):
        killed = start_worker(name, device="cuda", lost_after_s=SOON_S)
        assert killed.wait(HANGS_AFTER_S) == -signal.SIGKILL
    spared = start_worker("four", device="cuda", lost_after_s=SOON_S)
    for job_id in (first, last):
        eventually(lambda job_id=job_id: status(stores, job_id) is JobStatus.SUCCEEDED)
    eventually(lambda: status(stores, poison) is JobStatus.FAILED)
    assert "broke down 3 times" in stores.ledger.get(poison).problem.detail
    assert spared.poll() is None


def test_a_worker_whose_gpu_is_broken_leaves_so_that_a_new_one_goes_on(
    stores, record, start_worker
):
    beside, breaking = record(ANSWER), record(BREAK)
    assert start_worker("one", device="cuda").wait(HANGS_AFTER_S) == 1
    for job_id in (beside, breaking):
        job = stores.ledger.get(job_id)
        assert (job.status, job.attempts) == (JobStatus.QUEUED, 1)
    # They come one by one now.
    assert start_worker("two", device="cuda").wait(HANGS_AFTER_S) == 1
    assert status(stores, beside) is JobStatus.SUCCEEDED
    assert start_worker("three", device="cuda").wait(HANGS_AFTER_S) == 1
    job = stores.ledger.get(breaking)
    assert (job.status, job.attempts) == (JobStatus.FAILED, 3)


def test_a_worker_does_as_many_jobs_at_once_as_it_has_processes(
    stores, submit, start_worker, eventually, gate
):
    start_worker("one")
    jobs = [submit(WAIT) for _ in range(3)]
    eventually(lambda: all(stores.ledger.get(job).progress.fraction for job in jobs[:2]))
    assert status(stores, jobs[2]) is JobStatus.QUEUED
    gate.touch()
    for job in jobs:
        eventually(lambda job=job: status(stores, job) is JobStatus.SUCCEEDED)


def test_a_cancelled_job_makes_room_for_the_next(stores, submit, start_worker, eventually):
    start_worker("one")
    first, second = submit(WAIT), submit(WAIT)
    eventually(lambda: all(stores.ledger.get(job).progress.fraction for job in (first, second)))
    stores.ledger.cancel(first)
    other = submit(ANSWER)
    eventually(lambda: status(stores, other) is JobStatus.SUCCEEDED)
    job = stores.ledger.get(first)
    assert (job.status, job.model_id) == (JobStatus.CANCELLED, None)
    assert status(stores, second) is JobStatus.RUNNING


def test_a_job_whose_wake_up_was_lost_is_done_all_the_same(
    stores, record, submit, start_worker, eventually
):
    start_worker("one")
    first = submit(ANSWER)
    eventually(lambda: status(stores, first) is JobStatus.SUCCEEDED)
    forgotten = record(ANSWER)
    eventually(lambda: status(stores, forgotten) is JobStatus.SUCCEEDED)


def test_an_idle_worker_leaves_at_once(stores, submit, start_worker, eventually):
    worker = start_worker("one")
    job_id = submit(ANSWER)
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(HANGS_AFTER_S) == 0


def test_a_busy_worker_gives_back_what_does_not_end_in_time(
    stores, submit, start_worker, eventually, gate
):
    worker = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(HANGS_AFTER_S) == 0
    assert stores.ledger.waiting() == 1
    gate.touch()
    start_worker("two")
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)


def test_a_busy_worker_ends_what_it_can_before_it_leaves(
    stores, submit, start_worker, eventually, gate
):
    worker = start_worker("one", grace_s=FOR_EVER_S)
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    worker.send_signal(signal.SIGTERM)
    gate.touch()
    assert worker.wait(HANGS_AFTER_S) == 0
    job = stores.ledger.get(job_id)
    assert (job.status, job.attempts) == (JobStatus.SUCCEEDED, 1)


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
