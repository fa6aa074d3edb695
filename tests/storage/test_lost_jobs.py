"""What waits or runs in the ledger and is unknown to RQ is enqueued again, and nothing else is."""

import time

import pytest
from rq import Queue

from schemas.batches import BatchCounts, BatchRecord, item_id
from schemas.jobs import JobStatus
from storage.connection import connect
from storage.job_queue import SERIALIZER, subject_of
from storage.keys import DEFAULT_TENANT, QUEUE
from storage.lost_jobs import RQ_FINDS_WITHIN_S, LostJobs
from tests.jobs import queued, take

STUCK_S = 60.0
BATCH = "batch_1"
ITEMS = [item_id(BATCH, index) for index in range(40)]


@pytest.fixture
def connection(storage_settings):
    return connect(storage_settings.redis_url)


@pytest.fixture
def queue(connection):
    """RQ's queue."""
    return Queue(QUEUE, connection=connection, serializer=SERIALIZER)


@pytest.fixture
def look(connection):
    """``look()`` enqueues what is lost; what is on its way may be so for a minute."""
    return lambda: LostJobs(connection).look(stuck_after_s=STUCK_S)


@pytest.fixture
def batch(stores):
    """A batch that waits."""
    records = [queued(job_id, batch_id=BATCH, index=index) for index, job_id in enumerate(ITEMS)]
    stores.batches.write(BATCH, records, [])
    counts = BatchCounts(total=len(ITEMS), refused=0)
    created_at = records[0].created_at
    record = BatchRecord(id=BATCH, tenant=DEFAULT_TENANT, counts=counts, created_at=created_at)
    stores.batches.accept(record, max_waiting=100)


def subjects(queue):
    return [subject_of(rq_id) for rq_id in queue.get_job_ids()]


def test_a_job_is_in_the_queue_as_soon_as_it_is_in_the_ledger_and_gone_with_it(stores, queue, look):
    ids = [f"job_{number}" for number in range(3)]
    stores.ledger.add([queued(job_id) for job_id in ids])
    assert queue.get_job_ids() == ids
    stores.ledger.cancel(ids[1])
    look()
    assert queue.get_job_ids() == [ids[0], ids[2]]


@pytest.mark.usefixtures("batch")
def test_a_batch_has_a_few_turns_in_the_queue_and_no_jobs(stores, queue, look):
    look()
    assert subjects(queue) == [BATCH] * 3
    claims, left = stores.batches.claim_next(BATCH, holder="one", count=16)
    assert [claim.job_id for claim in claims] == ITEMS[:16]
    assert left == 24


@pytest.mark.usefixtures("batch")
def test_what_a_turn_gives_back_comes_by_itself_and_before_all_others(stores, queue, look):
    claims, _ = stores.batches.claim_next(BATCH, holder=queue.get_job_ids()[0], count=2)
    stores.ledger.give_back(claims[1])
    assert subjects(queue) == [ITEMS[1], *[BATCH] * 3]
    again, _ = stores.batches.claim_next(BATCH, holder=queue.get_job_ids()[0], count=1)
    assert [claim.job_id for claim in again] == [ITEMS[2]]


def test_jobs_come_back_in_their_order_when_the_queue_was_emptied(stores, queue, look):
    ids = [f"job_{number}" for number in range(3)]
    stores.ledger.add([queued(job_id) for job_id in ids])
    queue.empty()
    look()
    assert subjects(queue) == ids
    look()
    assert subjects(queue) == ids


@pytest.mark.usefixtures("batch")
def test_a_batch_whose_turns_are_gone_gets_one_and_what_was_begun_comes_by_itself(
    stores, queue, look
):
    claims, _ = stores.batches.claim_next(BATCH, holder=queue.get_job_ids()[0], count=2)
    stores.ledger.give_back(claims[0])
    queue.empty()
    look()
    # The second is in work still, under a turn that RQ does not know any more either.
    assert sorted(subjects(queue)) == sorted([*ITEMS[:2], BATCH])
    assert stores.ledger.figures().losses == 1


def test_a_job_in_work_under_a_job_that_rq_does_not_know_is_a_loss(stores, queue, look):
    stores.ledger.add([queued("job_1")])
    take(stores.ledger, holder="gone")
    look()
    assert stores.ledger.get("job_1").status is JobStatus.QUEUED
    assert stores.ledger.figures().losses == 1


def started(queue, stores, *, silent_for_s):
    """A job in work, whose worker should have given a sign of life so long ago."""
    stores.ledger.add([queued("job_1")])
    queue.connection.delete(queue.key)
    entry = {"job_1:execution": time.time() - silent_for_s}
    queue.connection.zadd(queue.started_job_registry.key, entry)
    take(stores.ledger, holder="job_1")


def test_a_job_in_work_is_left_alone_and_to_rq_for_a_while(stores, queue, look):
    for silent_for_s in (-1.0, RQ_FINDS_WITHIN_S / 2):
        started(queue, stores, silent_for_s=silent_for_s)
        look()
        assert stores.ledger.get("job_1").status is JobStatus.RUNNING
        assert subjects(queue) == []


def test_a_silent_worker_that_rq_does_not_look_for_is_found(stores, queue, look):
    started(queue, stores, silent_for_s=RQ_FINDS_WITHIN_S + 1)
    look()
    assert stores.ledger.get("job_1").status is JobStatus.QUEUED
    assert subjects(queue) == ["job_1"]


def test_a_job_on_its_way_to_a_worker_is_left_alone_until_it_is_stuck(
    stores, queue, look, connection
):
    stores.ledger.add([queued("job_1")])
    connection.lmove(queue.key, queue.intermediate_queue_key, "LEFT", "RIGHT")
    queue.intermediate_queue.set_first_seen("job_1")
    look()
    assert queue.get_job_ids() == []
    LostJobs(connection).look(stuck_after_s=0.0)
    assert subjects(queue) == ["job_1"]
    assert queue.intermediate_queue.get_job_ids() == []


def test_all_that_was_in_work_waits_again_as_nobodys_fault_when_everybody_is_gone(
    stores, queue, connection
):
    started(queue, stores, silent_for_s=-1.0)
    LostJobs(connection).take_back_all()
    assert subjects(queue) == ["job_1"]
    assert stores.ledger.figures().losses == 0
    assert stores.ledger.get("job_1").status is JobStatus.QUEUED


def test_one_of_many_looks_at_a_time(stores, queue, connection):
    stores.ledger.add([queued("job_1")])
    lost = LostJobs(connection)
    lost.look_if_due(every_s=60, stuck_after_s=STUCK_S)
    queue.empty()
    lost.look_if_due(every_s=60, stuck_after_s=STUCK_S)
    assert queue.get_job_ids() == []
