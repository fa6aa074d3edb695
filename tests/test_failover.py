"""API, worker and notifier at a broker whose master changes: none of them is started anew."""

import numpy as np
import pytest

from tests.processes import Api, end, start
from tests.sentinels import Watched
from tests.waiting import HANGS_AFTER_S


@pytest.fixture
def watched(tmp_path):
    with Watched(tmp_path / "broker") as started:
        yield started


@pytest.fixture
def parts(watched, tmp_path, eventually):
    """An API, a worker and a notifier that know the address of the sentinels, ready."""
    environment = {
        "FOLDLINE_REDIS_URL": watched.url,
        "FOLDLINE_DATA_DIR": str(tmp_path / "data"),
        "FOLDLINE_WEBHOOK_ALLOW_NETWORKS": "127.0.0.1/32",
        "FOLDLINE_WEBHOOK_LOOK_S": "0.05",
    }
    api = Api(environment, log=tmp_path / "api.log")
    others = [
        start(part, environment=environment, log=tmp_path / f"{part}.log")
        for part in ("worker", "notifier")
    ]
    try:
        eventually(api.ready)
        eventually(lambda: "ready" in (tmp_path / "worker.log").read_text())
        yield [api, *others]
    finally:
        for process in others:
            end(process)
        api.stop()


def asked(api, power):
    """Where a new job is; nothing while the broker is away, which is 503."""
    x = np.linspace(0.0, 1.0, 60)
    question = {
        "samples": {"x": x.tolist(), "y": (x**power).tolist()},
        "target": {"tolerance": 0.01},
        "options": {"effort": "quick"},
        # Nobody is there: to have tried is enough.
        "webhook": {"url": "http://127.0.0.1:9/"},
    }
    answer = api.post("/v1/jobs", json=question)
    assert answer.status_code in (202, 503), answer.text
    return answer.headers["Location"] if answer.status_code == 202 else None


def is_done(api, job):
    """Whether it was fitted, and the notifier has tried to tell."""
    answer = api.get(job)
    assert answer.status_code in (200, 503), answer.text
    found = answer.json()
    if answer.status_code == 503 or found["status"] in ("queued", "running"):
        return False
    assert found["status"] == "succeeded", found["problem"]
    return found["webhook_delivery"]["attempts"] > 0


def test_jobs_are_taken_fitted_and_told_of_after_each_change_of_the_master(
    watched, parts, eventually
):
    api, *others = parts
    first = asked(api.client, 2)
    eventually(lambda: is_done(api.client, first))

    master = watched.master()
    # The worker waits for a job at the one that is demoted.
    watched.fail_over()
    second = eventually(lambda: asked(api.client, 3))
    eventually(lambda: is_done(api.client, second))

    watched.replicate()
    watched.kill_master()
    third = eventually(lambda: asked(api.client, 4))
    eventually(lambda: is_done(api.client, third))
    assert watched.master() == master
    for job in (first, second):
        assert is_done(api.client, job)
    assert [process.poll() for process in (api.process, *others)] == [None] * 3


@pytest.mark.parametrize("part", [("cli.api", "127.0.0.1", "0"), ("worker",), ("notifier",)])
def test_none_of_them_starts_at_an_address_that_makes_no_sense(part, tmp_path):
    log = tmp_path / "log"
    wrong = {"FOLDLINE_REDIS_URL": "redis+sentinel://:secret@one,two:port/mymaster"}
    process = start(*part, environment=wrong | {"FOLDLINE_DATA_DIR": str(tmp_path)}, log=log)
    assert process.wait(HANGS_AFTER_S) == 1
    (line,) = log.read_text().splitlines()
    assert line.startswith("Error: FOLDLINE_REDIS_URL (--redis-url) is no address of a broker")
    assert "secret" not in line
