"""POST /v1/jobs/{id}/cancel."""

import sys

import pytest

from schemas.problems import Problem, ProblemType
from tests.jobs import take
from tests.processes import end, start

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
    (claim,) = take(ledger)
    assert empty_service.client.post(f"{job}/cancel").json()["status"] == "cancelled"
    assert not ledger.holds(claim)
    assert not ledger.succeed(claim, model_id="m", met=True, error=0.0)
    assert empty_service.client.get(job).json()["model_id"] is None


def test_cancelling_twice_is_cancelling_once(empty_service, job):
    first = empty_service.client.post(f"{job}/cancel")
    again = empty_service.client.post(f"{job}/cancel")
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_job_that_has_ended_cannot_be_cancelled(empty_service, job, problem):
    ledger = empty_service.stores.ledger
    (claim,) = take(ledger)
    ledger.fail(claim, problem=BECAUSE)
    answer = problem(empty_service.client.post(f"{job}/cancel"), 409, "conflict")
    assert "failed" in answer["detail"]


def test_an_unknown_job_cannot_be_cancelled(client, problem):
    problem(client.post("/v1/jobs/job_0/cancel"), 404, "not-found")


@pytest.fixture
def worker(empty_service, tmp_path, eventually):
    """A worker process as it is by default, for one fit at a time."""
    environment = {
        "FOLDLINE_REDIS_URL": empty_service.settings.redis_url,
        "FOLDLINE_DATA_DIR": str(empty_service.settings.data_dir),
        "FOLDLINE_WORKER_BEAT_S": "1.0",
    }
    log = tmp_path / "worker.log"
    process = start("worker", environment=environment, log=log)
    eventually(lambda: "ready" in log.read_text())
    yield process
    end(process)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties children to us")
def test_the_worker_of_a_cancelled_job_goes_on_with_the_next(
    empty_service, worker, question, eventually
):
    client = empty_service.client
    x = [number / 99 for number in range(100)]
    endless = {
        "samples": {"x": x, "y": [value**3 for value in x]},
        # Out of reach for this architecture, so that it takes all its time.
        "target": {"tolerance": 1e-12},
        "options": {"architecture": "compelled", "effort": "thorough", "time_limit": 86_400},
    }
    first = client.post("/v1/jobs", json=endless).json()["links"]["self"]
    eventually(lambda: client.get(first).json()["progress"]["iteration"] > 0)
    second = client.post("/v1/jobs", json=question).json()["links"]["self"]
    assert client.get(second).json()["status"] == "queued"
    assert client.post(f"{first}/cancel").json()["status"] == "cancelled"
    eventually(lambda: client.get(second).json()["started_at"])
    eventually(lambda: client.get(second).json()["status"] == "succeeded")
    assert client.get(first).json()["status"] == "cancelled"
    assert worker.poll() is None
