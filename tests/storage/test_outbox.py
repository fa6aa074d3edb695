"""Deliveries: due, claimed, tried again, given up; and the secret they are signed with."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.batches import BatchCounts, BatchRecord, item_id
from schemas.errors import Unavailable
from schemas.webhooks import DeliveryStatus, Webhook, WebhookEvent
from storage import keys
from storage.connection import connect
from storage.outbox import Outbox
from tests import deliveries
from tests.jobs import queued

LEASE_S = 60.0
QUEUE = keys.DELIVERIES_PREFIX + keys.DEFAULT_TENANT


@pytest.fixture
def connection(storage_settings):
    return connect(storage_settings.redis_url)


@pytest.fixture
def outbox(connection):
    return Outbox(connection)


@pytest.fixture
def put(outbox):
    """Puts the delivery of a job in."""

    def put_delivery(subject="job_1", **changes):
        whom = {"url": "https://example.com", "tenant": "default"}
        return deliveries.put(
            outbox, **whom | {"event": WebhookEvent.JOB_SUCCEEDED, "subject": subject} | changes
        )

    return put_delivery


@pytest.fixture(autouse=True)
def accepted(stores):
    """A job and a batch of one other job, with webhooks; nothing has ended."""
    webhook = Webhook(url="https://example.com")
    batch = BatchRecord(
        id="batch_1",
        tenant=keys.DEFAULT_TENANT,
        webhook=webhook,
        counts=BatchCounts(total=1, refused=0),
        created_at=datetime.now(UTC),
    )
    stores.batches.write(batch.id, [queued(item_id(batch.id, 0), batch_id=batch.id, index=0)], [])
    stores.batches.accept(batch, max_waiting=9)
    stores.ledger.add([queued("job_1", webhook=webhook)])


@pytest.fixture
def due(stores):
    """``due(subject)`` ends the job or the batch."""

    def end(subject):
        (stores.batches if subject == "batch_1" else stores.ledger).cancel(subject)

    return end


@pytest.fixture
def became(stores):
    """``became(subject)``: what the job or the batch says of its delivery."""

    def found(subject):
        return (
            (stores.batches if subject == "batch_1" else stores.ledger)
            .get(subject)
            .webhook_delivery
        )

    return found


def claimed(outbox, *, free=10, lease_s=LEASE_S, **under_way):
    return outbox.claim("one", free=free, lease_s=lease_s, under_way=under_way)


def test_a_delivery_is_claimed_as_it_was_put_in(outbox, put):
    assert put() == "msg_job_1_succeeded"
    (delivery,) = claimed(outbox)
    assert delivery.id == "msg_job_1_succeeded"
    assert (delivery.url, delivery.tenant) == ("https://example.com", "default")
    assert (delivery.event, delivery.subject) == ("job.succeeded", "job_1")
    assert datetime.now(UTC) - delivery.created_at < timedelta(seconds=60)
    assert (delivery.attempts, delivery.last_error) == (1, "")
    assert outbox.get(delivery.id) == delivery


def test_times_are_read_with_and_without_the_quotes_of_json(outbox, put, connection):
    for text in ('"2026-01-01T00:00:00+00:00"', "2026-01-01T00:00:00Z"):
        delivery_id = put()
        connection.hset(keys.delivery_key(delivery_id), "created_at", text)
        assert outbox.get(delivery_id).created_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_longest_due_are_claimed_first(outbox, put, connection):
    names = [put(f"job_{number}") for number in range(4)]
    connection.zadd(QUEUE, {name: place for place, name in enumerate(reversed(names))})
    assert claimed(outbox, free=0) == []
    assert [delivery.id for delivery in claimed(outbox, free=5)] == names[:0:-1]
    assert [delivery.id for delivery in claimed(outbox, free=5)] == names[:1]


def test_one_tenant_gets_half_of_the_room_and_the_next_finds_some(outbox, put):
    for number in range(100):
        put(f"job_{number}", tenant="many")
    assert [delivery.tenant for delivery in claimed(outbox, free=8)] == ["many"] * 4
    assert claimed(outbox, free=4, many=4) == []
    put("job_100", tenant="late")
    assert [delivery.tenant for delivery in claimed(outbox, free=4, many=4)] == ["late"]
    assert [delivery.tenant for delivery in claimed(outbox, free=5, many=3)] == ["many"]


def test_whoever_has_enough_does_not_hide_the_others(outbox, put):
    for number in range(10):
        put(f"job_{number}", tenant=f"early_{number}")
    put("job_10", tenant="late")
    enough = {f"early_{number}": 1 for number in range(10)}
    assert [delivery.tenant for delivery in claimed(outbox, free=1, **enough)] == ["late"]


def test_tenants_take_turns_however_long_some_have_waited(outbox, put, connection):
    for number in range(6):
        put(f"job_{number}", tenant="first" if number < 3 else "second")
    connection.zadd(keys.DELIVERY_TURNS, {"first": 0})
    found = []
    for _ in range(6):
        (delivery,) = claimed(outbox, free=1)
        found.append(delivery.tenant)
        # Turns are counted in milliseconds.
        time.sleep(0.002)
    assert found == ["first", "second"] * 3


def test_the_figures_count_the_deliveries_of_all_tenants(outbox, put, stores):
    for number, tenant in enumerate(["first", "first", "second"]):
        put(f"job_{number}", tenant=tenant)
    assert stores.ledger.figures().deliveries == 3
    for delivery in claimed(outbox):
        outbox.delivered(delivery)
    assert stores.ledger.figures().deliveries == 0


def test_what_is_claimed_is_due_again_when_the_lease_is_over(outbox, put, eventually):
    put()
    (first,) = claimed(outbox, lease_s=0.05)
    (second,) = eventually(lambda: claimed(outbox))
    assert second == replace(first, attempts=2)
    assert claimed(outbox) == []


def test_a_delivery_that_was_made_is_gone(outbox, put, connection):
    put()
    (delivery,) = claimed(outbox)
    outbox.delivered(delivery)
    assert outbox.get(delivery.id) is None
    assert connection.zcard(QUEUE) == 0


def test_a_failed_delivery_comes_back_at_its_time_with_the_reason(outbox, put, connection):
    put()
    (delivery,) = claimed(outbox)
    outbox.retry(delivery, "refused", in_s=600)
    assert claimed(outbox) == []
    wait = connection.zscore(QUEUE, delivery.id) / 1000 - datetime.now(UTC).timestamp()
    assert 590 < wait <= 601
    outbox.retry(delivery, "refused again", in_s=0)
    assert claimed(outbox) == [replace(delivery, attempts=2, last_error="refused again")]


def test_a_delivery_that_was_given_up_is_gone(outbox, put, connection):
    put()
    (delivery,) = claimed(outbox)
    outbox.give_up(delivery, "gone")
    assert outbox.get(delivery.id) is None
    assert connection.zcard(QUEUE) == 0


def test_what_another_sender_has_delivered_does_not_come_back(outbox, due, became):
    due("job_1")
    (delivery,) = claimed(outbox)
    outbox.delivered(delivery)
    outbox.retry(delivery, "too late", in_s=0)
    outbox.give_up(delivery, "too late")
    assert claimed(outbox) == []
    assert outbox.get(delivery.id) is None
    assert became("job_1").status is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("subject", ["job_1", "batch_1"])
def test_a_job_and_a_batch_say_what_has_become_of_their_delivery(outbox, due, became, subject):
    assert became(subject) is None
    due(subject)
    found = became(subject)
    assert (found.status, found.attempts, found.last_attempt_at) == ("pending", 0, None)
    assert abs(found.next_attempt_at - datetime.now(UTC)) < timedelta(seconds=60)
    (delivery,) = claimed(outbox)
    outbox.retry(delivery, "answered 500", in_s=0)
    found = became(subject)
    assert (found.status, found.attempts, found.last_error) == ("pending", 1, "answered 500")
    assert found.next_attempt_at >= found.last_attempt_at
    (delivery,) = claimed(outbox)
    outbox.delivered(delivery)
    found = became(subject)
    assert (found.status, found.attempts, found.last_error) == ("delivered", 2, None)
    assert found.last_attempt_at is not None
    assert found.next_attempt_at is None


def test_one_that_is_given_up_says_why(outbox, due, became):
    due("job_1")
    (delivery,) = claimed(outbox)
    outbox.give_up(delivery, "answered 410")
    found = became("job_1")
    assert (found.status, found.attempts, found.last_error) == ("given_up", 1, "answered 410")
    assert found.next_attempt_at is None


def test_what_was_forgotten_does_not_come_back_with_what_became_of_it(
    outbox, due, stores, connection
):
    for subject in ("job_1", "batch_1"):
        due(subject)
        stores.ended.forget(subject)
    retried, delivered = claimed(outbox)
    outbox.retry(retried, "answered 500", in_s=0)
    outbox.delivered(delivered)
    for subject in ("job_1", "batch_1"):
        assert not connection.exists(keys.subject_key(subject))


def test_an_id_without_a_delivery_is_dropped(outbox, put, connection):
    connection.zadd(QUEUE, {"msg_nothing": 0})
    connection.zadd(keys.DELIVERY_TURNS, {keys.DEFAULT_TENANT: 0})
    assert claimed(outbox) == []
    assert not connection.exists(QUEUE, keys.DELIVERY_TURNS)


def test_claiming_is_a_sign_of_life(outbox, connection):
    connection.zadd(keys.SENDERS, {"silent": 0})
    claimed(outbox)
    assert connection.zrange(keys.SENDERS, 0, -1) == [b"one"]


def test_a_tenant_has_one_secret_of_32_bytes_whoever_asks_first(outbox):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda tenant: outbox.secrets.of(tenant).current, ["default"] * 32))
    assert len(found) == 1
    (secret,) = found
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert outbox.secrets.of("other").current != secret


def test_a_broker_that_is_away_is_unavailable(outbox, put):
    put()
    (delivery,) = claimed(outbox)
    away = Outbox(connect("redis://127.0.0.1:1/0"))
    for call in (
        lambda: claimed(away),
        lambda: away.get("msg_1"),
        lambda: away.delivered(delivery),
        lambda: away.retry(delivery, "", in_s=0),
        lambda: away.give_up(delivery, ""),
        lambda: away.secrets.of("default"),
    ):
        with pytest.raises(Unavailable):
            call()
