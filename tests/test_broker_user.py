"""A user of the broker who may do what the documents say, and no more."""

import re
from pathlib import Path

import pytest
import redis

from cli.broker import start_broker
from storage.usability import COMMANDS
from tests.processes import Api, end, start

PAGE = Path(__file__).parents[1] / "docs/deploying.md"
# What each connection begins with, what a broker may refuse, and what this test gives itself.
OTHERS = {"acl", "auth", "client", "config", "echo", "hello", "ping", "subscribe", "unsubscribe"}
QUESTION = {
    "samples": {"x": [0.0, 1.0, 2.0, 3.0], "y": [0.0, 1.0, 4.0, 9.0]},
    "target": {"tolerance": 0.1},
    "options": {"effort": "quick"},
    # Nobody listens there: it is tried again.
    "webhook": {"url": "https://127.0.0.1:9/"},
}
PARTS = ("worker", "notifier")


@pytest.fixture
def broker(tmp_path):
    """A connection of the all-powerful, and the address of a user as the page makes one."""
    with start_broker(tmp_path / "own") as started, redis.Redis.from_url(started.url) as connection:
        (command,) = re.findall(r"^(ACL SETUSER .*)$", PAGE.read_text(), re.M)
        connection.execute_command(*command.split())
        yield connection, started.url.replace("unix://", "unix://foldline@") + "&password=PASSWORD"


@pytest.fixture
def api(broker, tmp_path, eventually):
    environment = {
        "FOLDLINE_REDIS_URL": broker[1],
        "FOLDLINE_DATA_DIR": str(tmp_path / "data"),
        "FOLDLINE_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
        "FOLDLINE_WEBHOOK_RETRY_WAITS_S": "0.1",
    }
    started = Api(environment, log=tmp_path / "api.log")
    eventually(started.ready)
    parts = [start(part, environment=environment, log=tmp_path / f"{part}.log") for part in PARTS]
    yield started
    for part in parts:
        end(part)
    started.stop()


def test_all_parts_work_with_it_and_every_command_they_give_is_tried_out(
    broker, api, eventually, tmp_path
):
    headers = {"Idempotency-Key": "once"}
    job = api.client.post("/v1/jobs", json=QUESTION, headers=headers).json()["links"]["self"]
    items = [{**QUESTION, "target": {"tolerance": 0.1 + i / 10}} for i in range(3)]
    for item in items:
        del item["webhook"]
    batch = api.client.post("/v1/batches", json={"items": items}).json()["links"]["self"]
    # Reads every event from the first to the last.
    api.client.get(f"{job}/events")
    eventually(lambda: api.client.get(batch).json()["status"] == "completed")
    record = api.client.get(job).json()
    assert record["status"] == "succeeded"
    eventually(lambda: api.client.get(job).json()["webhook_delivery"]["attempts"] > 1)
    for path in ("/v1/jobs", "/v1/batches", "/v1/models", "/metrics", f"{batch}/results"):
        assert api.client.get(path).status_code == 200
    assert api.client.post(f"{job}/cancel").status_code == 409

    given = broker[0].info("commandstats")
    used = {name.removeprefix("cmdstat_").partition("|")[0] for name in given}
    tried = {command.lower() for command in COMMANDS}
    assert used - tried - OTHERS - {"multi", "exec", "watch", "unwatch", "discard"} == set()
    for log in tmp_path.glob("*.log"):
        assert "ermission" not in log.read_text()
