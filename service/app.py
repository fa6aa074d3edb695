"""The application: routes, error handlers and limits, put together."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from schemas.errors import Unavailable, WrongStore
from schemas.version import ENGINE_VERSION
from service import problems
from service.body_encoding import BodyEncoding
from service.body_limit import BodyLimit
from service.body_pace import BodyPace
from service.cors import allow_origins
from service.declarations import problem_responses
from service.following import NothingNew, nothing_new
from service.group_commit import GroupCommit
from service.heads import HeadAsGet
from service.hosts import KnownHosts
from service.last_resort import LastResort
from service.leaving import Leaving
from service.lingering import Lingering
from service.openapi import DESCRIPTION, TAGS, TITLE, described
from service.page_files import add_page
from service.proxies import BehindProxies
from service.request_id import RequestId
from service.resources import Resources
from service.routes import batches, downloads, health, jobs, models, samples, webhooks
from service.security_headers import SecurityHeaders
from service.settings import ServiceSettings
from storage.api_keys import ApiKeys
from storage.changes import Changes
from storage.connection import connect
from storage.idempotency import IdempotencyKeys
from storage.outbox import Outbox
from storage.settings import Stores, open_stores

logger = logging.getLogger(__name__)


def _look(stores: Stores) -> None:
    """Say what is wrong with broker and store, and bind them to each other at their first start."""
    stores.durability.look()
    try:
        stores.binding.bind()
    except WrongStore as error:
        logger.error("no job is taken: %s", error)
    except Unavailable as error:
        logger.warning("broker and store are not bound to each other yet: %s", error)


def create_app(settings: ServiceSettings) -> FastAPI:
    """Put the service together.

    Args:
        settings: where broker and store are, and the limits of the service.

    Raises:
        Unavailable: the store cannot be opened.
        ValueError: an address makes no sense.
    """
    connection = connect(settings.redis_url)
    changes, leaving = Changes(settings.redis_url), Leaving()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        store = settings.store_url or settings.data_dir
        logger.info("foldline %s keeps its data in %s", ENGINE_VERSION, store)
        listening = asyncio.create_task(changes.listen())
        # Nobody waits for it: a broker that hangs holds nothing up.
        threading.Thread(target=_look, args=[stores], daemon=True).start()
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
        # A body that is too large is refused before anybody knows what is asked.
        responses=problem_responses(413, 421, 500),
        lifespan=lifespan,
    )
    stores = open_stores(settings, make=True)
    app.state.resources = Resources(
        settings=settings,
        stores=stores,
        commits=GroupCommit(stores, max_waiting=settings.max_waiting),
        api_keys=ApiKeys(connection),
        idempotency_keys=IdempotencyKeys(connection),
        changes=changes,
        leaving=leaving,
        outbox=Outbox(connection),
    )
    for module in (jobs, batches, models, downloads, samples, webhooks, health):
        app.include_router(module.router)
    add_page(app)
    problems.install_handlers(app)
    app.add_exception_handler(NothingNew, nothing_new)
    # The last one added is the outermost.
    app.add_middleware(BodyPace, idle_s=settings.body_idle_s, leaving=leaving)
    # Within the same limits as it comes and as it is: a gzip stream can hold nothing for ever.
    add_limit = partial(
        app.add_middleware,
        BodyLimit,
        max_body_bytes=settings.max_body_bytes,
        larger={"/v1/batches": settings.max_batch_bytes},
    )
    add_limit()
    app.add_middleware(BodyEncoding)
    add_limit()
    if settings.require_keys is False or settings.allowed_hosts:
        app.add_middleware(KnownHosts, names=settings.allowed_hosts)
    app.add_middleware(Lingering)
    app.add_middleware(LastResort, leaving=leaving)
    allow_origins(app, settings.cors_origins)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestId)
    app.add_middleware(
        BehindProxies,
        trusted=[str(network) for network in settings.trusted_proxies],
        root_path=settings.root_path,
    )
    # Made when it is first asked for: that takes longer than all of this.
    app.openapi = cache(lambda: described(app))  # type: ignore[method-assign]
    return app
