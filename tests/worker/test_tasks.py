"""What RQ calls: every claimed job is settled, whatever the computation does."""

import pytest

from schemas.jobs import JobStatus
from worker import tasks
from worker.desk import Desk
from worker.presence import Presence
from worker.settings import WorkerSettings


@pytest.fixture
def desk(stores):
    """The desk of a worker that fits in batches on a GPU."""
    presence = Presence(stores.ledger, WorkerSettings(name="one"))
    return Desk(stores, presence, pool=None, stopping=lambda: False, leaving=lambda: False)


def test_a_batch_that_fails_as_a_whole_counts_with_its_jobs_and_ends(
    stores, record, desk, monkeypatch
):
    def out_of_memory(*_, **__):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(tasks, "fit_many", out_of_memory)
    jobs = [record() for _ in range(3)]
    token = tasks.DESK.set(desk)
    tasks.work()
    tasks.DESK.reset(token)
    found = [stores.ledger.get(job_id) for job_id in jobs]
    assert [(job.status, job.attempts) for job in found] == [(JobStatus.FAILED, 3)] * 3
