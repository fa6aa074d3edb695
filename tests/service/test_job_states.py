"""A job as clients see it while workers change it."""

import pytest

from schemas.jobs import Phase, Progress
from schemas.problems import Problem, ProblemType
from tests.jobs import take


def claim_of(ledger):
    (claim,) = take(ledger)
    return claim


@pytest.fixture
def job_id(empty_service, question):
    return empty_service.client.post("/v1/jobs", json=question).json()["id"]


@pytest.fixture
def look(empty_service, job_id):
    return lambda: empty_service.client.get(f"/v1/jobs/{job_id}").raise_for_status().json()


def test_a_running_job_shows_its_phase_and_progress(empty_service, look):
    ledger = empty_service.stores.ledger
    claim = claim_of(ledger)
    ledger.report(
        claim, phase=Phase.PHASE2, progress=Progress(fraction=0.5, iteration=40, error=0.25)
    )
    job = look()
    assert job["status"] == "running"
    assert job["phase"] == "phase2"
    assert job["progress"] == {"fraction": 0.5, "iteration": 40, "error": 0.25}
    assert job["attempts"] == 1
    assert job["started_at"] is not None
    assert job["finished_at"] is None


def test_a_job_that_succeeded_links_to_its_model(empty_service, look):
    ledger = empty_service.stores.ledger
    ledger.succeed(claim_of(ledger), model_id="ab" * 16, met=True, error=0.01)
    job = look()
    assert job["status"] == "succeeded"
    assert job["met"] is True
    assert job["links"]["model"] == f"/v1/models/{'ab' * 16}"
    assert job["finished_at"] is not None


def test_a_job_that_failed_says_why(empty_service, look):
    reason = Problem(
        type=ProblemType.INTERNAL, title="Internal error", status=500, detail="because"
    )
    ledger = empty_service.stores.ledger
    ledger.fail(claim_of(ledger), problem=reason)
    job = look()
    assert job["status"] == "failed"
    assert job["problem"]["detail"] == "because"
    assert job["links"]["model"] is None
