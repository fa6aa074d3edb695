"""What a receiver of webhooks needs to know."""

import base64

import pytest

HOOK = {"url": "https://example.org/hook"}


def test_the_secret_is_the_one_that_deliveries_are_signed_with(service):
    response = service.client.get("/v1/webhooks/secret")
    secret = response.json()["secret"]
    assert response.json() == {
        "secret": service.app.state.resources.outbox.secrets.of("default").current,
        "former_until": None,
    }
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert response.headers["cache-control"] == "no-store"
    assert service.client.get("/v1/webhooks/secret").json()["secret"] == secret


def test_a_job_says_what_has_become_of_its_delivery(empty_service, question):
    client, outbox = empty_service.client, empty_service.app.state.resources.outbox
    job = client.post("/v1/jobs", json={**question, "webhook": HOOK}).json()
    assert job["webhook_delivery"] is None
    ended = client.post(f"/v1/jobs/{job['id']}/cancel").json()
    assert ended["webhook_delivery"]["status"] == "pending"
    (delivery,) = outbox.claim("a notifier", free=1, lease_s=60)
    outbox.retry(delivery, "answered 500", in_s=60)
    found = client.get(f"/v1/jobs/{job['id']}").json()["webhook_delivery"]
    assert (found["attempts"], found["last_error"]) == (1, "answered 500")
    assert found["next_attempt_at"] > found["last_attempt_at"]
    assert client.get("/v1/jobs").json()["data"][0]["webhook_delivery"] == found
    outbox.delivered(delivery)
    found = client.get(f"/v1/jobs/{job['id']}").json()["webhook_delivery"]
    assert (found["status"], found["last_error"]) == ("delivered", None)


def test_so_does_a_batch(empty_service, question):
    client, outbox = empty_service.client, empty_service.app.state.resources.outbox
    batch = client.post("/v1/batches", json={"items": [question], "webhook": HOOK}).json()
    assert batch["webhook_delivery"] is None
    client.post(f"/v1/batches/{batch['id']}/cancel")
    (delivery,) = outbox.claim("a notifier", free=1, lease_s=60)
    outbox.give_up(delivery, "answered 410")
    found = client.get(f"/v1/batches/{batch['id']}").json()["webhook_delivery"]
    assert (found["status"], found["last_error"]) == ("given_up", "answered 410")


def test_a_question_that_was_answered_before_says_that_its_delivery_is_due(
    empty_service, make_model
):
    model = make_model().store(empty_service.stores)
    asked = {
        "samples": {"x": list(model.samples.x), "y": list(model.samples.y)},
        "target": {"tolerance": model.tolerance},
        "webhook": HOOK,
    }
    job = empty_service.client.post("/v1/jobs", json=asked).json()
    assert job["cached"]
    assert job["webhook_delivery"]["status"] == "pending"


def test_without_a_webhook_there_is_nothing_to_become_of(empty_service, question):
    job = empty_service.client.post("/v1/jobs", json=question).json()
    assert (
        empty_service.client.post(f"/v1/jobs/{job['id']}/cancel").json()["webhook_delivery"] is None
    )


PRIVATE = ["127.0.0.1", "10.1.2.3", "[::1]", "169.254.169.254", "127.1", "0x7f000001", "[fd00::1]"]


@pytest.mark.parametrize("host", PRIVATE)
def test_an_address_that_is_not_public_is_refused_at_once(client, question, problem, host):
    webhook = {"url": f"http://{host}:8080/hook"}
    for path, body in (
        ("/v1/jobs", {**question, "webhook": webhook}),
        ("/v1/batches", {"items": [question], "webhook": webhook}),
    ):
        document = problem(client.post(path, json=body), 422, "invalid-input")
        (error,) = document["errors"]
        assert error["field"] == "webhook.url"
        assert "not a public address" in error["detail"]


def test_in_a_batch_only_the_question_with_such_an_address_is_refused(client, question):
    items = [question, {**question, "webhook": {"url": "http://127.0.0.1/hook"}}]
    batch = client.post("/v1/batches", json={"items": items}).json()
    assert batch["counts"]["refused"] == 1
    (refusal,) = batch["refusals"]
    assert refusal["index"] == 1
    assert refusal["problem"]["errors"][0]["field"] == "webhook.url"


def test_names_and_public_addresses_are_taken(client, question):
    for host in ("localhost", "hooks.example", "8.8.8.8", "[2606:4700:4700::1111]"):
        asked = {**question, "webhook": {"url": f"https://{host}/hook"}}
        assert client.post("/v1/jobs", json=asked).status_code == 202


def test_addresses_that_the_operator_allows_are_taken(
    run_service, storage_settings, question, monkeypatch
):
    # The variable that the notifier reads.
    monkeypatch.setenv("FOLDLINE_WEBHOOK_ALLOW_NETWORKS", "10.0.0.0/8, 127.0.0.0/8")
    with run_service(redis_url=storage_settings.redis_url) as service:
        for host, status in (("127.0.0.1", 202), ("10.1.2.3", 202), ("192.168.1.1", 422)):
            asked = {**question, "webhook": {"url": f"http://{host}/hook"}}
            assert service.client.post("/v1/jobs", json=asked).status_code == status


def test_a_secret_is_rotated_and_the_one_before_is_used_for_a_while(empty_service, problem):
    client, secrets = empty_service.client, empty_service.app.state.resources.outbox.secrets
    before = client.get("/v1/webhooks/secret").json()["secret"]
    rotated = client.post("/v1/webhooks/secret/rotate", params={"overlap_s": 3600})
    assert rotated.headers["cache-control"] == "no-store"
    assert secrets.of("default").all == [rotated.json()["secret"], before]
    assert rotated.json()["former_until"] is not None
    assert client.get("/v1/webhooks/secret").json()["secret"] == rotated.json()["secret"] != before
    # One is the most that is used besides.
    again = client.post("/v1/webhooks/secret/rotate").json()["secret"]
    assert secrets.of("default").all == [again, rotated.json()["secret"]]
    ended = client.post("/v1/webhooks/secret/rotate?overlap_s=0").json()
    assert ended["former_until"] is None
    assert secrets.of("default").all == [ended["secret"]]
    for wrong in ("-1", "1e9", "soon"):
        answer = client.post("/v1/webhooks/secret/rotate", params={"overlap_s": wrong})
        problem(answer, 422, "invalid-input")


def test_a_webhook_is_told_again_whatever_became_of_telling_it(empty_service, question):
    client, outbox = empty_service.client, empty_service.app.state.resources.outbox
    job = client.post("/v1/jobs", json={**question, "webhook": HOOK}).json()
    client.post(f"/v1/jobs/{job['id']}/cancel")
    (first,) = outbox.claim("a notifier", free=1, lease_s=60)
    for settle in (outbox.delivered, lambda delivery: outbox.give_up(delivery, "gone")):
        settle(first)
        again = client.post(f"/v1/jobs/{job['id']}/redeliver")
        assert again.status_code == 200
        assert again.json()["webhook_delivery"]["status"] == "pending"
        (second,) = outbox.claim("a notifier", free=1, lease_s=60)
        assert (second.id, second.url, second.attempts) == (first.id, first.url, 1)
    # One that is waited for is due now.
    outbox.retry(second, "answered 500", in_s=3600)
    assert client.post(f"/v1/jobs/{job['id']}/redeliver").status_code == 200
    (third,) = outbox.claim("a notifier", free=1, lease_s=60)
    assert (third.id, third.attempts) == (first.id, 1)


def test_a_batch_tells_its_webhook_again(empty_service, question):
    client, outbox = empty_service.client, empty_service.app.state.resources.outbox
    batch = client.post("/v1/batches", json={"items": [question], "webhook": HOOK}).json()["id"]
    client.post(f"/v1/batches/{batch}/cancel")
    (first,) = outbox.claim("a notifier", free=1, lease_s=60)
    outbox.delivered(first)
    assert client.post(f"/v1/batches/{batch}/redeliver").status_code == 200
    (second,) = outbox.claim("a notifier", free=1, lease_s=60)
    assert (second.id, second.event) == (first.id, "batch.cancelled")


@pytest.mark.parametrize(
    ("webhook", "ends", "why"),
    [
        (None, True, "without a webhook"),
        (HOOK, False, "it has not ended"),
        (HOOK | {"events": ["job.failed"]}, True, "asks for other events"),
    ],
)
def test_nobody_is_told_who_was_not_to_be_told(
    empty_service, question, problem, webhook, ends, why
):
    client = empty_service.client
    asked = question if webhook is None else {**question, "webhook": webhook}
    job = client.post("/v1/jobs", json=asked).json()["id"]
    if ends:
        client.post(f"/v1/jobs/{job}/cancel")
    answer = problem(client.post(f"/v1/jobs/{job}/redeliver"), 409, "conflict")
    assert why in answer["detail"]
    problem(client.post("/v1/jobs/job_0/redeliver"), 404, "not-found")
