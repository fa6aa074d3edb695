"""A broker whose memory is limited: what was accepted can be ended, whatever is asked besides."""

import json
import secrets

import pytest

from schemas.jobs import Phase, Progress
from schemas.models import ModelFacts
from storage.connection import connect
from storage.room import NEW_JOB, SPARE
from tests.jobs import take

MORE_JOBS = 200
FACTS = ModelFacts.model_construct(name=None, metadata={}, met=True)


@pytest.fixture
def connection(own_broker):
    with connect(own_broker.url) as found:
        yield found


@pytest.fixture
def limit(connection):
    """``limit(spare)`` leaves the broker so many bytes beyond what it uses; None: all it wants."""

    def change(spare):
        used = connection.info("memory")["used_memory"]
        connection.config_set("maxmemory", 0 if spare is None else used + spare)

    return change


def refusals(connection):
    """How many commands the broker has refused for want of memory."""
    return connection.info("errorstats").get("errorstat_OOM")


def run_to_the_end(stores):
    """What workers do with all that waits, with many reports; how many there were."""
    ended = 0
    while claims := take(stores.ledger, 4):
        for claim in claims:
            for iteration in range(40):
                progress = Progress(fraction=iteration / 40, error=1 / 3, iteration=iteration)
                stores.ledger.report(claim, phase=Phase.PREPARATION, progress=progress)
            model_id = secrets.token_hex(32)
            stores.models.add(model_id, created_ms=1, facts=FACTS)
            assert stores.ledger.succeed(claim, model_id=model_id, met=True, error=0.1)
            ended += 1
    return ended


def test_new_jobs_are_refused_while_there_is_room_for_the_ends_of_all_others(
    own_service, connection, limit, question, problem
):
    client = own_service.client
    question["webhook"] = {"url": "https://hooks.example.com/" + "a" * 200}
    limit(SPARE + MORE_JOBS * NEW_JOB)
    taken = 0
    while (answer := client.post("/v1/jobs", json=question)).status_code == 202:
        taken += 1
    assert "no memory for more jobs" in problem(answer, 507, "broker-full")["detail"]
    assert "Retry-After" not in answer.headers
    assert 10 < taken < MORE_JOBS
    problem(client.get("/readyz"), 507, "broker-full")
    # What is read needs no memory to speak of, and every job that was taken can be ended.
    assert client.get("/v1/jobs").status_code == 200
    assert run_to_the_end(own_service.stores) == taken
    assert refusals(connection) is None
    limit(None)
    assert client.get("/readyz").status_code == 200
    assert client.post("/v1/jobs", json=question).status_code == 202


def test_a_batch_for_which_there_is_no_room_is_refused_whole_and_leaves_nothing(
    own_service, connection, limit, question, problem
):
    client, stores = own_service.client, own_service.stores
    limit(SPARE + 100 * NEW_JOB)
    # Parts of it have room, which is found to be too little in the end.
    lines = "\n".join(json.dumps(question) for _ in range(600))
    answer = client.post(
        "/v1/batches", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    problem(answer, 507, "broker-full")
    assert stores.artifacts.input_names() == []
    assert list(connection.scan_iter("foldline:job:*")) == []
    assert refusals(connection) is None
    limit(None)
    assert client.get("/v1/batches").json()["data"] == []


def test_how_much_memory_there_is_and_how_much_is_reserved_is_measured(own_service, question):
    def figures():
        lines = own_service.client.get("/metrics").text.splitlines()
        return {
            name.removeprefix("foldline_broker_memory_"): float(value)
            for name, _, value in (line.partition(" ") for line in lines)
            if name.startswith("foldline_broker_memory_")
        }

    before = figures()
    assert before["limit_bytes"] == 0
    assert own_service.client.post("/v1/jobs", json=question).status_code == 202
    after = figures()
    assert after["reserved_bytes"] > before["reserved_bytes"]
    assert after["bytes"] > 0


def test_what_something_else_has_filled_loses_nothing(
    own_service, limit, question, problem, eventually
):
    client = own_service.client
    accepted = client.post("/v1/jobs", json=question).json()
    # Far less than it needs for its connections alone.
    limit(-300_000)
    problem(client.post("/v1/jobs", json=question), 507, "broker-full")
    problem(client.get("/readyz"), 507, "broker-full")
    assert client.get(accepted["links"]["self"]).json()["status"] == "queued"
    limit(None)
    eventually(lambda: client.get("/readyz").status_code == 200)
    assert run_to_the_end(own_service.stores) == 1
