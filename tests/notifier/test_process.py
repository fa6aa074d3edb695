"""The notifier at work: told once, tried again, given up, and carried on by the next."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from standardwebhooks import WebhookVerificationError

from cli.broker import start_broker
from notifier.reasons import Reason
from notifier.settings import NotifierSettings
from schemas.errors import NotFound
from schemas.jobs import Job
from schemas.webhooks import WebhookEvent
from storage import keys
from storage.connection import connect
from storage.outbox import Outbox
from tests.deliveries import put
from tests.notifier.conftest import Receiver
from tests.waiting import HANGS_AFTER_S

ROOT = Path(__file__).parents[2]


@pytest.fixture
def became(stores):
    """``became()``: what the job says of its delivery."""
    return lambda: stores.ledger.get("job_1").webhook_delivery


def test_a_receiver_is_told_the_job_once(
    notifying, finished, receiver, outbox, stores, secret, eventually
):
    delivery_id = finished(receiver.url)
    created_at = outbox.get(delivery_id).created_at
    with notifying():
        eventually(lambda: outbox.get(delivery_id) is None)
    (received,) = receiver.received
    assert received.headers["webhook-id"] == delivery_id == "msg_job_1_succeeded"
    assert received.verified(secret) == {
        "type": "job.succeeded",
        "timestamp": created_at.isoformat(),
        "data": Job.of(stores.ledger.get("job_1")).model_dump(mode="json")
        | {"webhook_delivery": None},
    }


def test_a_failed_delivery_is_tried_again_with_the_same_id_and_body(
    notifying, finished, receiver, outbox, secret, eventually
):
    receiver.answers = [(500, {}), (302, {"Location": "http://127.0.0.1/"})]
    delivery_id = finished(receiver.url)
    with notifying():
        eventually(lambda: outbox.get(delivery_id) is None)
    assert [received.headers["webhook-id"] for received in receiver.received] == [delivery_id] * 3
    assert len({received.body for received in receiver.received}) == 1
    for received in receiver.received:
        received.verified(secret)


def test_a_delivery_that_fails_too_often_is_given_up_and_the_job_says_so(
    notifying, finished, receiver, outbox, became, eventually
):
    receiver.answers = [(500, {})] * 9
    delivery_id = finished(receiver.url)
    with notifying():
        eventually(lambda: outbox.get(delivery_id) is None)
    assert len(receiver.received) == 3
    found = became()
    assert (found.status, found.attempts, found.last_error) == ("given_up", 3, "answered 500")


def test_a_receiver_that_is_gone_is_not_told_again(
    notifying, finished, receiver, outbox, became, eventually
):
    receiver.answers = [(410, {})]
    delivery_id = finished(receiver.url)
    with notifying():
        eventually(lambda: outbox.get(delivery_id) is None)
    assert len(receiver.received) == 1
    assert became().status == "given_up"
    assert "410" in became().last_error


def test_a_subject_that_is_gone_is_told_to_nobody(notifying, receiver, outbox, stores, eventually):
    event = WebhookEvent.JOB_FAILED
    delivery_id = put(outbox, url=receiver.url, tenant="default", event=event, subject="job_0")
    with notifying():
        eventually(lambda: outbox.get(delivery_id) is None)
    assert receiver.received == []
    with pytest.raises(NotFound):
        stores.ledger.get("job_0")


def test_a_private_address_is_not_told_and_the_job_does_not_say_which_it_is(
    notifying, finished, receiver, outbox, became, eventually, caplog
):
    delivery_id = finished(receiver.url)
    with notifying(allow_networks=[]):
        eventually(lambda: outbox.get(delivery_id) is None)
    assert receiver.received == []
    assert became().last_error == Reason.NO_ADDRESS
    # Operators are told.
    assert "is at 127.0.0.1, which is not a public address" in caplog.text


@pytest.mark.parametrize(("retry_after", "wait_s"), [("900", 900), ("9" * 9, 86_400), ("1", 60)])
def test_a_receiver_that_asks_for_time_gets_it(
    notifying, finished, receiver, outbox, storage_settings, eventually, retry_after, wait_s
):
    receiver.answers = [(503, {"Retry-After": retry_after})]
    delivery_id = finished(receiver.url)
    connection = connect(storage_settings.redis_url)
    before_s, _ = connection.time()
    with notifying(retry_waits_s=[60]):
        eventually(lambda: outbox.get(delivery_id).last_error)
    after_s, _ = connection.time()
    due_s = connection.zscore(keys.DELIVERIES_PREFIX + keys.DEFAULT_TENANT, delivery_id) / 1000
    # Up to a tenth more, so that not all come back at the same moment.
    assert before_s + wait_s <= due_s <= after_s + 1 + wait_s * 1.1


def test_a_slow_receiver_does_not_hold_up_others(notifying, finished, receiver, outbox, eventually):
    receiver.open.clear()
    slow = finished(receiver.url, "job_1")
    with Receiver() as quick, notifying(at_once=4):
        eventually(lambda: receiver.received)
        other = finished(quick.url, "job_2")
        eventually(lambda: outbox.get(other) is None)
        assert outbox.get(slow) is not None
        receiver.open.set()
        eventually(lambda: outbox.get(slow) is None)


def test_no_more_are_under_way_than_allowed(notifying, finished, receiver, outbox, eventually):
    receiver.open.clear()
    names = [finished(receiver.url, f"job_{number}") for number in range(5)]
    with notifying(at_once=4):
        eventually(lambda: len(receiver.received) == 2)
        assert sum(outbox.get(name).attempts for name in names) == 2
        receiver.open.set()
        eventually(lambda: not any(outbox.get(name) for name in names))
    assert len(receiver.received) == 5


def test_an_error_of_ours_does_not_end_the_others(
    notifying, finished, receiver, outbox, storage_settings, eventually
):
    broken = finished(receiver.url, "job_1")
    connect(storage_settings.redis_url).hset(keys.job_key("job_1"), "status", '"nonsense"')
    sound = finished(receiver.url, "job_2")
    with notifying():
        eventually(lambda: outbox.get(sound) is None)
    assert outbox.get(broken).attempts == 1


def test_one_that_was_tried_too_often_without_a_word_is_given_up(
    notifying, finished, receiver, outbox, became, storage_settings, eventually
):
    delivery_id = finished(receiver.url)
    connect(storage_settings.redis_url).hset(keys.delivery_key(delivery_id), "attempts", "3")
    with notifying():
        eventually(lambda: outbox.get(delivery_id) is None)
    assert receiver.received == []
    assert became().last_error == Reason.WITHOUT_A_WORD


@pytest.fixture
def start_notifier(storage_settings):
    """Starts a notifier process; those left are killed at the end."""
    started = []

    def start(redis_url=storage_settings.redis_url, **settings):
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "FOLDLINE_REDIS_URL": redis_url,
            "FOLDLINE_WEBHOOK_ALLOW_NETWORKS": "10.0.0.0/8, 127.0.0.1/32",
            "FOLDLINE_WEBHOOK_RETRY_WAITS_S": "0,0",
            "FOLDLINE_WEBHOOK_LOOK_S": "0.05",
            **settings,
        }
        process = subprocess.Popen([sys.executable, "-m", "notifier"], env=environment, cwd=ROOT)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_the_delivery_of_a_killed_notifier_is_made_by_the_next(
    start_notifier, finished, receiver, outbox, eventually
):
    receiver.open.clear()
    delivery_id = finished(receiver.url)
    killed = start_notifier(FOLDLINE_WEBHOOK_TIMEOUT_S="4")
    eventually(lambda: receiver.received)
    killed.kill()
    killed.wait()
    receiver.open.set()
    start_notifier()
    eventually(lambda: outbox.get(delivery_id) is None)
    assert len(receiver.received) >= 2
    assert {received.headers["webhook-id"] for received in receiver.received} == {delivery_id}


def test_receivers_that_hang_do_not_hold_up_the_deliveries_of_another_tenant(
    start_notifier, finished, receiver, outbox, eventually
):
    receiver.open.clear()
    for number in range(20):
        finished(receiver.url, f"job_{number}", tenant="hanging")
    start_notifier(FOLDLINE_WEBHOOK_AT_ONCE="4", FOLDLINE_WEBHOOK_TIMEOUT_S="3600")
    eventually(lambda: len(receiver.received) == 2)
    with Receiver() as other:
        for number in range(20, 40):
            finished(other.url, f"job_{number}", tenant="other")
        eventually(lambda: len(other.received) == 20)
    assert len(receiver.received) == 2


def test_a_notifier_asked_to_leave_gives_back_what_does_not_end(
    start_notifier, finished, receiver, outbox, eventually
):
    receiver.open.clear()
    delivery_id = finished(receiver.url)
    leaving = start_notifier(FOLDLINE_WEBHOOK_GRACE_S="0.1", FOLDLINE_WEBHOOK_TIMEOUT_S="3600")
    eventually(lambda: receiver.received)
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait(HANGS_AFTER_S) == 0
    # Not after its lease of two hours: now.
    (delivery,) = outbox.claim("next", free=1, lease_s=60)
    assert delivery.id == delivery_id
    assert delivery.last_error == Reason.INTERRUPTED


def test_a_notifier_asked_to_leave_ends_what_it_can(
    start_notifier, finished, receiver, outbox, eventually
):
    receiver.open.clear()
    delivery_id = finished(receiver.url)
    leaving = start_notifier(FOLDLINE_WEBHOOK_GRACE_S="3600", FOLDLINE_WEBHOOK_TIMEOUT_S="3600")
    eventually(lambda: receiver.received)
    leaving.send_signal(signal.SIGTERM)
    receiver.open.set()
    assert leaving.wait(HANGS_AFTER_S) == 0
    assert outbox.get(delivery_id) is None
    assert len(receiver.received) == 1


def test_a_notifier_lives_through_a_broker_that_is_away(
    start_notifier, receiver, tmp_path, eventually
):
    with start_broker(tmp_path / "data") as broker:
        outbox = Outbox(connect(broker.url))
        notifier = start_notifier(broker.url)
        connection = connect(broker.url)
        eventually(lambda: connection.zcard(keys.SENDERS))
        broker.process.kill()
        broker.process.wait()
        broker.launch()
        broker.await_ready()
        event = WebhookEvent.JOB_SUCCEEDED
        whom = {"url": receiver.url, "tenant": "default", "event": event, "subject": "job_0"}
        delivery_id = put(outbox, **whom)
        eventually(lambda: outbox.get(delivery_id) is None)
        assert notifier.poll() is None
        # And leaves without one.
        broker.process.kill()
        broker.process.wait()
        notifier.send_signal(signal.SIGTERM)
        assert notifier.wait(HANGS_AFTER_S) == 0


def test_a_broker_without_an_address_is_said(start_notifier):
    assert start_notifier("nonsense").wait(HANGS_AFTER_S) == 1


def test_every_setting_is_described_and_lists_are_written_with_commas(monkeypatch):
    assert all(field.description for field in NotifierSettings.model_fields.values())
    monkeypatch.setenv("FOLDLINE_WEBHOOK_ALLOW_NETWORKS", "10.0.0.0/8, fd00::/8,")
    monkeypatch.setenv("FOLDLINE_WEBHOOK_RETRY_WAITS_S", "1, 2.5")
    settings = NotifierSettings()
    assert [str(network) for network in settings.allow_networks] == ["10.0.0.0/8", "fd00::/8"]
    assert settings.retry_waits_s == [1, 2.5]
    monkeypatch.setenv("FOLDLINE_WEBHOOK_ALLOW_NETWORKS", "")
    assert NotifierSettings().allow_networks == []


def test_after_a_rotation_either_secret_verifies_and_later_the_new_one_alone(
    notifying, finished, receiver, outbox, secret, eventually
):
    new = outbox.secrets.rotate("default", overlap_s=3600).current
    newest = []
    with notifying():
        finished(receiver.url)
        eventually(lambda: len(receiver.received) == 1)
        newest.append(outbox.secrets.rotate("default", overlap_s=0).current)
        finished(receiver.url, job_id="job_2")
        eventually(lambda: len(receiver.received) == 2)
    overlapping, alone = receiver.received
    assert overlapping.verified(secret) == overlapping.verified(new)
    assert alone.verified(*newest)
    for past in (secret, new):
        with pytest.raises(WebhookVerificationError):
            alone.verified(past)
