"""An API process that is asked to leave while it is still being talked to."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
import redis

from storage.keys import CHANGES
from tests.processes import Api, end
from tests.waiting import HANGS_AFTER_S

IMPATIENT = "timeout graceful shutdown exceeded"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "api.log"


@pytest.fixture
def module():
    """The process: one that waits for those it is answering, however slow the machine."""
    return "tests.patient_api"


@pytest.fixture
def api(storage_settings, log, eventually, module):
    """An API process, ready."""
    environment = {
        "FOLDLINE_REDIS_URL": storage_settings.redis_url,
        "FOLDLINE_DATA_DIR": str(storage_settings.data_dir),
    }
    started = Api(environment, log=log, module=module)
    eventually(started.ready)
    yield started
    started.client.close()
    end(started.process)


@pytest.fixture
def talk(api):
    """Sends requests of their own connection from other threads: ``talk(method, path, ...)``."""
    with ThreadPoolExecutor() as threads:

        def send(method, path, **more):
            return threads.submit(
                lambda: httpx.request(
                    method, api.client.base_url.join(path), timeout=HANGS_AFTER_S, **more
                )
            )

        yield send


@pytest.fixture
def connect(api):
    """Connections to it, on which one says what one likes."""
    with ExitStack() as opened:

        def open_one():
            connection = opened.enter_context(socket.socket())
            # Of a long answer little is on its way.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(HANGS_AFTER_S)
            connection.connect((api.client.base_url.host, api.client.base_url.port))
            return connection

        yield open_one


def everything(connection):
    """What comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def leave(api):
    """Ask it to leave, and wait until it has."""
    api.process.terminate()
    api.process.wait(HANGS_AFTER_S)


def left_in_peace(log):
    """Whether it has neither lost its patience nor met an error."""
    return not any(sign in log.read_text() for sign in ("Traceback", IMPATIENT))


def test_everybody_who_waits_is_answered(api, storage_settings, question, talk, log, eventually):
    headers = {"Prefer": "wait=60"}
    waiting = [
        talk("POST", "/v1/jobs", json=question, headers=headers),
        talk("POST", "/v1/batches", json={"items": [question]}, headers=headers),
    ]
    job = api.client.post("/v1/jobs", json=question).json()
    events = talk("GET", job["links"]["events"])
    results = {}
    for order in ("input", "finished"):
        batch = api.client.post("/v1/batches", json={"items": [{}, question]}).json()
        params = {"follow": True, "order": order}
        results[order] = talk("GET", batch["links"]["results"], params=params)
    # All five listen for news.
    with redis.Redis.from_url(storage_settings.redis_url) as broker:
        eventually(lambda: len(broker.pubsub_channels(f"{CHANGES}?*")) == 5)

    leave(api)
    for answer in waiting:
        assert answer.result().status_code == 202
        assert answer.result().json()["status"] in ("queued", "running")
    # Whatever is cut off raises here.
    assert "event: queued" in events.result().text
    for answer in results.values():
        assert [json.loads(line)["index"] for line in answer.result().iter_lines()] == [0]
    assert left_in_peace(log)


def test_a_body_that_is_still_coming_is_refused(api, connect, log):
    connections = [connect() for _ in range(2)]
    for path, connection in zip((b"/v1/jobs", b"/v1/batches"), connections, strict=True):
        connection.sendall(
            b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n" % path
        )
        # Somebody reads it.
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{")
    leave(api)
    for connection in connections:
        answer = everything(connection)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: " in answer
        assert b"urn:foldline:problem:unavailable" in answer
    assert left_in_peace(log)


@pytest.mark.parametrize("module", ["cli.api"])
def test_an_answer_that_nobody_takes_is_cut_off(api, connect, log):
    batch = api.client.post("/v1/batches", json={"items": [{}] * 10_000}).json()
    connection = connect()
    path = batch["links"]["results"].encode()
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
    assert connection.recv(8) == b"HTTP/1.1"
    leave(api)
    assert not everything(connection).endswith(b"0\r\n\r\n")
    assert IMPATIENT in log.read_text()
    assert "Traceback" not in log.read_text()
