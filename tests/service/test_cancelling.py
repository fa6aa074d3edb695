"""POST /v1/jobs/{id}/cancel."""

import pytest

from schemas.problems import Problem, ProblemType

BECAUSE = Problem(type=ProblemType.INTERNAL, title="Internal error", status=500, detail="because")


@pytest.fixture
def job(empty_service, question):
    return empty_service.client.post("/v1/jobs", json=question).json()["links"]["self"]


def test_a_waiting_job_is_cancelled_at_once_and_waits_no_more(empty_service, job):
    answer = empty_service.client.post(f"{job}/cancel")
    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["finished_at"] is not None
    assert answer.json() == empty_service.client.get(job).json()
    assert empty_service.stores.ledger.waiting() == 0


def test_a_running_job_is_taken_from_its_worker(empty_service, job):
    ledger = empty_service.stores.ledger
    (claim,) = ledger.claim("one", count=1)
    assert empty_service.client.post(f"{job}/cancel").json()["status"] == "cancelled"
    assert ledger.beat("one") == set()
    assert not ledger.succeed(claim, model_id="m", met=True, error=0.0)
    assert empty_service.client.get(job).json()["model_id"] is None


def test_cancelling_twice_is_cancelling_once(empty_service, job):
    first = empty_service.client.post(f"{job}/cancel")
    again = empty_service.client.post(f"{job}/cancel")
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_job_that_has_ended_cannot_be_cancelled(empty_service, job, problem):
    ledger = empty_service.stores.ledger
    (claim,) = ledger.claim("one", count=1)
    ledger.fail(claim, problem=BECAUSE)
    answer = problem(empty_service.client.post(f"{job}/cancel"), 409, "conflict")
    assert "failed" in answer["detail"]


def test_an_unknown_job_cannot_be_cancelled(client, problem):
    problem(client.post("/v1/jobs/job_0/cancel"), 404, "not-found")
