"""GET /v1/jobs/{id}/events."""

import itertools
import json
import threading

import fastapi.routing
import pytest

from schemas.jobs import Outline, Phase, Progress
from tests.jobs import take
from tests.waiting import HANGS_AFTER_S


@pytest.fixture
def job(empty_service, question):
    return empty_service.client.post("/v1/jobs", json=question).json()["links"]


@pytest.fixture
def claim(empty_service, job):
    (claimed,) = take(empty_service.stores.ledger)
    return claimed


def report(service, claim, fraction, outline=None):
    progress = Progress(fraction=fraction, iteration=round(80 * fraction), error=1.0 - fraction)
    service.stores.ledger.report(claim, phase=Phase.PHASE2, progress=progress, outline=outline)


def succeed(service, claim):
    service.stores.ledger.succeed(claim, model_id="ab" * 16, met=True, error=0.01)


def events(response):
    """Every event of a stream as it comes: id, name, data."""
    event = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            event[name] = value
        elif event:
            yield event.get("id"), event["event"], json.loads(event["data"])
            event = {}


def follow(service, job, last=None):
    headers = {} if last is None else {"Last-Event-ID": last}
    return service.client.stream("GET", job["events"], headers=headers)


def test_the_events_of_a_job_tell_its_whole_life(empty_service, job, claim):
    report(empty_service, claim, 0.5)
    succeed(empty_service, claim)
    with follow(empty_service, job) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        told = list(events(response))
    assert [name for _, name, _ in told] == ["queued", "running", "progress", "succeeded"]
    assert told[2][2] == {
        "status": "running",
        "phase": "phase2",
        "progress": {"fraction": 0.5, "iteration": 40, "error": 0.5},
    }
    assert told[3][2]["model_id"] == "ab" * 16


def test_events_come_while_they_happen(empty_service, job, claim):
    with follow(empty_service, job) as response:
        coming = events(response)
        assert [next(coming)[1] for _ in range(2)] == ["queued", "running"]
        for fraction in (0.25, 0.75):
            report(empty_service, claim, fraction)
            progress = next(coming)[2]["progress"]
            assert (progress["fraction"], progress["iteration"]) == (fraction, 80 * fraction)
        succeed(empty_service, claim)
        assert [name for _, name, _ in coming] == ["succeeded"]


def test_whoever_follows_a_job_sees_the_network_in_training(empty_service, job, claim):
    with follow(empty_service, job) as response:
        coming = events(response)
        assert [next(coming)[1] for _ in range(2)] == ["queued", "running"]
        for height in (1.0, 2.0):
            report(empty_service, claim, 0.5, Outline(x=[0.0, 3.0], y=[0.0, height]))
            last, name, told = next(coming)
            assert (name, told["current"]) == ("progress", {"x": [0.0, 3.0], "y": [0.0, height]})
        report(empty_service, claim, 0.75)
        assert "current" not in next(coming)[2]
    with follow(empty_service, job, last) as response:
        succeed(empty_service, claim)
        again = list(events(response))
    assert [name for _, name, _ in again] == ["progress", "succeeded"]
    assert all("current" not in told for _, _, told in again)
    assert "current" not in empty_service.client.get(job["self"]).json()


def test_a_stream_goes_on_after_the_last_event_that_was_seen(empty_service, job, claim):
    report(empty_service, claim, 0.5)
    with follow(empty_service, job) as response:
        coming = events(response)
        last = [next(coming)[0] for _ in range(2)][-1]
    succeed(empty_service, claim)
    with follow(empty_service, job, last) as response:
        told = list(events(response))
    assert [name for _, name, _ in told] == ["progress", "succeeded"]
    with follow(empty_service, job, told[-1][0]) as response:
        # All that keeps a browser from coming back.
        assert response.status_code == 204


def test_a_job_whose_events_are_gone_still_tells_its_end(empty_service, job, claim, broker):
    succeed(empty_service, claim)
    empty_service.stores.ledger._redis.delete(f"foldline:events:{claim.job_id}")
    for last in (None, "1-1"):
        with follow(empty_service, job, last) as response:
            ((event_id, name, _),) = events(response)
        assert name == "succeeded"
    with follow(empty_service, job, event_id) as response:
        assert response.status_code == 204


def test_a_stream_on_which_nothing_happens_shows_that_it_lives(
    empty_service, job, claim, monkeypatch
):
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.1)
    with empty_service.client.stream("GET", job["events"], timeout=HANGS_AFTER_S) as response:
        lines = (line for line in response.iter_lines() if line)
        before = list(itertools.takewhile(lambda line: line != "event: running", lines))
        assert "event: queued" in before
        # There would be nothing more to come.
        next(line for line in lines if line.startswith(":"))
        succeed(empty_service, claim)
        assert "event: succeeded" in list(lines)


def test_by_default_it_does_so_before_a_proxy_loses_patience(client):
    operation = client.get("/openapi.json").json()["paths"]["/v1/jobs/{job_id}/events"]["get"]
    # The shortest limit in use is of 30 seconds.
    assert fastapi.routing._PING_INTERVAL == 15
    assert "every 15 seconds" in operation["description"]


def test_many_may_follow_one_job(empty_service, job, claim):
    ends = []

    def follower():
        with follow(empty_service, job) as response:
            ends.append(list(events(response))[-1][1])

    threads = [threading.Thread(target=follower) for _ in range(5)]
    for thread in threads:
        thread.start()
    succeed(empty_service, claim)
    for thread in threads:
        thread.join()
    assert ends == ["succeeded"] * 5


@pytest.mark.parametrize("last", ["0", "a-b", "1-2-3"])
def test_what_is_no_event_id_is_refused(empty_service, job, last, problem):
    answer = empty_service.client.get(job["events"], headers={"Last-Event-ID": last})
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "Last-Event-ID"


def test_an_unknown_job_has_no_events(client, problem):
    problem(client.get("/v1/jobs/job_0/events"), 404, "not-found")
