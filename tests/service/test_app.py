"""The application as a whole: its last resort, its pages, its factory."""

import asyncio
import logging
import re

import pytest
from fastapi import HTTPException
from fastapi.responses import StreamingResponse

from service.app import create_app
from service.last_resort import LastResort
from service.leaving import Leaving
from service.settings import ServiceSettings


@pytest.fixture
def faulty(empty_service):
    """A service with routes that fail."""

    @empty_service.app.get("/fails")
    def fails():
        raise RuntimeError("the secret of the house")

    @empty_service.app.get("/fails-midway")
    async def fails_midway():
        async def pieces():
            yield b"half"
            raise RuntimeError("the secret of the house")

        return StreamingResponse(pieces())

    @empty_service.app.get("/refuses")
    def refuses():
        raise HTTPException(418, headers={"WWW-Authenticate": "Basic"})

    return empty_service


def test_an_unexpected_error_is_a_problem_without_details(faulty, problem, caplog):
    with caplog.at_level(logging.ERROR):
        response = faulty.client.get("/fails")
    problem(response, 500, "internal")
    assert "secret" not in response.text
    assert "the secret of the house" in caplog.text
    assert "Traceback" in caplog.text


def test_an_error_of_a_library_keeps_its_status_and_headers(faulty, problem):
    response = faulty.client.get("/refuses")
    problem(response, 418, "internal")
    assert response.headers["www-authenticate"] == "Basic"


def test_an_unexpected_error_leaves_the_connection_open(faulty):
    first = faulty.client.get("/fails")
    second = faulty.client.get("/healthz")
    streams = [response.extensions["network_stream"] for response in (first, second)]
    ports = {stream.get_extra_info("client_addr")[1] for stream in streams}
    assert second.status_code == 200
    assert len(ports) == 1


def test_an_error_in_the_middle_of_an_answer_cuts_it_off(faulty):
    with pytest.raises(Exception, match="peer closed connection"):
        faulty.client.get("/fails-midway")


def test_a_request_that_is_cancelled_in_the_end_is_to_be_sent_again():
    sent = []

    async def slow(*_):
        await asyncio.Event().wait()

    async def keep(message):
        sent.append(message)

    async def leave():
        leaving = Leaving()
        scope = {"type": "http", "method": "GET", "path": "/"}
        answering = asyncio.create_task(LastResort(slow, leaving=leaving)(scope, None, keep))
        await asyncio.sleep(0)
        leaving.begin()
        answering.cancel()
        await answering

    asyncio.run(leave())
    assert sent[0]["status"] == 503
    assert b"retry-after" in dict(sent[0]["headers"])


def test_the_api_page_loads_nothing_from_elsewhere(client):
    for page in ("/docs", "/redoc"):
        html = client.get(page).raise_for_status().text
        loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
        assert loaded
        for address in loaded:
            assert address.startswith("/")
            assert client.get(address).status_code == 200


def test_the_factory_reads_the_environment(monkeypatch, tmp_path, broker):
    monkeypatch.setenv("FOLDLINE_REDIS_URL", broker.url)
    monkeypatch.setenv("FOLDLINE_DATA_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("FOLDLINE_MAX_POINTS", "7")
    resources = create_app(ServiceSettings()).state.resources
    assert resources.settings.max_points == 7
    assert resources.settings.data_dir == tmp_path / "elsewhere"
    resources.stores.ledger.ping()
    resources.stores.artifacts.check()


def test_every_setting_is_described():
    fields = ServiceSettings.model_fields
    assert {"redis_url", "data_dir", "max_points", "max_body_bytes"} <= set(fields)
    assert all(field.description for field in fields.values())
