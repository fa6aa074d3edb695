"""What RQ calls: every claimed job is settled, whatever the computation does."""

import pytest
import torch
from rq import Queue, SimpleWorker

from schemas.errors import Unavailable
from schemas.jobs import JobStatus
from storage.connection import connect
from storage.job_queue import SERIALIZER
from storage.keys import QUEUE
from tests.jobs import take
from tests.worker.stand_in_engine import flat_fit
from worker import desk as desk_module
from worker import tasks
from worker.desk import Desk
from worker.leaving import Leaving


@pytest.fixture
def desk(stores):
    """The desk of a horse."""
    return Desk(stores, leaving=Leaving())


@pytest.fixture
def begun(stores, desk):
    """``begun()`` is the next job that is claimed, or None if it is settled by that."""

    def begin():
        (claim,) = take(stores.ledger)
        return desk.begin(claim)

    return begin


def _raiser(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.fixture
def fates(stores, submit, storage_settings, monkeypatch):
    """What becomes of three jobs on a GPU, whose horses are this process."""
    monkeypatch.setenv("FOLDLINE_WORKER_DEVICE", "cuda")
    monkeypatch.setenv("FOLDLINE_REDIS_URL", storage_settings.redis_url)
    monkeypatch.setenv("FOLDLINE_DATA_DIR", str(storage_settings.data_dir))

    def work():
        jobs = [submit() for _ in range(3)]
        connection = connect(storage_settings.redis_url)
        queue = Queue(QUEUE, connection=connection, serializer=SERIALIZER)
        SimpleWorker([queue], connection=connection, serializer=SERIALIZER).work(burst=True)
        return [stores.ledger.get(job_id) for job_id in jobs]

    return work


def test_an_answer_that_was_given_to_the_same_question_meanwhile_is_cached(
    stores, submit, desk, begun
):
    first, second = submit(), submit()
    asked = begun()
    desk.settle(asked, flat_fit(asked.request.samples))
    assert begun() is None
    assert not stores.ledger.get(first).cached
    assert stores.ledger.get(second).cached


def test_an_answer_that_an_earlier_attempt_may_have_stored_is_not_cached(
    stores, submit, desk, begun, monkeypatch
):
    job_id = submit()
    asked = begun()
    monkeypatch.setattr(type(stores.ledger), "succeed", _raiser(Unavailable("broker", "gone")))
    monkeypatch.setattr(desk_module, "PATIENCE_S", 0.0)
    desk.settle(asked, flat_fit(asked.request.samples))
    monkeypatch.undo()
    assert stores.ledger.get(job_id).status is JobStatus.QUEUED
    assert begun() is None
    assert (stores.ledger.get(job_id).attempts, stores.ledger.get(job_id).cached) == (2, False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("an error of ours"), "broke down 3 times, most likely"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "ran out of memory"),
    ],
)
def test_a_batch_that_fails_as_a_whole_counts_with_its_jobs_and_ends(
    fates, monkeypatch, error, reason
):
    monkeypatch.setattr(tasks, "fit_together", _raiser(error))
    for job in fates():
        assert (job.status, job.attempts) == (JobStatus.FAILED, 3)
        assert reason in job.problem.detail


@pytest.mark.parametrize("place", ["_samples", "describe"])
def test_a_worker_that_runs_out_of_memory_tries_again(fates, monkeypatch, place):
    monkeypatch.setattr(
        tasks, "fit_together", lambda asked, _, **__: [flat_fit(one.samples) for one in asked]
    )
    monkeypatch.setattr(desk_module, place, _raiser(MemoryError()))
    for job in fates():
        assert (job.status, job.attempts) == (JobStatus.FAILED, 3)
        assert "ran out of memory" in job.problem.detail
