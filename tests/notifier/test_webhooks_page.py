"""docs/webhooks.md: what it says is what a receiver meets."""

import json
import re
import shlex
from pathlib import Path

import pytest
import standardwebhooks

from notifier.reasons import Reason
from notifier.settings import NotifierSettings
from schemas.jobs import Job, JobCreate
from schemas.webhooks import WebhookDelivery, WebhookEvent

TEXT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
SECONDS = {"s": 1, "min": 60, "h": 3600}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.fixture
def delivered(notifying, finished, receiver, outbox, eventually):
    """What a receiver was told in fact."""
    delivery_id = finished(receiver.url)
    with notifying():
        eventually(lambda: outbox.get(delivery_id) is None)
    (received,) = receiver.received
    return received


def test_its_code_knows_a_delivery_of_ours_from_any_other(delivered, secret, monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    (code,) = blocks("python")
    receiver = {}
    exec(code, receiver)
    event = receiver["event_of"](delivered.headers, delivered.body)
    assert (event["type"], event["data"]["id"]) == ("job.succeeded", "job_1")
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        receiver["event_of"](delivered.headers, delivered.body + b" ")


def test_its_example_is_what_comes(delivered):
    example, became = map(json.loads, blocks("json"))
    told = json.loads(delivered.body)
    assert list(example) == list(told)
    assert list(example["data"]) == list(told["data"])
    assert Job.model_validate(example["data"]).model_dump(mode="json") == example["data"]
    assert WebhookDelivery.model_validate(became).model_dump(mode="json") == became
    for header in re.findall(r"^(\S+): ", blocks("")[0], flags=re.MULTILINE):
        assert header.lower() in delivered.headers


def test_what_it_asks_with_is_a_question():
    words = shlex.split(blocks("sh")[0])
    question = JobCreate.model_validate_json(words[words.index("-d") + 1])
    assert question.webhook.url == "https://hooks.example.org/foldline"


def test_its_events_are_those_there_are():
    assert re.findall(r"^\| `(\w+\.\w+)` \|", TEXT, flags=re.MULTILINE) == list(WebhookEvent)


def test_its_waits_are_those_of_the_notifier():
    rows = re.findall(r"^\| (\d+) \| (\d+) (s|min|h) \|$", TEXT, flags=re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(2, len(rows) + 2))
    waits = [int(count) * SECONDS[unit] for _, count, unit in rows]
    assert waits == NotifierSettings().retry_waits_s
    assert 3 <= sum(waits) / 86_400 < 3.5


def test_its_time_limit_is_that_of_the_notifier():
    assert f"within {NotifierSettings().timeout_s:g} s (`FOLDLINE_WEBHOOK_TIMEOUT_S`)" in TEXT


def test_every_failure_that_is_said_is_explained():
    explained = re.findall(r"^\| `([^`]*)` \| .* \|$", TEXT, flags=re.MULTILINE)
    # Nobody is left to be told that everything is forgotten.
    assert set(Reason) - {Reason.FORGOTTEN} <= set(explained)
