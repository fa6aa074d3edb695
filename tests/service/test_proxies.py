"""Behind a proxy: a real nginx with the configuration that the documentation shows."""

import json
import re
import shutil
import subprocess
from contextlib import contextmanager
from urllib.parse import urljoin

import httpx
import pytest

from notifier.payload import data_of
from notifier.settings import NotifierSettings
from service.settings import ServiceSettings
from storage.keys import DEFAULT_TENANT
from tests.certificates import write_certificate
from tests.jobs import take
from tests.served import ROOT, steady_port
from tests.waiting import HANGS_AFTER_S, until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/bin")
SHOWN = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/deploying.md").read_text(), re.DOTALL)[1]
PREFIX = "/foldline"


@contextmanager
def proxied(service, directory, *changes):
    """A client of nginx in front of a service, its address with the prefix."""
    if NGINX is None:
        pytest.skip("there is no nginx")
    directory.mkdir(exist_ok=True)
    port, pem = steady_port(), write_certificate("localhost", directory)
    server = SHOWN
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/foldline.pem", str(pem)),
        ("/etc/ssl/foldline.key", str(pem)),
        ("127.0.0.1:8000", ":".join(map(str, service.address))),
        *changes,
    ):
        assert old in server
        server = server.replace(old, new)
    paths = "".join(
        f"{kind}_temp_path {directory};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = directory / "nginx.conf"
    config.write_text(
        f"daemon off; pid {directory}/pid; error_log {directory}/log;"
        "events {} http { access_log off;"
        f"client_body_temp_path {directory}; {paths} {server} }}"
    )
    process = subprocess.Popen([NGINX, "-e", directory / "log", "-c", config])
    base = f"https://localhost:{port}{PREFIX}/"

    def answers():
        assert process.poll() is None, (directory / "log").read_text()
        try:
            return client.get("healthz").status_code == 200
        except httpx.ConnectError:
            return False

    with httpx.Client(base_url=base, verify=False, timeout=HANGS_AFTER_S) as client:
        until(answers)
        yield client
    process.terminate()
    process.wait(HANGS_AFTER_S)


@pytest.fixture
def behind(empty_service, tmp_path):
    with proxied(empty_service, tmp_path / "nginx") as client:
        yield client


def followed(client, link):
    """The answer at a link, as whoever has it follows it."""
    return client.get(urljoin(str(client.base_url), link))


@pytest.mark.parametrize(
    "changes",
    [
        (),
        # The prefix stays on.
        ((":{port}/;", ":{port};"),),
        # The proxy does not tell it: the service is told.
        (("proxy_set_header X-Forwarded-Prefix /foldline;", ""),),
    ],
    ids=["taken off", "left on", "set"],
)
def test_links_lead_back_through_the_proxy(
    run_service, storage_settings, tmp_path, question, changes
):
    root_path = PREFIX if changes and "Prefix" in changes[0][0] else ""
    given = {"redis_url": storage_settings.redis_url, "root_path": root_path}
    with run_service(**given) as service:
        port = service.address[1]
        named = [tuple(text.replace("{port}", str(port)) for text in one) for one in changes]
        with proxied(service, tmp_path / "nginx", *named) as client:
            answer = client.post("v1/jobs", json=question)
            job = answer.json()
            assert answer.headers["location"] == job["links"]["self"]
            assert followed(client, answer.headers["location"]).json() == {
                **job,
                "waiting_before": 0,
            }
            cancelled = client.post(f"v1/jobs/{job['id']}/cancel").json()
            assert cancelled["links"] == job["links"]
            assert client.get("v1/jobs").json()["data"] == [cancelled]
            batch = client.post("v1/batches", json={"items": [question]}).json()
            assert followed(client, batch["links"]["self"]).json() == batch
            assert followed(client, batch["links"]["results"]).status_code == 200


def test_the_page_and_the_description_of_the_api_find_their_files(behind):
    page = behind.get("")
    assert 'href="docs"' in page.text
    for text, base in (
        (page.text, ""),
        (behind.get("docs").text, "docs"),
        (behind.get("redoc").text, "redoc"),
    ):
        files = re.findall(r'(?:src|href)="((?!https?:|data:|#)[^"]+)"', text)
        assert files
        for file in files:
            assert behind.get(urljoin(f"{behind.base_url}{base}", file)).status_code == 200, file
    described = re.search(r"url: '([^']+)'", behind.get("docs").text)[1]
    assert followed(behind, described).json()["servers"] == [{"url": PREFIX}]


def test_what_is_followed_comes_as_it_happens(behind, empty_service, question, make_model):
    ledger = empty_service.stores.ledger
    model = make_model().store(empty_service.stores)
    batch = behind.post("v1/batches", json={"items": [question, {**question, "name": "b"}]}).json()
    (first,) = take(ledger)
    ledger.succeed(first, model_id=model.id, met=True, error=0.5)
    job = behind.post("v1/jobs", json={**question, "target": {"tolerance": 0.2}}).json()
    for path in (f"v1/batches/{batch['id']}/results?follow=true", f"v1/jobs/{job['id']}/events"):
        with behind.stream("GET", path) as response:
            # Nothing has ended: what is there is here all the same.
            assert next(response.iter_bytes())


def test_the_log_has_the_address_that_the_proxy_tells(behind, log_lines):
    behind.get("v1/jobs", headers={"X-Forwarded-For": "203.0.113.7, 127.0.0.1"})
    path = f"{PREFIX}/v1/jobs"
    (line,) = until(lambda: [line for line in log_lines() if line.get("path") == path])
    assert line["client"] == "203.0.113.7"


def test_others_than_trusted_proxies_tell_nothing(run_service, broker, question, log_lines):
    told = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Prefix": "/elsewhere"}
    with run_service(redis_url=broker.url, trusted_proxies="10.0.0.0/8") as service:
        job = service.client.post("/v1/jobs", json=question, headers=told).json()
    assert job["links"]["self"] == f"/v1/jobs/{job['id']}"
    assert until(lambda: [line["client"] for line in log_lines() if "client" in line]) == [
        "127.0.0.1"
    ]


@pytest.mark.parametrize("told", ["elsewhere", "//evil.example", "/a/../b", "/a b", "/ä", "/a?b"])
def test_what_is_no_prefix_is_not_heeded(client, question, told):
    headers = {"X-Forwarded-Prefix": told.encode()}
    job = client.post("/v1/jobs", json=question, headers=headers).json()
    assert job["links"]["self"] == f"/v1/jobs/{job['id']}"


@pytest.mark.parametrize("settings", [ServiceSettings, NotifierSettings])
def test_a_prefix_is_one_setting_and_checked(settings, monkeypatch):
    monkeypatch.setenv("FOLDLINE_ROOT_PATH", "/tools/foldline/")
    assert settings().root_path == "/tools/foldline"
    monkeypatch.setenv("FOLDLINE_ROOT_PATH", "tools")
    with pytest.raises(ValueError, match="begin it with a slash"):
        settings()


def test_what_a_webhook_tells_has_the_prefix(empty_service, question):
    job = empty_service.client.post("/v1/jobs", json=question).json()
    stores = empty_service.app.state.resources.stores
    told = data_of(
        job["id"], DEFAULT_TENANT, ledger=stores.ledger, batches=stores.batches, root_path=PREFIX
    )
    assert json.dumps(told).count(f'"{PREFIX}/v1/jobs/') == 2
