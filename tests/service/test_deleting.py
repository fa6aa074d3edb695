"""DELETE /v1/jobs/{id} and /v1/batches/{id}."""

import json
import threading

import pytest

from schemas.errors import NotFound
from storage import batch_scripts, keys
from storage.connection import connect
from tests.jobs import take


@pytest.fixture
def api(empty_service):
    return empty_service.client


@pytest.fixture
def job(api, question):
    return api.post("/v1/jobs", json=question).json()["links"]["self"]


@pytest.fixture
def batch(api, question):
    items = [{**question, "custom_id": name} for name in ("one", "two", "three")]
    return api.post("/v1/batches", json={"items": [*items, {}]}).json()["links"]["self"]


@pytest.fixture
def left(empty_service):
    """``left()`` is what broker and store have of jobs and batches."""

    def look():
        with connect(empty_service.settings.redis_url) as broker:
            kinds = (keys.JOB_PREFIX, keys.EVENTS_PREFIX, keys.BATCH_PREFIX, keys.RUNNING)
            found = [name for kind in kinds for name in broker.scan_iter(f"{kind}*")]
            found += broker.zrange(keys.ENDED, 0, -1) + broker.zrange(keys.WAITING, 0, -1)
        return found + empty_service.stores.artifacts.input_names()

    return look


def gone(api, path, problem):
    problem(api.get(path), 404, "not-found")
    problem(api.delete(path), 404, "not-found")
    return api.get(path.rpartition("/")[0]).json()["data"] == []


def test_a_job_that_waits_is_ended_and_nothing_of_it_is_left(api, job, left, problem):
    assert left()
    answer = api.delete(job)
    assert (answer.status_code, answer.content) == (204, b"")
    assert gone(api, job, problem)
    assert left() == []


def test_the_model_of_a_job_stays(empty_service, api, job, left, make_model):
    model = make_model().store(empty_service.stores)
    ledger = empty_service.stores.ledger
    (claim,) = take(ledger)
    assert ledger.succeed(claim, model_id=model.id, met=True, error=0.0)
    assert api.delete(job).status_code == 204
    assert left() == []
    assert api.get(f"/v1/models/{model.id}").status_code == 200


def test_a_worker_that_still_has_the_job_does_no_harm(empty_service, api, job, left):
    ledger = empty_service.stores.ledger
    (claim,) = take(ledger)
    assert api.delete(job).status_code == 204
    assert not ledger.holds(claim)
    assert not ledger.succeed(claim, model_id="m", met=True, error=0.0)
    assert ledger.give_back(claim) is None
    assert left() == []


def test_who_follows_a_job_that_is_deleted_sees_its_end(api, job):
    with api.stream("GET", f"{job}/events") as stream:
        lines = stream.iter_lines()
        assert next(lines)
        assert api.delete(job).status_code == 204
        # The stream ends: with the news that it was cancelled, if that came in time.
        assert not any("running" in line for line in lines)


def test_a_batch_goes_with_all_its_jobs(empty_service, api, batch, left, problem):
    ledger = empty_service.stores.ledger
    (claim,) = take(ledger)
    assert ledger.succeed(claim, model_id="m", met=True, error=0.0)
    take(ledger)
    assert api.delete(batch).status_code == 204
    assert gone(api, batch, problem)
    assert left() == []


def test_one_job_of_a_batch_is_not_deleted_alone(api, batch, problem):
    job_id = batch.rpartition("/")[2].replace("batch_", "job_") + "_00000"
    answer = problem(api.delete(f"/v1/jobs/{job_id}"), 409, "conflict")
    assert f"DELETE {batch}" in answer["detail"]
    assert api.get(batch).json()["counts"]["total"] == 4


@pytest.mark.parametrize("order", ["input", "finished"])
def test_results_that_are_followed_end_when_their_batch_is_deleted(api, batch, order):
    def follow():
        with api.stream("GET", f"{batch}/results?follow=true&order={order}") as stream:
            began.set()
            lines.extend(line for line in stream.iter_lines() if line.strip())

    began, lines = threading.Event(), []
    follower = threading.Thread(target=follow)
    follower.start()
    assert began.wait(30)
    assert api.delete(batch).status_code == 204
    follower.join(30)
    assert not follower.is_alive()
    assert {json.loads(line)["status"] for line in lines} <= {"refused", "cancelled"}


def test_a_batch_that_is_deleted_twice_at_once_stays_deleted(empty_service, api, batch, left):
    batch_id = batch.rpartition("/")[2]
    assert api.delete(batch).status_code == 204
    # As the other request goes on, which has seen it there.
    with pytest.raises(NotFound):
        empty_service.stores.batches.cancel(batch_id)
    cancel = empty_service.stores.batches._scripts[batch_scripts.CANCEL]
    assert cancel(args=[batch_id, 0, 9, '"now"']) == 0
    assert left() == []


def test_who_waits_for_a_job_that_is_deleted_gets_it_as_it_was(api, question, eventually):
    def submit():
        answers.append(api.post("/v1/jobs", json=question, headers={"Prefer": "wait=60"}))

    answers = []
    waiting = threading.Thread(target=submit)
    waiting.start()
    (job,) = eventually(lambda: api.get("/v1/jobs").json()["data"])
    assert api.delete(job["links"]["self"]).status_code == 204
    waiting.join(30)
    assert answers[0].status_code in (201, 202)
    assert answers[0].json()["id"] == job["id"]
