"""POST /v1/jobs with a question that has an answer."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from schemas.jobs import Job, JobStatus
from schemas.samples import Samples
from service.examples import JOB_EXAMPLES
from tests.jobs import take


def test_a_question_becomes_a_queued_job_at_the_address_in_location(client, question):
    response = client.post("/v1/jobs", json=question)
    assert response.status_code == 202
    job = Job.model_validate_json(response.content)
    assert job.status is JobStatus.QUEUED
    assert response.headers["location"] == job.links.self == f"/v1/jobs/{job.id}"
    assert job.links.model is None
    looked_at = client.get(job.links.self).json()
    # Its place in the queue is told of a job that is asked for.
    assert isinstance(looked_at.pop("waiting_before"), int)
    assert looked_at | {"waiting_before": None} == response.json()


def test_a_job_keeps_name_metadata_target_and_options(client, question):
    asked = {
        **question,
        "name": "flow meter",
        "metadata": {"sensor": "7"},
        "target": {"metric": "rmse", "tolerance": 0.5, "relative_to": "range"},
        "options": {"effort": "thorough", "seed": 3, "max_parameters": 100},
    }
    job = client.post("/v1/jobs", json=asked).json()
    for field in ("name", "metadata"):
        assert job[field] == asked[field]
    for field in ("target", "options"):
        assert asked[field].items() <= job[field].items()


def test_a_job_waits_until_it_is_claimed(empty_service, question):
    ledger = empty_service.stores.ledger
    job_id = empty_service.client.post("/v1/jobs", json=question).json()["id"]
    assert ledger.waiting() == 1
    assert [claim.job_id for claim in take(ledger, 5)] == [job_id]
    assert ledger.waiting() == 0


def test_no_more_jobs_are_taken_than_may_wait(storage_settings, run_service, question, problem):
    with run_service(redis_url=storage_settings.redis_url, max_waiting=2) as service:
        answers = [service.client.post("/v1/jobs", json=question) for _ in range(3)]
        assert [answer.status_code for answer in answers[:2]] == [202, 202]
        assert "2 jobs wait" in problem(answers[2], 429, "queue-full")["detail"]
        assert int(answers[2].headers["retry-after"]) > 0
        assert len(service.client.get("/v1/jobs").json()["data"]) == 2


def test_the_samples_are_stored_in_canonical_form(service, question):
    x, y = [3.0, 1.0, 2.0, 1.0], [9.0, 1.0, 4.0, 1.0]
    job = service.client.post("/v1/jobs", json={**question, "samples": {"x": x, "y": y}}).json()
    assert job["samples"]["count"] == 3
    stored = Samples.from_npy(service.stores.artifacts.get_input(job["id"]))
    np.testing.assert_array_equal(stored.x, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(stored.y, [1.0, 4.0, 9.0])


def test_weights_and_tolerances_are_stored_with_the_samples_and_not_in_the_job(service, question):
    x, y = [3.0, 1.0, 2.0, 1.0], [9.0, 1.0, 4.0, 1.0]
    asked = {"samples": {"x": x, "y": y}, "target": {"tolerance": [0.3, 0.4, 0.2, 0.1]}}
    job = service.client.post("/v1/jobs", json=asked).json()
    assert job["target"]["tolerance"] == "per_sample"
    stored = Samples.from_npy(service.stores.artifacts.get_input(job["id"]))
    assert stored.tolerance.tolist() == [0.1, 0.2, 0.3]
    weighted = {
        "samples": {"x": x, "y": y, "weight": [1, 2, 3, 4]},
        "target": {"metric": "rmse", "tolerance": 0.1},
    }
    job = service.client.post("/v1/jobs", json=weighted).json()
    assert job["samples"]["weighted"]
    stored = Samples.from_npy(service.stores.artifacts.get_input(job["id"]))
    assert stored.weight.tolist() == [6.0, 3.0, 1.0]


def test_a_hundred_thousand_tolerances_leave_the_job_small(client):
    x = np.linspace(0.0, 1.0, 100_000)
    samples = {"x": x.tolist(), "y": np.sqrt(x).tolist()}
    asked = {"samples": samples, "target": {"tolerance": (0.01 + x).tolist()}}
    answer = client.post("/v1/jobs", json=asked)
    assert answer.status_code == 202
    assert len(answer.content) < 2_000


def test_a_budget_will_do_instead_of_a_tolerance(client, question):
    asked = {"samples": question["samples"], "options": {"max_segments": 2}}
    assert client.post("/v1/jobs", json=asked).status_code == 202


@pytest.mark.parametrize("name", JOB_EXAMPLES)
def test_the_examples_of_the_api_page_work_as_they_are(client, name):
    assert client.post("/v1/jobs", json=JOB_EXAMPLES[name]["value"]).status_code == 202


def test_as_many_points_as_allowed_are_taken(client, question):
    x = np.linspace(0.0, 1.0, 100_000)
    samples = {"x": x.tolist(), "y": np.sqrt(x).tolist()}
    job = client.post("/v1/jobs", json={**question, "samples": samples}).json()
    assert job["samples"]["count"] == 100_000


def test_whole_numbers_and_other_json_media_types_are_fine(client):
    body = b'{"samples": {"x": [1, 2], "y": [3, 4]}, "target": {"tolerance": 1}}'
    headers = {"Content-Type": "application/vnd.mine+json; charset=utf-8"}
    assert client.post("/v1/jobs", content=body, headers=headers).status_code == 202


def test_jobs_asked_at_once_get_different_ids(client, question):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post("/v1/jobs", json=question), range(32)))
    assert len({answer.json()["id"] for answer in answers}) == 32
