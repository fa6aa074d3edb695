"""Machines that share nothing but a broker and a store: a bucket, or a directory."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import numpy as np
import obstore
import pytest
from obstore.store import S3Store

from tests.engines.held import HELD, holding
from tests.processes import Api, end, start

WORKERS = ("one", "two")
MACHINES = ("api", *WORKERS)
JOBS = 8


@dataclass(frozen=True)
class Store:
    """What the machines share: what each has to know, and a way to damage what has this name."""

    environment: Callable[[str], dict[str, str]]
    damage: Callable[[str], None]


@pytest.fixture
def bucket(bucket_url, object_store, tmp_path):
    """A bucket: nothing is kept where only one machine finds it."""

    def environment(machine):
        own = {"FOLDLINE_STORE_URL": bucket_url, "FOLDLINE_DATA_DIR": str(tmp_path / machine)}
        return object_store.environment | own

    def damage(name):
        bucket, _, prefix = bucket_url.removeprefix("s3://").partition("/")
        with_http = {"allow_http": True}
        store = S3Store(
            bucket, prefix=prefix, client_options=with_http, region=os.environ["AWS_REGION"]
        )
        obstore.put(store, name, bytes(obstore.get(store, name).bytes())[:-1])

    yield Store(environment, damage)
    assert not any((tmp_path / machine).exists() for machine in MACHINES)


@pytest.fixture
def directory(tmp_path):
    """A directory: each machine has mounted it somewhere else."""
    share = tmp_path / "share"
    share.mkdir()
    for machine in MACHINES:
        (tmp_path / machine).symlink_to(share)

    def damage(name):
        (share / name).write_bytes((share / name).read_bytes()[:-1])

    return Store(lambda machine: {"FOLDLINE_DATA_DIR": str(tmp_path / machine)}, damage)


@pytest.fixture(params=["bucket", "directory"])
def store(request):
    """What the machines share."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def gates(tmp_path):
    """Where the file comes to be that lets all questions go."""
    directory = tmp_path / "gates"
    directory.mkdir()
    return directory


@pytest.fixture
def logs(tmp_path):
    """The log of each worker."""
    return {name: tmp_path / f"{name}.log" for name in WORKERS}


@pytest.fixture
def api(storage_settings, store, tmp_path, logs, gates, eventually):
    """A client of an API, behind which two workers are ready."""

    def environment(machine):
        return store.environment(machine) | {
            "FOLDLINE_REDIS_URL": storage_settings.redis_url,
            "FOLDLINE_WORKER_NAME": machine,
            **holding(gates)["environment"],
        }

    api = Api(environment("api"), log=tmp_path / "api.log")
    workers = [
        start("tests.engines.worker", environment=environment(name), log=logs[name])
        for name in WORKERS
    ]
    try:
        eventually(api.ready)
        eventually(lambda: all("ready" in log.read_text() for log in logs.values()))
        yield api.client
    finally:
        for worker in workers:
            end(worker)
        api.stop()


def question(power):
    x = np.linspace(0.0, 1.0, 60)
    return {
        "samples": {"x": x.tolist(), "y": (x**power).tolist()},
        "target": {"tolerance": 0.01},
        "options": {"effort": "quick", "seed": HELD[0]},
    }


def asked(api: httpx.Client, power):
    answer = api.post("/v1/jobs", json=question(power))
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"]


def running(api):
    return len(api.get("/v1/jobs?status=running").json()["data"])


def finished(api, eventually, location):
    job = eventually(lambda: (job := api.get(location).json())["finished_at"] and job)
    assert job["status"] == "succeeded", job["problem"]
    return job


def test_every_worker_answers_and_every_answer_is_everywhere(api, logs, eventually, store, gates):
    locations = [asked(api, power) for power in range(2, 2 + JOBS)]
    # Each worker has one, and can have no more before they are let go.
    eventually(lambda: running(api) == len(WORKERS))
    (gates / str(HELD[0])).touch()
    jobs = [finished(api, eventually, location) for location in locations]
    for job in jobs:
        assert job["met"]
        model = api.get(job["links"]["model"]).json()
        assert model["certificate"]["max_abs_error"] <= 0.01
        for path in ("network", "breakpoints", "plot.svg"):
            assert api.get(f"{job['links']['model']}/{path}").status_code == 200
    done = {name: log.read_text().count(": done: ") for name, log in logs.items()}
    assert sum(done.values()) == JOBS
    assert all(done.values()), done

    # Damage is noticed by the API, and repaired by whichever worker comes first.
    store.damage(f"models/default/{jobs[0]['model_id']}.zip")
    assert api.get(jobs[0]["links"]["model"]).status_code == 404
    again = finished(api, eventually, asked(api, 2))
    assert again["model_id"] == jobs[0]["model_id"]
    assert api.get(again["links"]["model"]).status_code == 200
