"""The application: routes, error handlers and limits, put together."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline
from pydantic.json_schema import models_json_schema

from schemas.batches import BatchCreate, BatchResult
from schemas.evaluation import EvaluationCreate
from schemas.jobs import JobCreate
from schemas.problems import Problem
from schemas.version import ENGINE_VERSION
from service import problems
from service.body_limit import BodyLimit
from service.cors import allow_origins
from service.following import NothingNew, nothing_new
from service.group_commit import GroupCommit
from service.heads import HeadAsGet
from service.request_id import RequestId
from service.resources import Resources
from service.routes import batches, health, jobs, models, webhooks
from service.security_headers import SecurityHeaders
from service.settings import ServiceSettings
from storage.api_keys import ApiKeys
from storage.changes import Changes
from storage.connection import connect
from storage.idempotency import IdempotencyKeys
from storage.outbox import Outbox
from storage.settings import open_stores
from storage.wake_ups import WakeUps

logger = logging.getLogger(__name__)

TITLE = "Foldline"
DESCRIPTION = """\
A sampled function and an accuracy target in; the smallest certified ReLU network and its exact
breakpoint table out.

1. `POST /v1/jobs` with samples and a tolerance answers 202 with a job.
2. `GET /v1/jobs/{job_id}` until `status` is `succeeded`; `links.model` then leads to the model.
3. `GET /v1/models/{model_id}` has the certificate; below it are the network, its breakpoint table,
   a plot, and its values wherever you ask.

Every error is a problem document (RFC 9457, `application/problem+json`) that names the fields
concerned.
"""
TAGS = [
    {"name": "jobs", "description": "Questions that were asked, and how far their answers are."},
    {"name": "batches", "description": "Many questions that are sent together."},
    {"name": "models", "description": "Fitted, certified networks. They never change."},
    {"name": "webhooks", "description": "Being told when something has ended."},
    {"name": "health", "description": "For whoever operates the service."},
]


def create_app(settings: ServiceSettings) -> FastAPI:
    """Put the service together.

    Args:
        settings: where broker and store are, and the limits of the service.

    Raises:
        Unavailable: the store cannot be opened.
        ValueError: an address makes no sense.
    """
    connection = connect(settings.redis_url)
    changes = Changes(settings.redis_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        store = settings.store_url or settings.data_dir
        logger.info("foldline %s keeps its data in %s", ENGINE_VERSION, store)
        listening = asyncio.create_task(changes.listen())
        yield
        listening.cancel()
        logger.info("foldline has answered its last request")

    app = FastAPIOffline(
        title=TITLE,
        description=DESCRIPTION,
        version=ENGINE_VERSION,
        openapi_tags=TAGS,
        # One address for each thing: a slash too many is a 404, not a redirect without a body.
        redirect_slashes=False,
        responses=problems.problem_responses(500),
        lifespan=lifespan,
    )
    stores, wake_ups = open_stores(settings), WakeUps(connection)
    app.state.resources = Resources(
        settings=settings,
        stores=stores,
        wake_ups=wake_ups,
        commits=GroupCommit(stores, wake_ups, max_waiting=settings.max_waiting),
        api_keys=ApiKeys(connection),
        idempotency_keys=IdempotencyKeys(connection),
        changes=changes,
        outbox=Outbox(connection),
    )
    for module in (jobs, batches, models, webhooks, health):
        app.include_router(module.router)
    problems.install_handlers(app)
    app.add_exception_handler(NothingNew, nothing_new)
    # The last one added is the outermost.
    app.add_middleware(
        BodyLimit,
        max_body_bytes=settings.max_body_bytes,
        larger={"/v1/batches": settings.max_batch_bytes},
    )
    app.add_middleware(problems.LastResort)
    allow_origins(app, settings.cors_origins)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestId)
    document = _openapi(app)
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the problem document that the routes' responses refer to."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    _drop_default_errors(document)
    _drop_nulls(document)
    template = "#/components/schemas/{model}"
    shown: Any = [(kind, "serialization") for kind in (Problem, BatchResult)]
    _, definitions = models_json_schema(shown, ref_template=template)
    document["components"]["schemas"].update(definitions["$defs"])
    # In a request defaults may be left out; in an answer they are always there.
    template = "#/components/schemas/{model}-Input"
    taken: Any = [(kind, "validation") for kind in (JobCreate, BatchCreate, EvaluationCreate)]
    _, definitions = models_json_schema(taken, ref_template=template)
    for name, schema in definitions["$defs"].items():
        document["components"]["schemas"][f"{name}-Input"] = schema
    return document


def _drop_default_errors(document: dict[str, Any]) -> None:
    """Take out the 422 that FastAPI adds to every route with a parameter: ours is declared."""
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            declared = operation["responses"].get("422", {}).get("content", {})
            if "application/json" in declared:
                del operation["responses"]["422"]


def _drop_nulls(document: dict[str, Any]) -> None:
    """Take null out of what parameters may be: an address or a header can only leave them out."""
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"]
                kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
                if len(kinds) == 1:
                    del schema["anyOf"]
                    schema.update(kinds[0])
