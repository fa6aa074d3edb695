"""What passes by itself is tried again, and nothing is done twice."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from foldline_client import (
    Conflict,
    ConnectionFailed,
    InvalidInput,
    NotFound,
    RateLimited,
    ServiceUnavailable,
)
from tests.client.answers import Breaking, Scripted, batch, job, problem

REFUSED = httpx.ConnectError("refused")
AWAY = problem(503, "unavailable", "there is no answer from the broker")


def submit(client):
    return client.submit([0, 1], [0, 1])


@pytest.mark.parametrize(
    "failure",
    [
        REFUSED,
        httpx.ReadError("cut"),
        httpx.RemoteProtocolError("half an answer"),
        httpx.ReadTimeout("late"),
        problem(429, "rate-limited"),
        problem(429, "queue-full"),
        httpx.Response(502, text="<html>"),
        AWAY,
        httpx.Response(504),
    ],
)
def test_what_passes_is_tried_again_under_the_same_key(ask, pauses, failure):
    service = Scripted(failure, failure, job())
    assert ask(service, submit).id == "j"
    assert len(pauses) == 2
    assert len({request.headers["Idempotency-Key"] for request in service.requests}) == 1
    assert len(set(service.bodies)) == 1


def test_two_questions_have_two_keys(ask):
    service = Scripted(job(), job())
    for _ in range(2):
        ask(service, submit)
    first, second = (request.headers["Idempotency-Key"] for request in service.requests)
    assert first != second


def test_pauses_grow_and_never_coincide(ask, pauses):
    ask(Scripted(*[REFUSED] * 5, job()), submit)
    first = pauses.copy()
    for tries, pause in enumerate(first):
        assert 0.125 * 2**tries <= pause <= 0.25 * 2**tries
    ask(Scripted(*[REFUSED] * 5, job()), submit)
    assert not set(first) & set(pauses[5:])


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0.125, 0.25),
        (timedelta(seconds=40), 5, 40),
        (-timedelta(seconds=40), 0.125, 0.25),
        ("soon", 0.125, 0.25),
    ],
    ids=["seconds", "none", "a date", "a date that is over", "no time"],
)
def test_the_service_says_when_to_come_back(ask, pauses, said, least, most):
    if isinstance(said, timedelta):
        said = format_datetime(datetime.now(UTC) + said)
    ask(Scripted(problem(503, Retry_After=said), job()), submit)
    assert least <= pauses[0] <= most


def test_a_service_that_is_away_for_long_is_not_waited_for(ask, pauses):
    with pytest.raises(ServiceUnavailable):
        ask(Scripted(problem(503, Retry_After="3600")), submit)
    assert pauses == []


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (problem(422, "invalid-input"), InvalidInput),
        (problem(404, "not-found"), NotFound),
        (problem(409, "conflict"), Conflict),
    ],
)
def test_what_does_not_pass_is_not_tried_again(ask, pauses, failure, error):
    with pytest.raises(error):
        ask(Scripted(failure), submit)
    assert pauses == []


def test_a_first_try_that_is_still_being_answered_is_waited_for(ask, pauses):
    busy = problem(409, "conflict", "still being answered", Retry_After="5")
    assert ask(Scripted(httpx.ReadTimeout("late"), busy, job()), submit).id == "j"
    assert pauses[1] == 5


@pytest.mark.parametrize(
    ("failure", "error", "words"),
    [
        (REFUSED, ConnectionFailed, "refused"),
        (AWAY, ServiceUnavailable, "there is no answer from the broker"),
        (problem(429, "rate-limited", "wait a moment"), RateLimited, "wait a moment"),
    ],
)
def test_in_the_end_the_last_failure_is_raised(ask, pauses, failure, error, words):
    with pytest.raises(error, match=words):
        ask(Scripted(*[failure] * 3), submit, retries=2)
    assert len(pauses) == 2


def test_a_model_that_the_lost_answer_had_deleted_is_deleted(ask, pauses):
    gone = problem(404, "not-found")
    ask(Scripted(httpx.ReadError("cut"), gone), lambda client: client.models.delete("m"))
    with pytest.raises(NotFound):
        ask(Scripted(gone), lambda client: client.models.delete("m"))


def test_a_batch_from_a_generator_is_sent_again_as_it_was(ask, pauses):
    service = Scripted(httpx.WriteError("cut"), AWAY, batch(1000))
    functions = (([0, 1], [0, k]) for k in range(1000))
    assert ask(service, lambda client: client.batch(functions)).counts.total == 1000
    first, *others = service.bodies
    assert others == [first, first]
    assert len(first.splitlines()) == 1000
    assert {int(request.headers["Content-Length"]) for request in service.requests} == {len(first)}


def test_a_wait_outlasts_a_service_that_asks_for_less(ask, pauses):
    limited = [problem(429, "rate-limited")] * 3
    service = Scripted(job(), *limited, *limited, job("succeeded"))
    assert ask(service, lambda client: client.jobs.wait("j"), retries=2).status == "succeeded"


def event(number, status):
    return f'event: x\r\ndata: {{"status":\r\ndata: "{status}"}}\r\nid: {number}-0\r\n\r\n'


def sent(*texts, ending=None):
    pieces = [text.encode() for text in texts]
    return httpx.Response(200, stream=Breaking(*pieces, error=ending))


def test_events_go_on_after_the_last_that_came(ask, pauses):
    half = event(3, "succeeded")
    service = Scripted(
        sent(": ping\n\n", event(1, "queued"), event(2, "running"), half[:20]),
        REFUSED,
        sent(": ping\n\n", ending=httpx.ReadTimeout("quiet")),
        sent(half[:30], half[30:]),
    )
    events = ask(service, lambda client: client.jobs.events("j"))
    assert [event.status for event in events] == ["queued", "running", "succeeded"]
    last_seen = [request.headers.get("Last-Event-ID") for request in service.requests]
    assert last_seen == [None, "2-0", "2-0", "2-0"]


def test_events_end_where_all_were_seen_before(ask, pauses):
    service = Scripted(sent(event(1, "queued")), httpx.Response(204))
    assert len(ask(service, lambda client: client.jobs.events("j"))) == 1


def test_a_stream_that_breaks_off_again_and_again_is_given_up(ask, pauses):
    service = Scripted(*[sent(": ping\n\n") for _ in range(9)])
    with pytest.raises(ConnectionFailed, match=r"again and again: cut"):
        ask(service, lambda client: client.jobs.events("j"))
    assert len(pauses) == 8


def test_a_stream_in_which_nothing_happens_is_followed_on(ask, pauses):
    quiet = [sent(": ping\n\n", ending=httpx.ReadTimeout("quiet")) for _ in range(20)]
    service = Scripted(*quiet, sent(event(1, "succeeded")))
    assert len(ask(service, lambda client: client.jobs.events("j"))) == 1
    assert pauses == []


def result(index):
    return f'{{"index": {index}, "line": null, "custom_id": null, "status": "succeeded"}}\n'


def test_every_result_comes_once_however_often_the_stream_breaks(ask, pauses):
    service = Scripted(
        sent(result(2), result(0)[:9]),
        batch(3),
        sent(ending=httpx.ReadTimeout("quiet")),
        batch(3),
        # Whoever is between us and the service may end a stream as if that were all.
        httpx.Response(200, text=result(2) + result(0)),
        batch(3),
        sent(result(2) + result(0) + result(1)),
        batch(3),
    )
    results = ask(service, lambda client: client.batches.results("b"))
    assert [found.index for found in results] == [2, 0, 1]
    assert not service.things


def test_results_that_are_not_followed_are_those_of_now(ask):
    service = Scripted(httpx.Response(200, text=result(2)))
    results = ask(service, lambda client: client.batches.results("b", follow=False))
    assert [found.index for found in results] == [2]
