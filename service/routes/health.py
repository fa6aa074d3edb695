"""Whether the service lives, and whether it can work."""

from functools import partial

from fastapi import APIRouter, Response
from pydantic import Field

from schemas.api_keys import Scope
from schemas.errors import Unavailable
from schemas.strict import Document
from service import answers, metrics
from service.authentication import requires
from service.declarations import problem_responses, shown
from service.resources import ResourcesDep
from storage.settings import Stores

# Unknown parameters are passed over here, as at the documents of the API: probes, scrapers and
# browsers add some of their own to get past caches.
router = APIRouter(tags=["health"])


class Health(Document):
    """A good state, in one word."""

    status: str


class Readiness(Health):
    """That jobs can be taken, and what a 202 is worth then."""

    durable: bool | None = Field(
        description="Whether the broker is set up to keep what it accepts, on disk from the start; "
        "null if it does not tell."
    )


@router.get(
    "/healthz",
    operation_id="getHealth",
    summary="Whether the process is alive",
    responses={200: {"content": shown(Health(status="alive"))}},
)
async def healthz() -> Health:
    """Answers as long as the process does; looks at nothing else."""
    return Health(status="alive")


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Whether jobs can be taken",
    responses={
        200: {"content": shown(Readiness(status="ready", durable=True))},
        **problem_responses(503, 507),
    },
)
def readyz(resources: ResourcesDep) -> Readiness:
    """Answers 503 with what is away, or 507 with what is full, unless jobs can be taken."""
    away: list[Unavailable] = []
    stores = resources.stores
    for check in (partial(_check_broker, stores), stores.artifacts.check, stores.binding.bind):
        try:
            check()
        except Unavailable as error:
            away.append(error)
    if len(away) == 1:
        raise away[0]
    if away:
        raise Unavailable(
            " and the ".join(error.part for error in away),
            "; ".join(error.reason for error in away),
        )
    return Readiness(status="ready", durable=stores.durability.look())


def _check_broker(stores: Stores) -> None:
    """Raise ``Unavailable`` unless the broker can be used, and has memory for a job."""
    stores.usability.check()
    stores.room.check()


@router.get(
    "/metrics",
    operation_id="getMetrics",
    dependencies=[requires(Scope.ADMIN)],
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {"content": shown(answers.METRICS, "text/plain")},
        **problem_responses(401, 403, 429, 503),
    },
)
def get_metrics(resources: ResourcesDep) -> Response:
    """How many jobs wait, run and have ended, how long that took, and which workers live."""
    stores = resources.stores
    content = metrics.exposition(
        stores.ledger.figures(), stores.room.look(), is_durable=stores.durability.look()
    )
    return Response(content, media_type=metrics.MEDIA_TYPE)
