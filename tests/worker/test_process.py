"""Real worker processes, killed and stopped in the middle of their work."""

import os
import signal
from pathlib import Path

import pytest
from rq import Queue

from schemas.jobs import JobStatus
from schemas.models import Model
from schemas.problems import ProblemType
from storage.connection import connect
from storage.job_queue import SERIALIZER
from storage.keys import FOLLOWED_PREFIX, MANIFEST, OUTLINE_PREFIX, QUEUE
from tests.served import all_descendants, descendants
from tests.waiting import HANGS_AFTER_S
from tests.worker.conftest import FOR_EVER_S, SOON_S

# What the stand-in engine does, by seed.
ANSWER, WAIT, DIE, FAIL, EXHAUST, BREAK, HANG, SLOW = range(8)
LATER_S = 60


@pytest.fixture
def queue(storage_settings):
    """RQ's queue."""
    connection = connect(storage_settings.redis_url)
    return Queue(QUEUE, connection=connection, serializer=SERIALIZER)


def is_there(pid):
    """Whether this process has not ended yet."""
    try:
        state = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    # Whoever is to take note of its end may take its time.
    return state != "Z"


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


def test_a_horse_can_be_spawned_where_a_fork_is_not_safe(
    stores, submit, start_worker, eventually, monkeypatch
):
    monkeypatch.setenv("SPAWNS", "yes")
    worker = start_worker("one")
    # Horses know nothing of the stand-in, and fit.
    job_id = submit(ANSWER)
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).met
    worker.terminate()
    assert worker.wait(HANGS_AFTER_S) == 0


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
    worker = start_worker("one", lost_after_s=SOON_S)
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    family = all_descendants(worker.pid)
    worker.kill()
    worker.wait()
    # What hangs on it ends with it, within a moment.
    eventually(lambda: not any(map(is_there, family)))
    gate.touch()
    start_worker("two", lost_after_s=SOON_S)
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 2


def test_the_job_of_one_of_several_workers_that_dies_is_done_by_the_others_at_once(
    stores, submit, start_worker, eventually, gate
):
    keeper = start_worker("one")
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    (busy,) = [pid for pid in descendants(keeper.pid) if descendants(pid)]
    (horse,) = descendants(busy)
    os.kill(busy, signal.SIGKILL)
    eventually(lambda: not is_there(horse))
    gate.touch()
    # Its silence would be found after a week.
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 2
    assert stores.ledger.figures().losses == 1


def test_a_job_longer_than_its_time_to_live_is_done_once(
    stores, submit, start_worker, eventually, gate, queue
):
    start_worker("one", lost_after_s=LATER_S)
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    started = queue.started_job_registry
    (execution,) = started.get_job_and_execution_ids(cleanup=False)
    key = ":".join(execution)
    first_s = queue.connection.zscore(started.key, key)
    # To others the time to live, which the beats renew, would be over by then without.
    eventually(lambda: queue.connection.zscore(started.key, key) > first_s + 2)
    started.cleanup(first_s + 1)
    gate.touch()
    eventually(lambda: status(stores, job_id) is JobStatus.SUCCEEDED)
    assert stores.ledger.get(job_id).attempts == 1


def test_a_worker_that_comes_back_from_the_dead_leaves_the_job_to_the_next(
    stores, submit, start_worker, eventually, gate
):
    frozen = start_worker("one", lost_after_s=SOON_S)
    job_id = submit(WAIT)
    eventually(lambda: stores.ledger.get(job_id).progress.fraction > 0)
    family = all_descendants(frozen.pid)
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    start_worker("two", lost_after_s=SOON_S)
    eventually(lambda: stores.ledger.get(job_id).attempts == 2)
    for pid in family:
        os.kill(pid, signal.SIGCONT)
    # What it was doing has been another's meanwhile; it lets go of it, and does others.
    others = [submit(ANSWER) for _ in range(4)]
    eventually(lambda: {status(stores, job) for job in others} == {JobStatus.SUCCEEDED})
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


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_job_of_a_batch_that_kills_its_process_is_given_up_and_the_others_are_done(
    stores, submit_batch, start_worker, eventually, device
):
    worker = start_worker("one", device=device)
    first, poison, *others = submit_batch([ANSWER, DIE, *[ANSWER] * 20])
    for job_id in (first, *others):
        eventually(lambda job_id=job_id: status(stores, job_id) is JobStatus.SUCCEEDED)
    eventually(lambda: status(stores, poison) is JobStatus.FAILED)
    assert "broke down 3 times" in stores.ledger.get(poison).problem.detail
    # On a CPU they come one by one; on a GPU together once, then those that were begun one by one.
    most = 1 if device == "cpu" else 2
    assert {stores.ledger.get(job).attempts for job in others} <= set(range(1, most + 1))
    assert worker.poll() is None


def test_a_gpu_that_is_broken_for_a_process_is_not_for_the_next(
    stores, submit, start_worker, eventually
):
    worker = start_worker("one", device="cuda")
    breaking, beside = submit(BREAK), submit(ANSWER)
    eventually(lambda: status(stores, breaking) is JobStatus.FAILED)
    eventually(lambda: status(stores, beside) is JobStatus.SUCCEEDED)
    assert [stores.ledger.get(job).attempts for job in (breaking, beside)] == [3, 1]
    assert worker.poll() is None


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


def test_a_fit_that_never_asks_is_cancelled_all_the_same(stores, submit, start_worker, eventually):
    start_worker("one")
    stuck = [submit(HANG), submit(HANG)]
    eventually(lambda: all(status(stores, job) is JobStatus.RUNNING for job in stuck))
    stores.ledger.cancel(stuck[0])
    other = submit(ANSWER)
    eventually(lambda: status(stores, other) is JobStatus.SUCCEEDED)


def test_a_cancelled_job_of_a_batch_makes_room_for_the_next(
    stores, submit_batch, start_worker, eventually
):
    start_worker("one")
    first, second = submit_batch([WAIT, ANSWER])
    eventually(lambda: stores.ledger.get(first).progress.fraction)
    stores.ledger.cancel(first)
    eventually(lambda: status(stores, second) is JobStatus.SUCCEEDED)
    assert status(stores, first) is JobStatus.CANCELLED


def test_a_job_that_comes_alone_does_not_wait_for_a_whole_batch(
    stores, submit, submit_batch, start_worker, eventually
):
    batch = submit_batch([SLOW] * 400)
    start_worker("one")
    eventually(lambda: status(stores, batch[20]) is JobStatus.SUCCEEDED)
    alone = submit(ANSWER)
    eventually(lambda: status(stores, alone) is JobStatus.SUCCEEDED)
    ended = [status(stores, job) for job in batch].count(JobStatus.SUCCEEDED)
    # A few turns were before it.
    assert ended < 200
    eventually(lambda: status(stores, batch[-1]) is JobStatus.SUCCEEDED)


@pytest.mark.parametrize("what", ["the queue", "what is on its way"])
def test_a_job_that_rq_has_lost_is_done_all_the_same(
    stores, submit, submit_batch, start_worker, eventually, queue, what
):
    jobs = [submit(ANSWER), *submit_batch([ANSWER] * 40)]
    if what == "the queue":
        queue.connection.delete(queue.key)
    else:
        # As a worker does that dies before it has said so.
        while queue.connection.lmove(queue.key, queue.intermediate_queue_key, "LEFT", "RIGHT"):
            pass
    start_worker("one", lost_after_s=SOON_S)
    for job_id in jobs:
        eventually(lambda job_id=job_id: status(stores, job_id) is JobStatus.SUCCEEDED)


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
