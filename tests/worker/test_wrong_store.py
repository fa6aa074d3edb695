"""A worker that has another store than the API has, or none yet, harms no job."""

import pytest
import redis

from cli.broker import start_broker
from schemas.jobs import JobStatus
from storage import keys
from storage.setbacks import MAX_MISSES
from storage.settings import StorageSettings, open_stores
from tests.waiting import HANGS_AFTER_S

ANSWER = 0
JOBS = 8


@pytest.fixture
def another(tmp_path):
    """A directory that is the store of another broker."""
    directory = tmp_path / "another"
    with start_broker(tmp_path / "broker") as broker:
        settings = StorageSettings(redis_url=broker.url, data_dir=directory)
        open_stores(settings, make=True).binding.bind()
    return directory


@pytest.fixture(autouse=True)
def _open_gate(gate):
    """Every question is answered at once."""
    gate.touch()


def fates(stores, jobs):
    records = [stores.ledger.get(job) for job in jobs]
    return {(record.status, record.attempts) for record in records}


def test_one_with_the_store_of_another_broker_refuses_to_start(
    stores, submit, start_worker, another, tmp_path
):
    jobs = [submit(ANSWER) for _ in range(JOBS)]
    log = tmp_path / "log"
    worker = start_worker("one", data_dir=another, log=log)
    assert worker.wait(HANGS_AFTER_S) == 1
    assert "this store cannot be used: it belongs to another broker" in log.read_text()
    assert fates(stores, jobs) == {(JobStatus.QUEUED, 0)}


@pytest.mark.parametrize("made", [False, True])
def test_one_whose_store_is_not_mounted_yet_waits_and_makes_none(
    stores, submit, start_worker, tmp_path, storage_settings, eventually, made
):
    jobs = [submit(seed) for seed in range(10, 10 + JOBS)]
    mount, log = tmp_path / "mount", tmp_path / "log"
    if made:
        # A mount point is there, and empty.
        mount.mkdir()
    start_worker("one", data_dir=mount, log=log)
    eventually(lambda: "takes no job: the store does not answer" in log.read_text())
    assert list(tmp_path.glob("mount/*")) == []
    assert fates(stores, jobs) == {(JobStatus.QUEUED, 0)}
    if made:
        mount.rmdir()
    mount.symlink_to(storage_settings.data_dir)
    eventually(lambda: fates(stores, jobs) == {(JobStatus.SUCCEEDED, 1)})


def test_one_that_waits_for_its_store_leaves_when_it_is_asked_to(
    start_worker, tmp_path, eventually
):
    log = tmp_path / "log"
    worker = start_worker("one", data_dir=tmp_path / "mount", log=log)
    eventually(lambda: "takes no job" in log.read_text())
    worker.terminate()
    assert worker.wait(HANGS_AFTER_S) == 0


def test_a_store_that_becomes_another_meanwhile_fails_no_job(
    stores, submit, start_worker, tmp_path, storage_settings, eventually, another
):
    mount, log = tmp_path / "mount", tmp_path / "log"
    mount.symlink_to(storage_settings.data_dir)
    worker = start_worker("one", data_dir=mount, log=log)
    eventually(lambda: "ready" in log.read_text())
    mount.unlink()
    mount.symlink_to(another)
    jobs = [submit(seed) for seed in range(10, 10 + JOBS)]
    eventually(lambda: "belongs to another broker" in log.read_text())
    assert {status for status, _ in fates(stores, jobs)} <= {JobStatus.QUEUED, JobStatus.RUNNING}
    mount.unlink()
    mount.symlink_to(storage_settings.data_dir)
    eventually(lambda: {status for status, _ in fates(stores, jobs)} == {JobStatus.SUCCEEDED})
    assert worker.poll() is None


def test_a_job_whose_samples_are_gone_is_looked_for_again_and_holds_up_no_other(
    stores, submit, start_worker, eventually
):
    lost, other = submit(ANSWER), submit(10)
    stores.artifacts.delete_inputs([lost])
    start_worker("one")
    eventually(lambda: stores.ledger.get(lost).finished_at)
    job = stores.ledger.get(lost)
    assert (job.status, job.attempts) == (JobStatus.FAILED, MAX_MISSES)
    assert "gone from the store" in job.problem.detail
    eventually(lambda: stores.ledger.get(other).status is JobStatus.SUCCEEDED)


def test_a_broker_that_knows_no_store_has_its_workers_wait(
    stores, submit, start_worker, eventually, tmp_path, storage_settings
):
    job, log = submit(ANSWER), tmp_path / "log"
    client = redis.Redis.from_url(storage_settings.redis_url)
    word = client.get(keys.LEDGER)
    (storage_settings.data_dir / keys.OWNER).unlink()
    client.delete(keys.LEDGER)
    start_worker("one", log=log)
    eventually(lambda: "the first start of an API binds it" in log.read_text())
    assert fates(stores, [job]) == {(JobStatus.QUEUED, 0)}
    client.set(keys.LEDGER, word)
    (storage_settings.data_dir / keys.OWNER).write_bytes(word)
    eventually(lambda: fates(stores, [job]) == {(JobStatus.SUCCEEDED, 1)})
