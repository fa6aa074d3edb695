"""What never becomes a request."""

import json
import socket
from contextlib import closing

import pytest

from service import connections
from tests.waiting import HANGS_AFTER_S


@pytest.fixture
def say(service):
    """``say(text)`` on a connection of its own gives what is answered until it is closed."""

    def send(text, *, then=b""):
        with closing(
            socket.create_connection(service.address, timeout=HANGS_AFTER_S)
        ) as connection:
            connection.sendall(text)
            answer = connection.recv(65536)
            while then and b"alive" not in answer:
                answer += connection.recv(65536)
            connection.sendall(then)
            return answer + b"".join(iter(lambda: connection.recv(65536), b""))

    return send


def problem_in(answer):
    """The status, the header lines in lower case, and the document of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert headers["x-content-type-options"] == "nosniff"
    assert int(headers["content-length"]) == len(body)
    return int(first.split()[1]), headers["x-request-id"], json.loads(body)


@pytest.mark.parametrize(
    "request_",
    [
        b"FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/jobs?cursor=%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"x" * 70_000),
        b"good morning\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        # Nothing has been answered when the body turns out to be none.
        b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nno number\r\n",
    ],
    ids=["method", "address", "text", "header", "chunk"],
)
def test_what_cannot_be_read_is_answered_with_a_problem(say, log_lines, request_):
    status, request_id, document = problem_in(say(request_))
    assert (status, document["status"]) == (400, 400)
    assert document["type"] == "urn:foldline:problem:malformed-request"
    assert request_id in [line.get("request_id") for line in log_lines()]
    assert "error" not in [line["level"] for line in log_lines()]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 1.0)


@pytest.mark.usefixtures("impatient")
def test_a_head_that_does_not_end_is_waited_for_no_longer(say):
    status, _, document = problem_in(say(b"GET / HTTP/1.1\r\nHost: local"))
    assert status == 408
    assert document["type"] == "urn:foldline:problem:too-slow"


@pytest.mark.usefixtures("impatient")
def test_nor_is_a_later_one_on_the_same_connection(say):
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    first, _, second = say(whole, then=b"GET").partition(b"HTTP/1.1 408 ")
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert b"too-slow" in second


@pytest.mark.usefixtures("impatient")
def test_a_connection_on_which_nothing_is_said_is_closed(say):
    assert say(b"") == b""


@pytest.mark.usefixtures("impatient")
def test_an_answer_may_take_longer_than_a_head(service, question):
    headers = {"Prefer": "wait=2"}
    assert service.client.post("/v1/jobs", json=question, headers=headers).status_code == 202
