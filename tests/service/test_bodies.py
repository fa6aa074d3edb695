"""Bodies that are no JSON, or too large: refused before anybody looks into them."""

import asyncio
import gzip
import json
import socket
import time
from contextlib import asynccontextmanager

import pytest

from service import lingering
from service.body_pace import BodyPace
from tests.waiting import HANGS_AFTER_S

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"samples": ', "character 12"),
        (b"x,y\n0,1\n", "character 0"),
        (b"\xff\xfe\xfa", "decode"),
        (b"[" * 100_000, "recursion"),
        (b"1" * 10_000, "digits"),
    ],
)
def test_what_is_not_json_is_malformed_and_says_where(client, problem, body, said):
    document = problem(client.post("/v1/jobs", content=body, headers=JSON), 400, "malformed-body")
    assert said in document["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"'])
def test_json_that_is_no_object_is_invalid_as_a_whole(client, problem, body):
    document = problem(client.post("/v1/jobs", content=body, headers=JSON), 422, "invalid-input")
    assert [error["pointer"] for error in document["errors"]] == [""]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_does_not_say_it_is_json_is_unsupported(client, question, problem, media_type):
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = client.post("/v1/jobs", content=json.dumps(question), headers=headers)
    problem(response, 415, "unsupported-media-type")
    assert response.headers["accept"] == "application/json, text/csv, application/x-npy"


@pytest.mark.parametrize("level", [0, 9])
@pytest.mark.parametrize("parts", [1, 2])
def test_a_body_may_be_compressed_by_gzip(client, question, level, parts):
    body = json.dumps({**question, "name": "x" * 100}).encode().ljust(1_000_000)
    middle = len(body) // parts
    compressed = b"".join(
        gzip.compress(part, level) for part in (body[:middle], body[middle:]) if part
    )
    headers = {**JSON, "Content-Encoding": "gzip"}
    as_one = client.post("/v1/jobs", content=compressed, headers=headers)
    in_pieces = (compressed[i : i + 7_000] for i in range(0, len(compressed), 7_000))
    streamed = client.post("/v1/jobs", content=in_pieces, headers=headers)
    plain = client.post("/v1/jobs", content=body, headers=JSON)
    for answer in (as_one, streamed):
        assert answer.status_code == 202, answer.text
        assert answer.json()["samples"] == plain.json()["samples"]


def test_a_compressed_table_is_a_batch(client):
    headers = {"Content-Type": "text/csv", "Content-Encoding": "x-gzip"}
    table = gzip.compress(b"x,a,b\n0,0,1\n1,1,1\n2,4,2\n")
    batch = client.post("/v1/batches?tolerance=0.1", content=table, headers=headers).json()
    assert batch["counts"]["total"] == 2


def test_another_encoding_is_unsupported_and_which_is_not_is_said(client, question, problem):
    response = client.post("/v1/jobs", json=question, headers={"Content-Encoding": "br"})
    problem(response, 415, "unsupported-media-type")
    assert response.headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "body",
    [b"{}", gzip.compress(b"{}" * 100)[:-9], gzip.compress(b"{}") + b"x", b""],
    ids=["none", "an end too early", "something behind it", "nothing"],
)
def test_what_is_no_gzip_stream_is_malformed(client, problem, body):
    headers = {**JSON, "Content-Encoding": "gzip"}
    document = problem(
        client.post("/v1/jobs", content=body, headers=headers), 400, "malformed-body"
    )
    assert "gzip" in document["detail"]


@pytest.fixture
def small(run_service, broker):
    """A service that takes at most 10,000 bytes."""
    with run_service(redis_url=broker.url, max_body_bytes=10_000) as started:
        yield started


def test_a_body_over_the_limit_is_refused(small, question, problem):
    document = problem(small.client.post("/v1/jobs", content=b" " * 10_001), 413, "too-large")
    assert "10000" in document["detail"]
    # The client opens another connection and goes on.
    assert small.client.post("/v1/jobs", json=question).status_code == 202


@pytest.mark.parametrize("expanded", [10_001, 50_000_000])
def test_a_compressed_body_over_the_limit_is_refused(small, problem, expanded):
    headers = {**JSON, "Content-Encoding": "gzip"}
    compressed = gzip.compress(b" " * expanded)
    problem(small.client.post("/v1/jobs", content=compressed, headers=headers), 413, "too-large")


def test_gzip_streams_of_nothing_are_refused_once_they_are_too_long(small, problem):
    headers = {**JSON, "Content-Encoding": "gzip"}
    nothing = (gzip.compress(b"") for _ in range(10_000))
    problem(small.client.post("/v1/jobs", content=nothing, headers=headers), 413, "too-large")


def test_a_body_of_just_the_limit_is_taken(small, question):
    body = json.dumps(question).encode()
    padded = body + b" " * (10_000 - len(body))
    assert small.client.post("/v1/jobs", content=padded, headers=JSON).status_code == 202


def test_a_streamed_body_over_the_limit_is_refused(small, problem):
    chunks = (b" " * 1_000 for _ in range(1_000))
    problem(small.client.post("/v1/jobs", content=chunks, headers=JSON), 413, "too-large")


def test_a_streamed_body_under_the_limit_is_taken(small, question):
    body = json.dumps(question).encode()
    chunks = (body[i : i + 10] for i in range(0, len(body), 10))
    assert small.client.post("/v1/jobs", content=chunks, headers=JSON).status_code == 202


def _answer(connection):
    """The answer, head and body; the connection may stay open after it."""
    with connection.makefile("rb") as stream:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.readline()
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + stream.read(length)


def test_a_declared_length_over_the_limit_is_refused_before_the_body_is_sent(small):
    with socket.create_connection(small.address, timeout=HANGS_AFTER_S) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10001\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = _answer(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"urn:foldline:problem:too-large" in answer


def test_a_stream_is_refused_while_the_client_still_sends(small):
    with socket.create_connection(small.address, timeout=HANGS_AFTER_S) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
        for _ in range(3):
            connection.sendall(chunk)
        # The final chunk is never sent.
        answer = _answer(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()
    assert b"urn:foldline:problem:too-large" in answer


def _send_for_ever(connection):
    while True:
        connection.sendall(b" " * 1_000)
        # Slower than the server reads, so that nothing but its closing can stop us.
        time.sleep(0.001)


def test_a_refused_client_that_never_stops_sending_is_cut_off(small, monkeypatch):
    monkeypatch.setattr(lingering, "LINGER_S", 0.1)
    with socket.create_connection(small.address, timeout=HANGS_AFTER_S) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
        )
        with pytest.raises(OSError, match=r"reset|pipe"):
            _send_for_ever(connection)


def test_a_body_of_which_nothing_more_comes_is_refused(run_service, broker):
    with (
        run_service(redis_url=broker.url, body_idle_s=0.5) as impatient,
        socket.create_connection(impatient.address, timeout=HANGS_AFTER_S) as connection,
    ):
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 5000\r\n\r\n{"
        )
        answer = _answer(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"urn:foldline:problem:too-slow" in answer
        assert connection.recv(1) == b""


def test_as_long_as_something_comes_it_is_waited_for_however_long_it_takes_in_all():
    given_s, received = [], []
    pieces = [{"type": "http.request", "body": b" ", "more_body": more} for more in (1, 1, 1, 0)]

    class Clock:
        @asynccontextmanager
        async def within(self, seconds):
            given_s.append(seconds)
            yield

    async def application(_scope, receive, _send):
        while (message := await receive())["more_body"]:
            received.append(message)

    async def receive():
        return pieces[len(given_s) - 1]

    paced = BodyPace(application, idle_s=7.0, leaving=Clock())
    asyncio.run(paced({"type": "http"}, receive, None))
    # Each piece has as long as the first.
    assert (received, given_s) == (pieces[:3], [7.0] * 4)


def test_a_client_that_leaves_in_the_middle_harms_nobody(small, log_lines, eventually):
    with socket.create_connection(small.address, timeout=HANGS_AFTER_S) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 5000\r\n\r\n{"
        )
    assert small.client.get("/healthz").status_code == 200
    eventually(lambda: any(line.get("path") == "/v1/jobs" for line in log_lines()))
    # Nor is it an error of the service.
    assert {line["level"] for line in log_lines()} == {"info"}
