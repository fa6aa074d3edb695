"""A job as clients see it while workers change it."""

import pytest

from schemas.jobs import Phase, Progress
from schemas.problems import Problem, ProblemType


@pytest.fixture
def job_id(service, question):
    return service.client.post("/v1/jobs", json=question).json()["id"]


@pytest.fixture
def look(service, job_id):
    return lambda: service.client.get(f"/v1/jobs/{job_id}").raise_for_status().json()


def test_a_running_job_shows_its_phase_and_progress(service, job_id, look):
    ledger = service.stores.ledger
    attempt = ledger.begin(job_id)
    ledger.report(job_id, attempt, phase=Phase.PHASE2, progress=Progress(fraction=0.5, error=0.25))
    job = look()
    assert job["status"] == "running"
    assert job["phase"] == "phase2"
    assert job["progress"] == {"fraction": 0.5, "error": 0.25}
    assert job["attempts"] == 1
    assert job["started_at"] is not None
    assert job["finished_at"] is None


def test_a_job_that_succeeded_links_to_its_model(service, job_id, look):
    ledger = service.stores.ledger
    ledger.succeed(job_id, ledger.begin(job_id), model_id="ab" * 16, met=True, error=0.01)
    job = look()
    assert job["status"] == "succeeded"
    assert job["met"] is True
    assert job["links"]["model"] == f"/v1/models/{'ab' * 16}"
    assert job["finished_at"] is not None


def test_a_job_that_failed_says_why(service, job_id, look):
    reason = Problem(
        type=ProblemType.INTERNAL, title="Internal error", status=500, detail="because"
    )
    ledger = service.stores.ledger
    ledger.fail(job_id, ledger.begin(job_id), problem=reason)
    job = look()
    assert job["status"] == "failed"
    assert job["problem"]["detail"] == "because"
    assert job["links"]["model"] is None
