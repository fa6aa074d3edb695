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
def environment(storage_settings):
    return {
        "FOLDLINE_REDIS_URL": storage_settings.redis_url,
        "FOLDLINE_DATA_DIR": str(storage_settings.data_dir),
    }


@pytest.fixture
def apis(environment, tmp_path, eventually):
    """Clients of two API processes."""
    apis = [Api(environment, log=tmp_path / f"api-{number}.log") for number in (1, 2)]
    for api in apis:
        eventually(api.ready)
    yield [api.client for api in apis]
    for api in apis:
        api.stop()


@pytest.fixture
def start_worker(environment, tmp_path):
    """``start_worker()`` starts the worker behind them: whoever is to see all is there before."""
    workers = []
    yield lambda: workers.append(
        start("worker", environment=environment, log=tmp_path / "worker.log")
    )
    for worker in workers:
        end(worker)


@pytest.fixture
def names(storage_settings):
    """The names of all keys in the broker: ``names()``."""
    broker = connect(storage_settings.redis_url)
    return lambda: {name.decode() for name in broker.scan_iter()}


def asked(client, x, y, **options):
    """A job that takes long: the paper's networks, one deeper than the other."""
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


def test_a_job_shows_how_its_network_comes_to_fit_to_whoever_follows_it_at_any_api(
    apis, start_worker
):
    x = np.linspace(-4.0, 4.0, 200)
    y = 20.0 + x / (1 + np.exp(-3 * x))
    job = asked(apis[0], x, y)
    errors = []

    def look(outline):
        assert 2 <= len(outline["x"]) == len(outline["y"]) <= 256
        assert np.all(np.diff(outline["x"]) > 0)
        assert (outline["x"][0], outline["x"][-1]) == (x[0], x[-1])
        errors.append(np.abs(np.interp(x, outline["x"], outline["y"]) - y).max())

    told = []
    with closing(events(apis[1], job)) as stream:
        for event in stream:
            if not told:
                start_worker()
            told.append(event)
            if "current" in event[1]:
                look(event[1]["current"])
                break
    # It breaks off, and goes on elsewhere, until enough was seen.
    for event in events(apis[0], job, last=told[-1][0]):
        told.append(event)
        if "current" in event[1]:
            look(event[1]["current"])
            if min(errors) < errors[0] / 2:
                apis[1].post(f"{job}/cancel").raise_for_status()
    assert min(errors) < errors[0] / 2
    assert np.isfinite(errors).all()
    assert told[-1][1]["status"] == "cancelled"
    # The oldest may have been dropped meanwhile.
    kept = [event_id for event_id, _ in events(apis[1], job)]
    assert [event_id for event_id, _ in told][-len(kept) :] == kept
    assert {event["status"] for _, event in told if "current" in event} == {"running"}
    assert "current" not in apis[0].get(job).json()


def test_what_is_drawn_leaves_nothing_in_the_broker(apis, start_worker, names, eventually):
    x = np.linspace(0.0, 1.0, 200)

    def of(job):
        job_id = job.rpartition("/")[2]
        return {name.replace(job_id, "") for name in names() if job_id in name}

    def cancel(job):
        apis[0].post(f"{job}/cancel").raise_for_status()

    seen, unseen = (asked(apis[0], x, np.exp(x * power)) for power in (1, 2))
    drawn = False
    for _, event in events(apis[1], seen):
        if event["status"] == "queued":
            start_worker()
        if "current" in event and not drawn:
            drawn = True
            cancel(seen)
    assert drawn
    eventually(lambda: apis[0].get(unseen).json()["progress"]["iteration"])
    cancel(unseen)
    usual = of(unseen)
    assert not usual & set(BRIEF)
    eventually(lambda: of(seen) == usual)
