"""What RQ calls: every claimed job is settled, whatever the computation does."""

import pytest
import torch

from schemas.errors import Unavailable
from schemas.jobs import JobStatus
from tests.worker.stand_in_engine import flat_fit
from worker import desk as desk_module
from worker import tasks
from worker.desk import Desk
from worker.presence import Presence
from worker.rest import Rest
from worker.settings import WorkerSettings


@pytest.fixture
def desk(stores):
    """The desk of a worker that fits in batches on a GPU."""
    presence = Presence(stores.ledger, WorkerSettings(name="one"))
    rest = Rest(stores.artifacts.check)
    return Desk(
        stores,
        presence,
        rest,
        pool=None,
        stopping=lambda: False,
        leaving=lambda: False,
        give_up=lambda: pytest.fail("nothing is broken"),
    )


def _raiser(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.fixture
def fates(stores, record, desk):
    """What becomes of three jobs."""

    def work():
        jobs = [record() for _ in range(3)]
        token = tasks.DESK.set(desk)
        tasks.work()
        tasks.DESK.reset(token)
        return [stores.ledger.get(job_id) for job_id in jobs]

    return work


@pytest.fixture
def begun(desk):
    """``begun()`` is the next job that is claimed, or None if it is settled by that."""

    def begin():
        (claim,) = desk.presence.claim(1)
        return desk.begin(claim)

    return begin


def test_an_answer_that_was_given_to_the_same_question_meanwhile_is_cached(
    stores, record, desk, begun
):
    first, second = record(), record()
    asked = begun()
    desk.settle(asked, flat_fit(asked.request.samples))
    assert begun() is None
    assert not stores.ledger.get(first).cached
    assert stores.ledger.get(second).cached


def test_an_answer_that_an_earlier_attempt_may_have_stored_is_not_cached(
    stores, record, desk, begun, monkeypatch
):
    job_id = record()
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
    monkeypatch.setattr(tasks, "fit_many", _raiser(error))
    for job in fates():
        assert (job.status, job.attempts) == (JobStatus.FAILED, 3)
        assert reason in job.problem.detail


@pytest.mark.parametrize("place", ["_samples", "describe"])
def test_a_worker_that_runs_out_of_memory_tries_again(fates, monkeypatch, place):
    monkeypatch.setattr(
        tasks, "fit_many", lambda asked, **_: [flat_fit(one.samples) for one in asked]
    )
    monkeypatch.setattr(desk_module, place, _raiser(MemoryError()))
    for job in fates():
        assert (job.status, job.attempts) == (JobStatus.FAILED, 3)
        assert "ran out of memory" in job.problem.detail
