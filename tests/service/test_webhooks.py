"""What a receiver of webhooks needs to know."""

import base64

import pytest

HOOK = {"url": "https://example.org/hook"}


def test_the_secret_is_the_one_that_deliveries_are_signed_with(service):
    response = service.client.get("/v1/webhooks/secret")
    secret = response.json()["secret"]
    assert response.json() == {"secret": service.app.state.resources.outbox.secret_of("default")}
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
