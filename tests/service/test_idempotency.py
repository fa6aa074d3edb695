"""POST /v1/jobs with an Idempotency-Key."""

import threading

import pytest

from schemas.errors import Unavailable
from storage.connection import connect
from storage.idempotency import IdempotencyKeys, Standing


def ask(service, question, key="a key", **headers):
    return service.client.post(
        "/v1/jobs", json=question, headers={"Idempotency-Key": key, **headers}
    )


def jobs(service):
    return service.client.get("/v1/jobs").json()["data"]


def keys_of(connection):
    return connection.keys("foldline:idempotency:*")


def test_the_same_request_with_the_same_key_is_done_once(empty_service, question):
    first, again = ask(empty_service, question), ask(empty_service, question)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(jobs(empty_service)) == 1


def test_an_answer_is_kept_for_a_day(empty_service, question):
    ask(empty_service, question)
    connection = connect(empty_service.settings.redis_url)
    (kept,) = keys_of(connection)
    assert connection.hexists(kept, "answer")
    # A slow machine may have taken some seconds of it.
    assert 24 * 3600 - 60 < connection.ttl(kept) <= 24 * 3600


def test_the_first_answer_is_given_again_also_when_the_job_has_gone_on(empty_service, question):
    first = ask(empty_service, question)
    empty_service.client.post(f"{first.headers['location']}/cancel")
    assert ask(empty_service, question).json()["status"] == "queued"


def test_other_keys_and_no_key_make_other_jobs(empty_service, question):
    ask(empty_service, question, "one")
    ask(empty_service, question, "two")
    empty_service.client.post("/v1/jobs", json=question)
    assert len(jobs(empty_service)) == 3


def test_the_key_of_another_request_is_refused(empty_service, question, problem):
    ask(empty_service, question)
    answer = ask(empty_service, question | {"name": "other"})
    assert "another request" in problem(answer, 422, "invalid-input")["detail"]
    assert len(jobs(empty_service)) == 1


def test_a_refused_request_leaves_its_key_free(empty_service, question, problem):
    bad = {**question, "samples": {"x": [1.0, 1.0], "y": [1.0, 2.0]}}
    problem(ask(empty_service, bad), 422, "invalid-input")
    assert ask(empty_service, question).status_code == 202


def test_while_the_first_is_being_answered_the_second_is_told_so(
    empty_service, question, problem, eventually
):
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(ask(empty_service, question, Prefer="wait=60"))
    )
    waiting.start()
    (job,) = eventually(lambda: jobs(empty_service))
    again = ask(empty_service, question, Prefer="wait=60")
    assert "still being answered" in problem(again, 409, "conflict")["detail"]
    assert int(again.headers["retry-after"]) > 0
    empty_service.client.post(f"{job['links']['self']}/cancel")
    waiting.join()
    assert ask(empty_service, question).content == answers[0].content


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(empty_service, question, key, problem):
    answer = ask(empty_service, question, key)
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "Idempotency-Key"


def test_what_died_while_it_was_answered_is_begun_again_under_its_id(storage_settings):
    connection = connect(storage_settings.redis_url)
    keys = IdempotencyKeys(connection)
    died = keys.begin("key", fingerprint="f", new_id="job_1")
    connection.hset(keys_of(connection)[0], "lease", 0)
    again = keys.begin("key", fingerprint="f", new_id="job_2")
    assert (died.standing, again.standing) == (Standing.BEGUN, Standing.BEGUN)
    assert died.content == again.content == "job_1"
    assert keys.begin("key", fingerprint="f", new_id="job_3").standing is Standing.BUSY
    # Whoever was only slow has no say any more.
    keys.release("key", died.owner)
    assert keys.begin("key", fingerprint="f", new_id="job_3").standing is Standing.BUSY
    keys.release("key", again.owner)
    assert keys.begin("key", fingerprint="f", new_id="job_3").content == "job_1"


def test_a_job_that_was_made_although_the_broker_seemed_away_is_not_made_again(
    empty_service, question, problem, monkeypatch
):
    ledger = empty_service.stores.ledger
    add = type(ledger).add

    def add_and_be_away(self, records, **limits):
        add(self, records, **limits)
        raise Unavailable("broker", "Timeout reading from socket")

    with monkeypatch.context() as away:
        away.setattr(type(ledger), "add", add_and_be_away)
        problem(ask(empty_service, question), 503, "unavailable")
    again = ask(empty_service, question)
    assert [job["id"] for job in jobs(empty_service)] == [again.json()["id"]]


def test_a_job_that_was_made_before_its_answer_was_lost_is_not_made_again(
    empty_service, question, monkeypatch
):
    # The process died between making the job and keeping the answer.
    monkeypatch.setattr(IdempotencyKeys, "answer", lambda *_: None)
    first = ask(empty_service, question)
    connection = connect(empty_service.settings.redis_url)
    connection.hset(keys_of(connection)[0], "lease", 0)
    again = ask(empty_service, question)
    assert first.json()["id"] == again.json()["id"]
    assert len(jobs(empty_service)) == 1
    assert empty_service.stores.ledger.waiting() == 1


def test_a_key_is_kept_for_as_long_as_its_answer_takes(
    empty_service, question, problem, monkeypatch, eventually
):
    monkeypatch.setattr("storage.idempotency.LEASE_S", 2.0)
    monkeypatch.setattr("service.idempotency.LEASE_S", 2.0)
    connection = connect(empty_service.settings.redis_url)
    first = threading.Thread(target=lambda: ask(empty_service, question, Prefer="wait=60"))
    first.start()
    (job,) = eventually(lambda: jobs(empty_service))
    (key,) = keys_of(connection)
    first_ms = float(connection.hget(key, "lease"))
    # Without what has renewed it, it would be over.
    eventually(lambda: connection.time()[0] * 1000 > first_ms)
    problem(ask(empty_service, question), 409, "conflict")
    empty_service.client.post(f"{job['links']['self']}/cancel")
    first.join()


def test_a_retry_may_come_by_another_host_and_name_its_charset(empty_service, question):
    first = ask(empty_service, question)
    kind = "application/json; charset=utf-8"
    again = ask(empty_service, question, **{"Host": "localhost", "Content-Type": kind})
    assert again.content == first.content
