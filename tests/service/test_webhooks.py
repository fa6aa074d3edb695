"""What a receiver of webhooks needs to know."""

import base64


def test_the_secret_is_the_one_that_deliveries_are_signed_with(service):
    response = service.client.get("/v1/webhooks/secret")
    secret = response.json()["secret"]
    assert response.json() == {"secret": service.app.state.resources.outbox.secret_of("default")}
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert response.headers["cache-control"] == "no-store"
    assert service.client.get("/v1/webhooks/secret").json()["secret"] == secret
