"""Every answer has the id of its request, and every line of the log about it has it too."""

import logging
import re

import pytest
from fastapi.responses import StreamingResponse

MADE = re.compile(r"[0-9a-f]{32}")
logger = logging.getLogger(__name__)


@pytest.fixture
def faulty(empty_service):
    """A service with routes that write to the log, fail, or both."""

    @empty_service.app.get("/in-a-thread")
    def in_a_thread():
        logger.warning("from the thread pool")

    @empty_service.app.get("/on-the-loop")
    async def on_the_loop():
        logger.warning("from the event loop")

    @empty_service.app.get("/fails")
    def fails():
        raise RuntimeError("on purpose")

    @empty_service.app.get("/fails-midway")
    async def fails_midway():
        async def pieces():
            yield b"half"
            raise RuntimeError("on purpose")

        return StreamingResponse(pieces())

    return empty_service


@pytest.fixture
def access_line(log_lines, eventually):
    """The line about an answered request; it is written once the answer is out."""

    def find(request_id):
        def found():
            return [
                line
                for line in log_lines()
                if line["event"] == "request" and line["request_id"] == request_id
            ]

        (line,) = eventually(found)
        return line

    return find


@pytest.mark.parametrize("given", ["a", "0", "Trace_1.2-3", "x" * 128])
def test_an_id_that_the_client_gives_is_taken_over(client, given):
    response = client.get("/healthz", headers={"X-Request-ID": given})
    assert response.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "a\tb", "ä".encode(), "a/b", "a,b"])
def test_an_id_that_is_none_is_replaced(client, given):
    response = client.get("/healthz", headers={"X-Request-ID": given})
    assert MADE.fullmatch(response.headers["x-request-id"])


def test_every_request_gets_an_id_of_its_own(client):
    made = [client.get("/healthz").headers["x-request-id"] for _ in range(3)]
    assert len(set(made)) == 3


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/jobs", 200),
        ("HEAD", "/v1/jobs", 200),
        ("GET", "/docs", 200),
        ("GET", "/static-offline-docs/swagger-ui.css", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/v1/jobs", 405),
        ("OPTIONS", "/v1/jobs", 405),
        ("POST", "/v1/jobs", 415),
    ],
)
def test_answers_of_every_kind_have_one(client, method, path, status):
    response = client.request(method, path)
    assert response.status_code == status
    assert MADE.fullmatch(response.headers["x-request-id"])


def test_a_body_that_is_too_large_is_refused_with_one(storage_settings, run_service):
    with run_service(redis_url=storage_settings.redis_url, max_body_bytes=1024) as service:
        response = service.client.post("/v1/jobs", content=b"x" * 1025)
    assert response.status_code == 413
    assert MADE.fullmatch(response.headers["x-request-id"])


def test_an_unexpected_error_has_one_and_is_logged_with_it(faulty, log_lines):
    response = faulty.client.get("/fails")
    assert response.status_code == 500
    (line,) = [line for line in log_lines() if line["level"] == "error"]
    assert line["request_id"] == response.headers["x-request-id"]
    assert "RuntimeError: on purpose" in line["exception"]


def test_an_answer_cut_off_midway_is_logged_with_one_by_the_server_too(
    faulty, log_lines, eventually
):
    headers = {"X-Request-ID": "midway"}
    with pytest.raises(Exception, match="peer closed connection"):
        faulty.client.get("/fails-midway", headers=headers)

    def of_the_server():
        return [line for line in log_lines() if line["logger"] == "uvicorn.error"]

    assert eventually(of_the_server)[0]["request_id"] == "midway"


def test_an_event_stream_has_one(client, question):
    job = client.post("/v1/jobs", json=question).json()
    headers = {"X-Request-ID": "followed"}
    with client.stream("GET", job["links"]["events"], headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-request-id"] == "followed"


@pytest.mark.parametrize("path", ["/in-a-thread", "/on-the-loop"])
def test_what_a_route_writes_has_the_id_of_the_answer(faulty, log_lines, path):
    responses = [faulty.client.get(path) for _ in range(3)]
    lines = [line for line in log_lines() if line["event"].startswith("from the")]
    assert [line["request_id"] for line in lines] == [
        response.headers["x-request-id"] for response in responses
    ]


def test_a_line_leads_from_the_request_to_its_job(client, question, log_lines):
    response = client.post("/v1/jobs", json=question)
    (line,) = [line for line in log_lines() if "job_id" in line]
    assert line["job_id"] == response.json()["id"]
    assert line["request_id"] == response.headers["x-request-id"]


def test_every_request_has_a_line_with_its_path_status_and_seconds(client, access_line):
    response = client.head("/nowhere/ä b")
    line = access_line(response.headers["x-request-id"])
    assert (line["method"], line["path"], line["status"]) == ("HEAD", "/nowhere/%C3%A4%20b", 404)
    assert 0 < line["seconds"] < 60
    assert line["level"] == "info"


def test_neither_query_nor_headers_are_logged(client, log_lines, access_line):
    response = client.get(
        "/v1/jobs",
        params={"limit": "1", "note": "said in the query"},
        headers={"Authorization": "Bearer said-in-a-header"},
    )
    assert access_line(response.headers["x-request-id"])["path"] == "/v1/jobs"
    assert "said" not in str(log_lines())
