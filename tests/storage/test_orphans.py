"""Orphans: inputs that no job knows go after a while, and only from a store that is ours."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from schemas.batches import BatchCounts, BatchRecord
from storage import keys
from storage.artifacts import BlobArtifactStore
from storage.binding import Binding
from storage.connection import connect
from storage.keys import DEFAULT_TENANT
from storage.orphans import AT_ONCE, KEPT, Orphans
from tests.jobs import queued
from tests.stored import has_model

LATER = timedelta(days=400)


@pytest.fixture
def connection(storage_settings):
    return connect(storage_settings.redis_url)


@pytest.fixture
def orphans(blobs, connection):
    return Orphans(blobs, connection, Binding(blobs, connection))


@pytest.fixture
def ours(blobs, connection):
    """A store that has become our ledger's a moment ago."""
    Binding(blobs, connection).bind()
    # A bucket counts whole seconds.
    time.sleep(1.1)


@pytest.fixture
def inputs(blobs):
    return BlobArtifactStore(blobs)


def remove(orphans):
    """As if it was much later."""
    orphans.remove(before=datetime.now(UTC) + LATER)


def test_an_input_that_no_job_knows_goes_and_the_others_stay(orphans, ours, inputs, stores):
    known = ("job_1", "batch_1.0", "batch_1.1")
    unknown = ("job_2", "batch_2.0", "job_10")
    inputs.put_inputs(dict.fromkeys((*known, *unknown, "a note"), b"1"))
    inputs.of("another").put_inputs({"job_3": b"1"})
    inputs.put_model("job_4", {"manifest.json": b"{}"})
    stores.ledger.add([queued("job_1")])
    batch = BatchRecord(
        id="batch_1",
        tenant=DEFAULT_TENANT,
        counts=BatchCounts(total=0, refused=0),
        created_at=datetime.now(UTC),
    )
    stores.batches.accept(batch, max_waiting=9)
    remove(orphans)
    assert inputs.input_names() == sorted((*known, "a note"))
    assert inputs.of("another").input_names() == []
    assert has_model(inputs, "job_4")


def test_there_may_be_more_than_are_looked_up_at_once(orphans, ours, inputs, stores):
    names = [f"job_{number:05d}" for number in range(AT_ONCE + 2)]
    inputs.put_inputs(dict.fromkeys(names, b"1"))
    stores.ledger.add([queued(names[1]), queued(names[-1])])
    remove(orphans)
    assert inputs.input_names() == [names[1], names[-1]]


def test_an_input_that_may_still_be_accepted_stays(orphans, ours, inputs):
    inputs.put_inputs({"job_1": b"1"})
    orphans.remove_if_due()
    assert inputs.input_names() == ["job_1"]


def test_a_ledger_that_has_been_emptied_removes_nothing(orphans, ours, inputs, connection, caplog):
    inputs.put_inputs({"job_1": b"1"})
    connection.flushall()
    for _ in range(2):
        remove(orphans)
        assert inputs.input_names() == ["job_1"]
    assert keys.OWNER in caplog.text


def test_what_was_there_before_the_store_was_ours_stays(orphans, inputs, blobs, connection):
    inputs.put_inputs({"job_1": b"1"})
    for _ in range(2):
        remove(orphans)
        assert inputs.input_names() == ["job_1"]
        Binding(blobs, connection).bind()


def test_they_are_looked_for_once_a_day_by_one_of_many(orphans, connection, monkeypatch):
    looked = []
    monkeypatch.setattr(Orphans, "remove", lambda _, before: looked.append(before))
    for _ in range(3):
        orphans.remove_if_due()
    assert len(looked) == 1
    assert datetime.now(UTC) - looked[0] > KEPT
    assert 0 < connection.ttl(keys.ORPHANS_SOUGHT) <= 86_400


@pytest.mark.parametrize("place", ["models", "models/default", "inputs/default"])
def test_what_a_killed_writer_left_goes_after_a_while(stores, storage_settings, place):
    directory = storage_settings.data_dir / place
    directory.mkdir(exist_ok=True)
    old, new, foreign = (
        directory / name for name in (".m.zip.47.deadbeef", ".m.zip.48.deadbeef", ".snapshot")
    )
    for path in (old, new, foreign):
        path.write_bytes(b"{")
    for path in (old, foreign):
        os.utime(path, (1, 1))
    stores.orphans.remove_if_due()
    assert sorted(directory.iterdir()) == sorted((new, foreign))
