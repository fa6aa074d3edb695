"""Health, and what is answered while broker or store are away."""

import re
import shutil
import signal

import pytest

from storage.connection import connect


def _requests(client, question):
    """One request of every kind that needs the broker."""
    yield client.get("/v1/jobs")
    yield client.get("/v1/jobs/job_7")
    yield client.get("/v1/models")
    yield client.post("/v1/jobs", json=question)


def test_a_service_that_can_work_is_alive_and_ready(client):
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready", "durable": True}


def test_while_the_broker_is_dead_answers_are_503_and_the_process_is_alive(
    own_service, own_broker, question, problem
):
    client = own_service.client
    assert client.get("/readyz").status_code == 200
    own_broker.process.kill()
    own_broker.process.wait()
    for response in _requests(client, question):
        document = problem(response, 503, "unavailable")
        assert "broker" in document["detail"]
        assert int(response.headers["retry-after"]) > 0
        # Where the broker is concerns nobody outside.
        assert "unix" not in response.text
        assert "broker.sock" not in response.text
    assert "broker" in problem(client.get("/readyz"), 503, "unavailable")["detail"]
    assert client.get("/healthz").status_code == 200


def test_a_service_recovers_with_its_broker(own_service, own_broker, question):
    client = own_service.client
    before = client.post("/v1/jobs", json=question).json()
    own_broker.process.kill()
    own_broker.process.wait()
    assert client.get("/v1/jobs").status_code == 503
    own_broker.launch()
    own_broker.await_ready()
    assert client.get("/readyz").status_code == 200
    assert client.get(before["links"]["self"]).json() == before | {"waiting_before": 0}


def test_a_broker_that_hangs_is_not_waited_for(own_service, own_broker, question, problem):
    client = own_service.client
    assert client.get("/readyz").status_code == 200
    own_broker.process.send_signal(signal.SIGSTOP)
    for path in ("/v1/jobs/job_7", "/readyz"):
        problem(client.get(path), 503, "unavailable")
    problem(client.post("/v1/jobs", json=question), 503, "unavailable")
    assert client.get("/healthz").status_code == 200


def test_models_are_served_without_a_broker(own_service, own_broker, make_model):
    model = make_model().store(own_service.stores)
    own_broker.process.kill()
    own_broker.process.wait()
    for path in ("", "/network", "/breakpoints", "/plot.svg"):
        assert own_service.client.get(f"/v1/models/{model.id}{path}").status_code == 200


def test_while_the_store_is_away_jobs_are_not_taken(empty_service, question, problem):
    shutil.rmtree(empty_service.settings.data_dir)
    document = problem(empty_service.client.get("/readyz"), 503, "unavailable")
    assert "no answer from the store" in document["detail"]
    response = empty_service.client.post("/v1/jobs", json=question)
    problem(response, 503, "unavailable")
    assert str(empty_service.settings.data_dir) not in response.text
    assert empty_service.client.get("/v1/jobs").json()["data"] == []


def test_readiness_names_everything_that_is_away(own_service, own_broker, problem):
    shutil.rmtree(own_service.settings.data_dir)
    own_broker.process.kill()
    own_broker.process.wait()
    detail = problem(own_service.client.get("/readyz"), 503, "unavailable")["detail"]
    assert "the broker and the store" in detail


@pytest.mark.parametrize(
    ("change", "durable"),
    [
        ("CONFIG SET appendfsync always", True),
        ("CONFIG SET appendfsync everysec", False),
        ("ACL SETUSER default -config", None),
    ],
)
def test_what_a_202_is_worth_with_this_broker_is_said(own_service, own_broker, change, durable):
    with connect(own_broker.url) as broker:
        broker.execute_command(*change.split())
    answer = own_service.client.get("/readyz")
    assert (answer.status_code, answer.json()["durable"]) == (200, durable)
    metrics = own_service.client.get("/metrics").text
    found = re.findall("^foldline_broker_durable (.*)$", metrics, re.M)
    assert found == ([] if durable is None else [f"{durable:.1f}"])
