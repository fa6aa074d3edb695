"""The sweep: what is open in our ledger and what RQ holds are made to agree."""

import pytest
from rq.job import Job

from schemas.jobs import JobStatus
from schemas.problems import ProblemType
from storage.fit_queue import Standing
from worker.recovery import sweep


def give_up(rq_queue, job_id):
    """What RQ does with a job that has crashed its worker for the last time."""
    job = Job.fetch(job_id, connection=rq_queue.connection, serializer="json")
    rq_queue.connection.lrem(rq_queue.key, 1, job_id)
    job.set_status("failed")


def test_a_job_that_never_reached_the_queue_is_enqueued(stores, queue, record):
    job_id = record()
    assert queue.standings([job_id]) == {job_id: Standing.UNKNOWN}
    sweep(stores.ledger, queue)
    assert queue.standings([job_id]) == {job_id: Standing.HELD}


def test_a_service_that_enqueues_after_the_sweep_does_not_enqueue_twice(stores, queue, record):
    job_id = record()
    sweep(stores.ledger, queue)
    queue.enqueue(job_id)
    assert queue.waiting() == 1


def test_a_job_in_the_queue_stays_where_it_is(stores, queue, submit):
    submit()
    sweep(stores.ledger, queue)
    assert queue.waiting() == 1


def test_a_job_taken_but_not_begun_is_left_to_rq(stores, queue, submit, rq_queue):
    job_id = submit()
    rq_queue.connection.lmove(rq_queue.key, rq_queue.intermediate_queue_key)
    assert queue.standings([job_id]) == {job_id: Standing.HELD}
    sweep(stores.ledger, queue)
    assert queue.waiting() == 0


def test_a_job_that_rq_remembers_but_holds_nowhere_is_enqueued_again(
    stores, queue, submit, rq_queue
):
    job_id = submit()
    rq_queue.connection.delete(rq_queue.key)
    assert queue.standings([job_id]) == {job_id: Standing.STRAY}
    sweep(stores.ledger, queue)
    assert queue.waiting() == 1


def test_a_job_that_has_ended_is_not_enqueued(stores, queue, record):
    job_id = record()
    attempt = stores.ledger.begin(job_id)
    stores.ledger.succeed(job_id, attempt, model_id="m", met=True, error=0.01)
    sweep(stores.ledger, queue)
    assert queue.waiting() == 0


@pytest.mark.parametrize("begun", [True, False])
def test_a_job_that_rq_has_given_up_fails(stores, queue, submit, rq_queue, begun):
    job_id = submit()
    if begun:
        stores.ledger.begin(job_id)
    give_up(rq_queue, job_id)
    sweep(stores.ledger, queue)
    job = stores.ledger.get(job_id)
    assert job.status is JobStatus.FAILED
    assert job.problem.type is ProblemType.WORKER_LOST
    assert stores.ledger.open_jobs() == []


def test_only_one_sweeps_at_a_time(queue):
    with queue.sweeping() as first, queue.sweeping() as second:
        assert first
        assert not second
    with queue.sweeping() as third:
        assert third
