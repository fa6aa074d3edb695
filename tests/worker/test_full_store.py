"""A worker whose store has no room left, by a limit on the size of what its process may write."""

import os
import resource
import sys
from pathlib import Path

import pytest

from schemas.jobs import JobStatus
from schemas.problems import ProblemType
from tests.served import all_descendants

ANSWER = 0
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits others")


def limit(worker, size):
    """From now on files of these workers end here, in bytes; they go on where they were."""
    for pid in all_descendants(worker.pid):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, NO_LIMIT[1]))


def test_a_full_store_fails_the_job_and_not_the_worker(
    stores, submit, start_worker, eventually, storage_settings
):
    # Its log would be a file that is limited, too.
    worker = start_worker("one", log=Path(os.devnull))
    first = submit(ANSWER)
    eventually(lambda: stores.ledger.get(first).status is JobStatus.SUCCEEDED)
    stores.artifacts.delete_model(stores.ledger.get(first).model_id)

    limit(worker, 100)
    refused = submit(ANSWER)
    eventually(lambda: stores.ledger.get(refused).finished_at)
    job = stores.ledger.get(refused)
    assert (job.status, job.attempts) == (JobStatus.FAILED, 1)
    assert (job.problem.type, job.problem.status) == (ProblemType.STORE_FULL, 507)
    assert "no room" in job.problem.detail
    models = storage_settings.data_dir / "models"
    assert [path for path in models.rglob("*") if path.is_file()] == []

    limit(worker, resource.RLIM_INFINITY)
    again = submit(ANSWER)
    eventually(lambda: stores.ledger.get(again).status is JobStatus.SUCCEEDED)
    assert worker.poll() is None
