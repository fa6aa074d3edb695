"""A broker that keeps nothing, as one that was started without a thought."""

import json

import pytest

from cli.broker import start_broker
from storage.connection import connect
from tests.processes import Api, end, start


@pytest.fixture
def environment(tmp_path):
    with start_broker(tmp_path / "own") as broker:
        with connect(broker.url) as connection:
            connection.config_set("appendonly", "no")
        yield {"FOLDLINE_REDIS_URL": broker.url, "FOLDLINE_DATA_DIR": str(tmp_path / "data")}


def test_api_and_worker_warn_of_it_once(environment, tmp_path, eventually):
    logs = [tmp_path / "api.log", tmp_path / "worker.log"]
    api = Api(environment, log=logs[0])
    eventually(api.ready)
    worker = start("worker", environment=environment, log=logs[1])
    try:
        eventually(lambda: "ready" in logs[1].read_text())
    finally:
        end(worker)
        api.stop()
    for log in logs:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        (warning,) = [line["event"] for line in lines if line["level"] == "warning"]
        assert "appendonly is 'no'" in warning
