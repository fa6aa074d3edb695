"""POST /v1/jobs with Prefer: wait, and questions whose answer is there already."""

import signal
import threading
import time

import pytest

from schemas.jobs import JobStatus
from service.following import wait_of
from storage.keys import MANIFEST
from tests.jobs import take


@pytest.fixture
def worker(empty_service, eventually):
    """Does the next job, as soon as there is one, from another thread."""
    ledger = empty_service.stores.ledger
    threads = []

    def do(model_id="ab" * 16):
        def work():
            (claim,) = eventually(lambda: take(ledger))
            ledger.succeed(claim, model_id=model_id, met=True, error=0.01)

        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield do
    for thread in threads:
        thread.join()


def ask(service, question, **headers):
    return service.client.post("/v1/jobs", json=question, headers=headers)


def test_a_job_that_ends_in_time_is_answered_finished(empty_service, question, worker):
    worker()
    answer = ask(empty_service, question, Prefer="wait=60")
    assert answer.status_code == 201
    assert answer.json()["status"] == "succeeded"
    assert answer.headers["preference-applied"] == "wait=60"
    assert answer.headers["location"] == answer.json()["links"]["self"]


def test_a_job_that_does_not_is_answered_as_it_is(empty_service, question):
    began = time.monotonic()
    answer = ask(empty_service, question, Prefer="wait=1")
    assert time.monotonic() - began >= 1.0
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.headers["location"]


def test_a_job_that_is_cancelled_is_waited_for_no_longer(empty_service, question, eventually):
    ledger = empty_service.stores.ledger

    def cancel():
        (job,) = eventually(lambda: ledger.page(limit=1, cursor=None)[0])
        ledger.cancel(job.id)

    thread = threading.Thread(target=cancel)
    thread.start()
    assert ask(empty_service, question, Prefer="wait=60").json()["status"] == "cancelled"
    thread.join()


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches"])
@pytest.mark.parametrize("away", [signal.SIGKILL, signal.SIGSTOP])
def test_what_was_accepted_is_answered_so_although_the_broker_is_away_meanwhile(
    own_service, own_broker, question, eventually, path, away
):
    answers = []
    document = question if path == "/v1/jobs" else {"items": [question]}

    def submit():
        headers = {"Prefer": "wait=5"}
        answers.append(own_service.client.post(path, json=document, headers=headers))

    waiting = threading.Thread(target=submit)
    waiting.start()
    # It is waited for only once it has been accepted.
    eventually(lambda: own_service.app.state.resources.changes._waiting)
    own_broker.process.send_signal(away)
    waiting.join()
    (answer,) = answers
    assert answer.status_code == 202, answer.text
    if away is signal.SIGSTOP:
        own_broker.process.send_signal(signal.SIGCONT)
        (only,) = own_service.client.get(path).json()["data"]
        assert only == answer.json()


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=7", 7),
        ("WAIT = 3; foo", 3),
        ("wait=100000", 60),
        ("wait", 0),
        ("wait=-1", 0),
        ("await=5", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_a_preference_that_is_not_understood_is_passed_over(prefer, seconds):
    assert wait_of(prefer) == seconds


def question_of(model):
    return {
        "samples": {"x": model.samples.x.tolist(), "y": model.samples.y.tolist()},
        "target": {"tolerance": model.tolerance},
    }


def test_a_question_that_was_answered_before_is_answered_at_once(empty_service, make_model):
    model = make_model().store(empty_service.stores)
    answer = ask(empty_service, question_of(model) | {"name": "again"})
    assert answer.status_code == 201
    job = answer.json()
    assert (job["status"], job["cached"], job["met"], job["attempts"]) == (
        "succeeded",
        True,
        True,
        0,
    )
    assert job["name"] == "again"
    assert job["links"]["model"] == f"/v1/models/{model.id}"
    assert job["progress"] == {"fraction": 1.0, "iteration": 0, "error": 0.0}
    assert empty_service.client.get(job["links"]["self"]).json() == job
    assert empty_service.stores.ledger.waiting() == 0


def test_another_tolerance_is_another_question(empty_service, make_model):
    model = make_model().store(empty_service.stores)
    asked = question_of(model)
    asked["target"]["tolerance"] *= 2
    answer = ask(empty_service, asked)
    assert (answer.status_code, answer.json()["cached"]) == (202, False)


def test_an_answer_from_the_store_is_final(empty_service, make_model):
    model = make_model().store(empty_service.stores)
    job_id = ask(empty_service, question_of(model)).json()["id"]
    assert empty_service.client.post(f"/v1/jobs/{job_id}/cancel").status_code == 409
    assert empty_service.stores.ledger.get(job_id).status is JobStatus.SUCCEEDED
    assert empty_service.stores.artifacts.get_artifact(model.id, MANIFEST)
