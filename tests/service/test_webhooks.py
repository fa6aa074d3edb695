"""What a receiver of webhooks needs to know."""

import base64

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
