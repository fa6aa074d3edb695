"""Deliveries: due, claimed, tried again, given up; and the secret they are signed with."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.errors import Unavailable
from schemas.webhooks import WebhookEvent
from storage import keys
from storage.outbox import GIVEN_UP_KEPT_S, Outbox
from storage.settings import connect
from tests import deliveries

LEASE_S = 60.0


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


def claimed(outbox, *, count=10, lease_s=LEASE_S):
    return outbox.claim("one", count=count, lease_s=lease_s)


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


def test_no_more_are_claimed_than_asked_for_and_the_longest_due_first(outbox, put, connection):
    names = [put(f"job_{number}") for number in range(4)]
    connection.zadd(keys.DELIVERIES, {name: place for place, name in enumerate(reversed(names))})
    assert claimed(outbox, count=0) == []
    assert [delivery.id for delivery in claimed(outbox, count=3)] == names[:0:-1]
    assert [delivery.id for delivery in claimed(outbox, count=3)] == names[:1]


def test_what_is_claimed_is_due_again_when_the_lease_is_over(outbox, put, eventually):
    put()
    (first,) = claimed(outbox, lease_s=0.05)
    (second,) = eventually(lambda: claimed(outbox))
    assert second == replace(first, attempts=2)
    assert claimed(outbox) == []


def test_a_delivery_that_was_made_is_gone(outbox, put, connection):
    put()
    (delivery,) = claimed(outbox)
    outbox.delivered(delivery.id)
    assert outbox.get(delivery.id) is None
    assert connection.zcard(keys.DELIVERIES) == 0


def test_a_failed_delivery_comes_back_at_its_time_with_the_reason(outbox, put, connection):
    put()
    (delivery,) = claimed(outbox)
    outbox.retry(delivery.id, "refused", in_s=600)
    assert claimed(outbox) == []
    wait = connection.zscore(keys.DELIVERIES, delivery.id) / 1000 - datetime.now(UTC).timestamp()
    assert 590 < wait <= 601
    outbox.retry(delivery.id, "refused again", in_s=0)
    assert claimed(outbox) == [replace(delivery, attempts=2, last_error="refused again")]


def test_a_delivery_that_was_given_up_is_kept_for_three_days(outbox, put, connection):
    put()
    (delivery,) = claimed(outbox)
    outbox.give_up(delivery.id, "gone")
    assert connection.zcard(keys.DELIVERIES) == 0
    kept = outbox.get(delivery.id)
    assert kept.last_error == "gone"
    assert kept.given_up_at is not None
    assert 0 < connection.ttl(keys.delivery_key(delivery.id)) <= GIVEN_UP_KEPT_S == 3 * 24 * 3600


def test_what_another_sender_has_delivered_does_not_come_back(outbox, put, connection):
    put()
    (delivery,) = claimed(outbox)
    outbox.delivered(delivery.id)
    outbox.retry(delivery.id, "too late", in_s=0)
    outbox.give_up(delivery.id, "too late")
    assert claimed(outbox) == []
    assert outbox.get(delivery.id) is None


def test_an_id_without_a_delivery_is_dropped(outbox, put, connection):
    connection.zadd(keys.DELIVERIES, {"msg_nothing": 0})
    assert claimed(outbox) == []
    assert connection.zcard(keys.DELIVERIES) == 0


def test_claiming_is_a_sign_of_life(outbox, connection):
    connection.zadd(keys.SENDERS, {"silent": 0})
    claimed(outbox)
    assert connection.zrange(keys.SENDERS, 0, -1) == [b"one"]


def test_a_tenant_has_one_secret_of_32_bytes_whoever_asks_first(outbox):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(outbox.secret_of, ["default"] * 32))
    assert len(found) == 1
    (secret,) = found
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert outbox.secret_of("other") != secret


def test_a_broker_that_is_away_is_unavailable():
    away = Outbox(connect("redis://127.0.0.1:1/0"))
    for call in (
        lambda: claimed(away),
        lambda: away.get("msg_1"),
        lambda: away.delivered("msg_1"),
        lambda: away.retry("msg_1", "", in_s=0),
        lambda: away.give_up("msg_1", ""),
        lambda: away.secret_of("default"),
    ):
        with pytest.raises(Unavailable):
            call()
