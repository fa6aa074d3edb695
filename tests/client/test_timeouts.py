"""A service that says nothing, or stops in the middle of saying it, over real connections."""

import socket

import numpy as np
import pytest

from foldline_client import ConnectionFailed
from tests.client.answers import batch, job
from tests.client.stalling import NOTHING, stalling, stream, whole

PATIENCE_S = 0.4
SHORT = {"transport": None, "timeout": PATIENCE_S, "retries": 2}
# Where answers have to arrive, from a machine that is busy.
LONGER = {**SHORT, "timeout": 2.0}
AGAIN = {**SHORT, "retries": 20}
QUEUED, SUCCEEDED = (
    f'data: {{"status": "{status}"}}\nid: {number}-0\n\n'
    for number, status in enumerate(("queued", "succeeded"))
)


def submit(client):
    return client.submit([0, 1], [0, 1])


def send_a_batch(client):
    return client.batch([([0, 1], [0, 1])] * 3)


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch, pauses):
    for name in ("jobs.EVENTS", "batches.RESULTS", "batches.SUBMIT"):
        monkeypatch.setattr(f"foldline_client.flows.{name}_PATIENCE_S", PATIENCE_S)


@pytest.mark.parametrize(
    ("act", "makes"),
    [
        (submit, True),
        (send_a_batch, True),
        (lambda client: client.jobs.get("j"), False),
        (lambda client: client.jobs.events("j"), False),
    ],
    ids=["submit", "batch", "get", "events"],
)
def test_a_service_that_never_answers_is_given_up_after_all_tries(ask, pauses, act, makes):
    with (
        stalling(NOTHING) as server,
        pytest.raises(ConnectionFailed, match=r"/v1/.*: nothing came for 0\.4 s"),
    ):
        ask(None, act, url=server.url, **SHORT)
    assert len(pauses) == 2
    assert len(server.keys) == 3
    assert len(set(server.keys)) == len(set(server.bodies)) == 1
    assert (server.keys[0] is not None) == makes


@pytest.mark.parametrize("came", [0, 20, -5], ids=["nothing", "half a head", "half a body"])
def test_what_stops_within_its_answer_is_asked_again_under_the_same_key(ask, came):
    with stalling(whole(job())[:came], whole(job())) as server:
        assert ask(None, submit, url=server.url, **AGAIN).id == "j"
    assert len(server.keys) > 1
    assert len(set(server.keys)) == len(set(server.bodies)) == 1


def test_half_an_answer_again_and_again_is_none(ask):
    with (
        stalling(whole(job())[:-5]) as server,
        pytest.raises(ConnectionFailed, match=r"/v1/jobs: nothing came for 0\.4 s"),
    ):
        ask(None, submit, url=server.url, **SHORT)
    assert len(server.keys) == 3


def test_events_that_stop_are_taken_up_after_the_last_whole_one(ask):
    half = SUCCEEDED[:20]
    with stalling(stream(QUEUED, half), stream(half), stream(SUCCEEDED)) as server:
        events = ask(None, lambda client: client.jobs.events("j"), url=server.url, **LONGER)
    assert [event.status for event in events] == ["queued", "succeeded"]
    assert server.last_seen[:3] == [None, "0-0", "0-0"]


def test_results_that_stop_are_asked_for_again_and_come_once(ask):
    first, second = (
        f'{{"index": {k}, "line": null, "custom_id": null, "status": "failed"}}\n' for k in (0, 1)
    )
    streams, count = (stream(first, second[:9]), stream(first, second)), whole(batch(2))
    with stalling(streams[0], count, streams[1], count) as server:
        results = ask(None, lambda client: client.batches.results("b"), url=server.url, **LONGER)
    assert [result.index for result in results] == [0, 1]


def test_a_service_that_does_not_read_is_given_up(ask):
    x = np.arange(100_000) / 7
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(ConnectionFailed, match=r"/v1/batches: (.*timed out|WriteTimeout)"):
            ask(None, lambda client: client.batch([(x, x)] * 5), url=url, **SHORT)
