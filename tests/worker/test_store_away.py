"""Workers whose store is away for a while, as a share that is not mounted."""

import time

import pytest

from schemas.jobs import JobStatus
from tests.worker.conftest import PROCESSES

ANSWER, WAIT = range(2)
# The stand-in engine takes every other seed for WAIT, too, and no two are the same question.
SEEDS = range(10, 18)
WORKERS = ("one", "two")
AWAY_S = 5.0


@pytest.fixture
def workers(start_worker, eventually, tmp_path):
    """Workers, ready; they say at the end that nothing has ended them."""
    logs = {name: tmp_path / f"{name}.log" for name in WORKERS}
    started = [start_worker(name, log=log) for name, log in logs.items()]
    eventually(lambda: all("ready" in log.read_text() for log in logs.values()))
    yield started
    assert [worker.poll() for worker in started] == [None] * len(WORKERS)


@pytest.fixture
def take_away(storage_settings):
    """``take_away()`` moves the store away; what it returns moves it back."""
    place = storage_settings.data_dir
    away = place.with_name("away")

    def take():
        place.rename(away)
        return lambda: away.rename(place)

    return take


def attempts_of_those_done(stores, jobs):
    records = [stores.ledger.get(job_id) for job_id in jobs]
    done = all(record.status is JobStatus.SUCCEEDED for record in records)
    return done and [record.attempts for record in records]


@pytest.mark.usefixtures("workers")
def test_a_job_that_waits_is_not_begun_again_and_again(stores, submit, take_away, eventually):
    job_id = submit(ANSWER)
    bring_back = take_away()
    time.sleep(AWAY_S)
    # Each worker has to find out by itself: the store may be away from one machine only.
    assert stores.ledger.get(job_id).attempts <= len(WORKERS)
    bring_back()
    eventually(lambda: attempts_of_those_done(stores, [job_id]))


@pytest.mark.usefixtures("workers")
def test_what_is_fitted_meanwhile_is_stored_when_the_store_is_back(
    stores, submit, take_away, eventually, gate
):
    jobs = [submit(seed) for seed in SEEDS]
    in_flight = jobs[: len(WORKERS) * PROCESSES]
    eventually(lambda: all(stores.ledger.get(job).progress.fraction for job in in_flight))
    bring_back = take_away()
    gate.touch()
    time.sleep(AWAY_S)
    bring_back()
    attempts = eventually(lambda: attempts_of_those_done(stores, jobs))
    # One of each worker is begun to no avail while the first answer is being put away.
    assert sum(attempts) <= len(jobs) + len(WORKERS)
    assert attempts[: len(in_flight)] == [1] * len(in_flight)
