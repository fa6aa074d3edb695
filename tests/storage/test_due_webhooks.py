"""The script that ends a job or a batch is the one that makes its webhook due."""

from datetime import UTC, datetime

import pytest
import redis

from schemas.batches import BatchCounts, BatchRecord, item_id
from schemas.jobs import JobStatus
from schemas.problems import Problem, ProblemType
from schemas.webhooks import Webhook, WebhookEvent
from storage.keys import DEFAULT_TENANT
from storage.outbox import Outbox
from storage.setbacks import Setback
from tests.jobs import queued, take

URL = "https://example.com/hook"
BECAUSE = Problem(type=ProblemType.INTERNAL, title="Internal error", status=500, detail="because")


@pytest.fixture
def due(storage_settings):
    """``due()`` lists what is due: id, event and subject."""

    def claimed():
        outbox = Outbox(redis.Redis.from_url(storage_settings.redis_url))
        found = outbox.claim("test", free=100, lease_s=0.001)
        return sorted((d.id, d.event, d.subject, d.url, d.tenant) for d in found)

    return claimed


def job(job_id, webhook, **more):
    return queued(job_id, webhook=webhook, **more)


def expected(subject, what, status):
    return f"msg_{subject}_{status}", f"{what}.{status}", subject, URL, DEFAULT_TENANT


def succeed(ledger, claim):
    return ledger.succeed(claim, model_id="m", met=True, error=0.0)


ENDS = {
    "succeeded": succeed,
    "failed": lambda ledger, claim: ledger.fail(claim, problem=BECAUSE),
    "cancelled": lambda ledger, claim: ledger.cancel(claim.job_id),
}


@pytest.mark.parametrize("status", ENDS)
def test_the_end_of_a_job_makes_its_webhook_due_once(stores, due, status):
    ledger = stores.ledger
    ledger.add([job("job_1", Webhook(url=URL))])
    (claim,) = take(ledger)
    assert due() == []
    ENDS[status](ledger, claim)
    for end in ENDS.values():
        end(ledger, claim)
    assert due() == [expected("job_1", "job", status)]


def test_the_last_crash_of_a_job_is_an_end_too(stores, due):
    stores.ledger.add([job("job_1", Webhook(url=URL))])
    for _ in range(3):
        assert due() == []
        (claim,) = take(stores.ledger)
        stores.ledger.give_back(claim, setback=Setback.CRASH)
    assert due() == [expected("job_1", "job", "failed")]


def test_an_answer_from_the_store_is_an_end_too(stores, due):
    record = job("job_1", Webhook(url=URL), finished_at=datetime.now(UTC))
    stores.ledger.add_answered(record.model_copy(update={"status": JobStatus.SUCCEEDED}))
    assert due() == [expected("job_1", "job", "succeeded")]


def test_only_what_is_asked_for_is_told(stores, due):
    stores.ledger.add([job("job_1", None)])
    stores.ledger.add([job("job_2", Webhook(url=URL, events=[WebhookEvent.JOB_FAILED]))])
    both = Webhook(url=URL, events=[WebhookEvent.JOB_FAILED, WebhookEvent.JOB_SUCCEEDED])
    stores.ledger.add([job("job_3", both)])
    for claim in take(stores.ledger, 3):
        succeed(stores.ledger, claim)
    assert due() == [expected("job_3", "job", "succeeded")]


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_the_end_of_a_batch_makes_its_webhook_due_once(stores, due, status):
    batch = BatchRecord(
        id="batch_1",
        tenant=DEFAULT_TENANT,
        webhook=Webhook(url=URL),
        counts=BatchCounts(total=2, refused=0),
        created_at=datetime.now(UTC),
    )
    jobs = [
        job(item_id(batch.id, index), None, index=index, batch_id=batch.id) for index in range(2)
    ]
    stores.batches.write(batch.id, jobs, [])
    stores.batches.accept(batch, max_waiting=9)
    first, second = take(stores.ledger, 2)
    succeed(stores.ledger, first)
    assert due() == []
    if status == "completed":
        succeed(stores.ledger, second)
    stores.batches.cancel(batch.id)
    assert due() == [expected(batch.id, "batch", status)]
