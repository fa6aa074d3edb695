"""Webhooks: what a receiver needs to know that it is us who tell it."""

from fastapi import APIRouter, Response

from schemas.webhooks import WebhookSecret
from service.dependencies import ResourcesDep
from service.problems import problem_responses

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

# Whose jobs these are, as long as there is one for everybody.
TENANT = "default"


@router.get(
    "/secret",
    operation_id="getWebhookSecret",
    summary="See what deliveries are signed with",
    responses=problem_responses(503),
)
def get_secret(resources: ResourcesDep, response: Response) -> WebhookSecret:
    """What a receiver checks the signature of a delivery with, as Standard Webhooks has it.

    It stays the same. A receiver should refuse what is not signed, or signed more than five minutes
    ago, and do nothing twice for the same `webhook-id`.
    """
    response.headers["Cache-Control"] = "no-store"
    return WebhookSecret(secret=resources.outbox.secret_of(TENANT))
