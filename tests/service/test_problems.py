"""What all error answers have in common, whoever has noticed the error."""

import json
import socket
from collections import defaultdict

import pytest

from schemas.api_keys import Scope
from schemas.errors import BrokerFull, StoreFull, Unavailable
from schemas.problems import TITLES, ProblemType
from storage.setbacks import Setback
from tests.jobs import take
from tests.waiting import HANGS_AFTER_S

HALF = (
    b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 5000\r\n\r\n{"
)


@pytest.fixture
def service(storage_settings, run_service):
    """A service that has little room and wants keys."""
    with run_service(
        redis_url=storage_settings.redis_url,
        require_keys=True,
        max_waiting=1,
        max_body_bytes=1_024,
        allowed_hosts=["foldline.example"],
    ) as started:
        yield started


@pytest.fixture
def impatient(storage_settings, run_service):
    """A service that does not wait for bodies."""
    with run_service(redis_url=storage_settings.redis_url, body_idle_s=0.1) as started:
        yield started


@pytest.fixture
def ask(service):
    """``ask(method, path)`` asks with a key that may do everything, or with another."""
    api_keys = service.app.state.resources.api_keys
    _, everything = api_keys.create("default", scope=Scope.ADMIN)

    def request(method, path, *, token=everything, **more):
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        return service.client.request(method, path, headers=headers, **more)

    return request


def raising(error):
    def raise_it(*_, **__):
        raise error

    return raise_it


def answer_to(address, said):
    """The document that is answered to what is said on a connection of its own, and no more."""
    with socket.create_connection(address, timeout=HANGS_AFTER_S) as connection:
        connection.sendall(said)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_every_type_of_problem_has_one_title_wherever_it_comes_from(
    service, impatient, ask, question, make_model, monkeypatch
):
    api_keys, ledger = service.app.state.resources.api_keys, service.stores.ledger
    _, reader = api_keys.create("default", scope=Scope.READ)
    _, hasty = api_keys.create("default", scope=Scope.READ, rate=0.001)
    model = make_model().store(service.stores)
    lost = ask("POST", "/v1/jobs", json=question).json()["links"]["self"]
    answers = [
        ask("POST", "/v1/jobs", json=question),
        ask("POST", "/v1/batches", json={"items": [question] * 2}),
        ask("POST", "/v1/jobs", json={}),
        ask("GET", "/v1/jobs?limt=1"),
        ask("GET", "/v1/models?limit=x"),
        ask("POST", "/v1/jobs", content=b"{", headers={"Content-Type": "application/json"}),
        ask("POST", "/v1/batches", content=b"{", headers={"Content-Type": "application/json"}),
        ask("POST", "/v1/jobs", content=b" " * 2_000),
        ask("GET", "/v1/jobs/job_0"),
        ask("GET", "/nowhere"),
        ask("GET", "/v1/jobs", headers={"Host": "rebound.example"}),
        ask("PUT", "/v1/jobs"),
        ask("GET", f"/v1/models/{model.id}/breakpoints", headers={"Accept": "image/png"}),
        ask("POST", "/v1/jobs", content=b"{}"),
        service.client.get("/v1/jobs"),
        ask("GET", "/v1/jobs", token="nonsense"),
        ask("GET", "/metrics", token=reader),
        *(ask("GET", "/v1/jobs", token=hasty) for _ in range(service.settings.burst + 1)),
    ]
    for _ in range(3):
        (claim,) = take(ledger)
        ledger.give_back(claim, setback=Setback.CRASH)
    answers.append(ask("POST", f"{lost}/cancel"))
    failures = (Unavailable("store", "away"), BrokerFull("full"), StoreFull("full"), RuntimeError())
    for error in failures:
        monkeypatch.setattr(type(service.stores.artifacts), "check", raising(error))
        answers.append(ask("GET", "/readyz"))
    problems = [answer.json() for answer in answers if answer.status_code >= 400]
    problems.append(answer_to(service.address, b"no HTTP\r\n\r\n"))
    problems.append(answer_to(impatient.address, HALF))
    problems.append(ask("GET", lost).json()["problem"])

    titles = defaultdict(set)
    for problem in problems:
        titles[problem["type"]].add(problem["title"])
    assert titles == {kind: {TITLES[kind]} for kind in ProblemType}
    assert len(set(TITLES.values())) == len(ProblemType)
