"""What is kept for how long."""

import os
import time

import pytest

from schemas.batches import BatchCounts, BatchRecord, item_id
from schemas.errors import NotFound
from schemas.jobs import InputPlace
from schemas.models import ModelFacts
from storage.connection import connect
from storage.keys import DEFAULT_TENANT, ORPHANS_SOUGHT, OWNER
from tests.jobs import take
from tests.stored import has_model
from worker.retention import Retention
from worker.settings import WorkerSettings

DAY_S = 86_400.0
# Everything that has ended is due.
AT_ONCE = 1e-9


def retention(stores, **settings):
    return Retention(stores, WorkerSettings(**settings))


def test_a_job_goes_with_its_samples_and_its_model_stays(stores, submit):
    done, waiting = submit(), submit()
    (claim,) = take(stores.ledger)
    stores.artifacts.put_model("m", {"manifest.json": b"{}"})
    stores.ledger.succeed(claim, model_id="m", met=True, error=0.0)
    retention(stores).look()
    assert stores.ledger.get(done)
    retention(stores, jobs_kept_days=None).look()
    assert stores.ledger.get(done)
    retention(stores, jobs_kept_days=AT_ONCE).look()
    with pytest.raises(NotFound):
        stores.ledger.get(done)
    with pytest.raises(NotFound):
        stores.artifacts.get_input(done)
    assert [job.id for job in stores.ledger.page(limit=9, cursor=None)[0]] == [waiting]
    assert stores.artifacts.get_input(waiting)
    assert has_model(stores.artifacts, "m")


def test_a_batch_goes_with_all_its_jobs(stores, submit):
    template = stores.ledger.get(submit())
    stores.ledger.cancel(template.id)
    batch = BatchRecord(
        id="batch_1",
        tenant=DEFAULT_TENANT,
        counts=BatchCounts(total=2, refused=0),
        created_at=template.created_at,
    )
    jobs = [
        template.model_copy(
            update={
                "id": item_id(batch.id, index),
                "index": index,
                "batch_id": batch.id,
                "input": InputPlace(name="batch_1.0"),
            }
        )
        for index in range(2)
    ]
    stores.artifacts.put_inputs({"batch_1.0": b"1"})
    stores.batches.write(batch.id, jobs, [])
    stores.batches.accept(batch, max_waiting=9)
    retention(stores, jobs_kept_days=AT_ONCE).look()
    assert stores.ledger.get(jobs[0].id)
    stores.batches.cancel(batch.id)
    retention(stores, jobs_kept_days=AT_ONCE).look()
    for job in jobs:
        with pytest.raises(NotFound):
            stores.ledger.get(job.id)
    with pytest.raises(NotFound):
        stores.batches.get(batch.id)
    with pytest.raises(NotFound):
        stores.artifacts.get_input("batch_1.0")
    assert stores.batches.page(limit=9, cursor=None) == ([], None)


def test_models_go_only_if_they_are_told_to(stores):
    for model_id, created_ms in (("old", 1), ("new", 2**45)):
        stores.artifacts.put_model(model_id, {"manifest.json": b"{}"})
        stores.models.add(model_id, created_ms=created_ms, facts=ModelFacts(met=True))
    retention(stores).look()
    assert has_model(stores.artifacts, "old")
    retention(stores, models_kept_days=1).look()
    assert not has_model(stores.artifacts, "old")
    assert has_model(stores.artifacts, "new")
    assert stores.models.page(limit=9, cursor=None)[0] == ["new"]


def test_the_samples_of_a_submission_that_was_never_accepted_go(stores, storage_settings):
    def written_days_ago(path, days):
        os.utime(path, (time.time() - days * DAY_S,) * 2)

    retention(stores).look()
    written_days_ago(storage_settings.data_dir / OWNER, 5)
    stores.artifacts.put_inputs({"job_never": b"1", "job_new": b"2"})
    written_days_ago(storage_settings.data_dir / "inputs/default/job_never", 3)
    retention(stores).look()
    assert stores.artifacts.input_names() == ["job_never", "job_new"]
    # The next day.
    connect(storage_settings.redis_url).delete(ORPHANS_SOUGHT)
    retention(stores).look()
    assert stores.artifacts.input_names() == ["job_new"]
