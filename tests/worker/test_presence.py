"""Signs of life: what a worker holds without knowing, and what others held who are gone."""

import time

import pytest

from schemas.jobs import JobStatus
from storage import keys
from storage.connection import connect
from worker.presence import Presence
from worker.settings import WorkerSettings


@pytest.fixture
def await_beats(stores, monkeypatch, eventually):
    """``await_beats()`` waits for a few signs of life, begun and ended from now on."""
    beat, ended = type(stores.ledger).beat, []

    def counted(ledger, name):
        known = beat(ledger, name)
        ended.append(name)
        return known

    def wait():
        seen = len(ended)
        eventually(lambda: len(ended) > seen + 3)

    monkeypatch.setattr(type(stores.ledger), "beat", counted)
    return wait


@pytest.fixture
def present(stores):
    """``present(...)`` is a worker "one" that gives signs of life."""

    def begin(**settings):
        return Presence(stores.ledger, WorkerSettings(name="one", beat_s=0.05, **settings))

    return begin


def test_a_job_that_nobody_works_on_waits_again(stores, record, present, eventually):
    job_id = record()
    # The broker gave it out, and the answer was lost.
    stores.ledger.claim("one", count=1)
    with present():
        eventually(lambda: stores.ledger.get(job_id).status is JobStatus.QUEUED)


def test_a_job_is_kept_as_long_as_it_is_held(stores, record, present, eventually, await_beats):
    job_id = record()
    with present() as presence:
        (claim,) = presence.claim(1)
        await_beats()
        assert presence.holds(claim)
        assert stores.ledger.get(job_id).status is JobStatus.RUNNING
        # An error of ours, or a broker that was away for too long, kept it from being ended.
        presence.let_go(claim)
        eventually(lambda: stores.ledger.get(job_id).status is JobStatus.QUEUED)


@pytest.mark.parametrize(("up_s", "status"), [(1e6, JobStatus.QUEUED), (0, JobStatus.RUNNING)])
def test_a_new_worker_takes_over_at_once_unless_the_broker_is_new_too(
    stores, record, present, monkeypatch, storage_settings, eventually, await_beats, up_s, status
):
    monkeypatch.setattr(type(stores.ledger), "up_s", lambda _: up_s)
    job_id = record()
    stores.ledger.claim("dead", count=1)
    a_day_ago = (time.time() - 86_400) * 1000
    broker = connect(storage_settings.redis_url)
    broker.zadd(keys.WORKERS, {"dead": a_day_ago})
    with present(lost_after_s=3600, sweep_s=1):
        eventually(lambda: "one" in stores.ledger.workers())
        # It looks for lost jobs after a second, if it does, and after a sign of life.
        time.sleep(1.1)
        await_beats()
        assert stores.ledger.get(job_id).status is status
