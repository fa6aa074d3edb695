"""Webhooks: what a receiver needs to know that it is us who tell it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from schemas.api_keys import Scope
from schemas.webhooks import WebhookSecret
from service import answers
from service.authentication import requires
from service.declarations import problem_responses, shown
from service.dependencies import TenantDep
from service.parameters import KNOWN_ONLY
from service.resources import ResourcesDep
from storage.webhook_secrets import Secrets

DAY_S = 86_400
OVERLAP_S, LONGEST_OVERLAP_S = DAY_S, 30 * DAY_S

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

    It stays the same until it is rotated. A receiver should refuse what is not signed, or signed
    more than five minutes ago, and do nothing twice for the same `webhook-id`.
    """
    response.headers["Cache-Control"] = "no-store"
    return _document(resources.outbox.secrets.of(tenant))


@router.post(
    "/secret/rotate",
    operation_id="rotateWebhookSecret",
    summary="Have deliveries signed with a new secret",
    responses={
        200: {"content": shown(answers.ROTATED_SECRET)},
        **problem_responses(503),
    },
)
def rotate_secret(
    resources: ResourcesDep,
    tenant: TenantDep,
    response: Response,
    overlap_s: Annotated[
        float,
        Query(
            ge=0,
            le=LONGEST_OVERLAP_S,
            description="For so many seconds deliveries are signed with the secret before as well.",
        ),
    ] = OVERLAP_S,
) -> WebhookSecret:
    """Makes a new secret; for a while deliveries carry two signatures, the new one first.

    So a receiver that knows either of them takes them all. Of secrets that were made before these
    two none is used any more.
    """
    response.headers["Cache-Control"] = "no-store"
    return _document(resources.outbox.secrets.rotate(tenant, overlap_s=overlap_s))


def _document(found: Secrets) -> WebhookSecret:
    return WebhookSecret(secret=found.current, former_until=found.former_until)
