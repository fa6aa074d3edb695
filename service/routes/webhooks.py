"""Webhooks: what a receiver needs to know that it is us who tell it."""

from fastapi import APIRouter, Response

from schemas.api_keys import Scope
from schemas.webhooks import WebhookSecret
from service import answers
from service.authentication import requires
from service.declarations import problem_responses, shown
from service.dependencies import TenantDep
from service.parameters import KNOWN_ONLY
from service.resources import ResourcesDep

router = APIRouter(
    prefix="/v1/webhooks",
    tags=["webhooks"],
    # Who knows it can forge deliveries; who may ask may be told.
    dependencies=[requires(Scope.SUBMIT), KNOWN_ONLY],
    responses=problem_responses(401, 403, 422, 429),
)


@router.get(
    "/secret",
    operation_id="getWebhookSecret",
    summary="See what deliveries are signed with",
    responses={
        200: {"content": shown(answers.SECRET)},
        **problem_responses(503),
    },
)
def get_secret(resources: ResourcesDep, tenant: TenantDep, response: Response) -> WebhookSecret:
    """What a receiver checks the signature of a delivery with, as Standard Webhooks has it.

    It stays the same. A receiver should refuse what is not signed, or signed more than five minutes
    ago, and do nothing twice for the same `webhook-id`.
    """
    response.headers["Cache-Control"] = "no-store"
    return WebhookSecret(secret=resources.outbox.secret_of(tenant))
