"""Watching the line fold: a real fit, drawn as it is trained, through any of several APIs."""

import json
from contextlib import closing

import numpy as np
import pytest

from storage.connection import connect
from storage.keys import FOLLOWED_PREFIX, OUTLINE_PREFIX
from tests.processes import Api, end, start

# There for seconds, and for those who follow.
BRIEF = (FOLLOWED_PREFIX, OUTLINE_PREFIX)


@pytest.fixture
def apis(storage_settings, tmp_path, eventually):
    """Clients of two API processes, with a worker behind them."""
    environment = {
        "FOLDLINE_REDIS_URL": storage_settings.redis_url,
        "FOLDLINE_DATA_DIR": str(storage_settings.data_dir),
    }
    apis = [Api(environment, log=tmp_path / f"api-{number}.log") for number in (1, 2)]
    worker = start("worker", environment=environment, log=tmp_path / "worker.log")
    for api in apis:
        eventually(api.ready)
    yield [api.client for api in apis]
    end(worker)
    for api in apis:
        api.stop()


@pytest.fixture
def names(storage_settings):
    """The names of all keys in the broker: ``names()``."""
    broker = connect(storage_settings.redis_url)
    return lambda: {name.decode() for name in broker.scan_iter()}


def asked(client, x, y, **options):
    """A job that takes some seconds: the paper's networks, one deeper than the other."""
    question = {
        "samples": {"x": x.tolist(), "y": y.tolist()},
        "target": {"tolerance": 1e-6},
        "options": {"architecture": "compelled", **options},
    }
    return client.post("/v1/jobs", json=question).raise_for_status().json()["links"]["self"]


def events(client, job, last=None):
    """Every event of a stream as it comes: its id and its data."""
    headers = {} if last is None else {"Last-Event-ID": last}
    with client.stream("GET", f"{job}/events", headers=headers) as response:
        event = {}
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
            elif "id" in event:
                yield event["id"], json.loads(event["data"])
                event = {}


def test_a_job_shows_how_its_network_comes_to_fit_to_whoever_follows_it_at_any_api(apis):
    x = np.linspace(-4.0, 4.0, 200)
    y = 20.0 + x / (1 + np.exp(-3 * x))
    job = asked(apis[0], x, y, time_limit=4.0)
    told = []
    with closing(events(apis[1], job)) as stream:
        for event in stream:
            told.append(event)
            if "current" in event[1]:
                break
    # It breaks off, and goes on elsewhere.
    told += events(apis[0], job, last=told[-1][0])
    assert told[-1][1]["status"] == "succeeded"
    assert [event_id for event_id, _ in told] == [event_id for event_id, _ in events(apis[1], job)]

    drawn = [event for _, event in told if "current" in event]
    assert {event["status"] for event in drawn} == {"running"}
    errors = []
    for outline in (event["current"] for event in drawn):
        assert 2 <= len(outline["x"]) == len(outline["y"]) <= 256
        assert np.all(np.diff(outline["x"]) > 0)
        assert (outline["x"][0], outline["x"][-1]) == (x[0], x[-1])
        errors.append(np.abs(np.interp(x, outline["x"], outline["y"]) - y).max())
    assert np.isfinite(errors).all()
    assert min(errors) < errors[0] / 2
    assert "current" not in apis[0].get(job).json()


def test_what_is_drawn_leaves_nothing_in_the_broker(apis, names, eventually):
    x = np.linspace(0.0, 1.0, 200)

    def ended(job):
        return apis[0].get(job).json()["status"] == "succeeded"

    def of(job):
        job_id = job.rpartition("/")[2]
        return {name.replace(job_id, "") for name in names() if job_id in name}

    unseen = asked(apis[0], x, np.exp(x), time_limit=1.5)
    eventually(lambda: ended(unseen))
    usual = of(unseen)
    assert not usual & set(BRIEF)
    seen = asked(apis[0], x, np.exp(2 * x), time_limit=1.5)
    assert any("current" in event for _, event in events(apis[1], seen))
    eventually(lambda: of(seen) == usual)
