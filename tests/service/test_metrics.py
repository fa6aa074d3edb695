"""GET /metrics: what Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families
from rq import Worker

from storage import keys
from storage.connection import connect
from storage.job_queue import SERIALIZER
from storage.setbacks import Setback
from tests.jobs import take


def read(client):
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_jobs_are_counted_as_they_go(empty_service, question):
    client, ledger = empty_service.client, empty_service.stores.ledger
    for _ in range(3):
        client.post("/v1/jobs", json=question)
    assert read(client)["foldline_jobs_waiting",] == 3
    done, _ = take(ledger, 2)
    ledger.succeed(done, model_id="m", met=True, error=0.0)
    found = read(client)
    assert found["foldline_jobs_waiting",] == 1
    assert found["foldline_jobs_running",] == 1
    assert found["foldline_jobs_ended_total", "succeeded"] == 1
    assert found["foldline_wait_seconds_count",] == 2
    assert found["foldline_wait_seconds_bucket", "+Inf"] == 2
    assert found["foldline_fit_seconds_count",] == 1
    assert 0 <= found["foldline_fit_seconds_sum",] < 60


def test_workers_are_counted_with_their_signs_of_life(empty_service):
    assert read(empty_service.client)["foldline_workers",] == 0
    with connect(empty_service.settings.redis_url) as broker:
        worker = Worker([keys.QUEUE], name="one", connection=broker, serializer=SERIALIZER)
        worker.register_birth()
        found = read(empty_service.client)
        assert found["foldline_workers",] == 1
        assert found["foldline_worker_silent_seconds", "one"] >= 0
        worker.register_death()
    assert read(empty_service.client)["foldline_workers",] == 0


def test_crashes_and_losses_are_counted(empty_service, question):
    client, ledger = empty_service.client, empty_service.stores.ledger
    client.post("/v1/jobs", json=question)
    (claim,) = take(ledger)
    ledger.give_back(claim, setback=Setback.CRASH)
    take(ledger)
    ledger.give_back_all("one", setback=Setback.LOSS)
    found = read(client)
    assert found["foldline_crashes_total",] == 1
    assert found["foldline_losses_total",] == 1
    assert found["foldline_jobs_ended_total", "failed"] == 0
