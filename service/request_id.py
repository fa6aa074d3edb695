"""Every request has an id: in the answer, and in every line of the log that is about it."""

import logging
import re
import time
import uuid
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry import logs

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestId:
    """Gives every request its id, and writes one line about it when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; its answer bears the id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(scope)
        # Not undone at the end: the server may have a line to write about this request, too, and
        # the next one begins with its own.
        logs.begin(request_id=request_id)
        began_at = time.perf_counter()
        status: int | None = None

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            # The query stays out, as do all headers: they are the places for secrets.
            about = {
                "method": scope["method"],
                "path": quote(scope["path"], errors="replace"),
                "status": status,
                "seconds": round(time.perf_counter() - began_at, 6),
                "client": (scope.get("client") or [None])[0],
            }
            logger.info("request", extra=about)


def _id_of(scope: Scope) -> str:
    """The id that the client, or a proxy, gave the request; a new one if that is none."""
    given = Headers(scope=scope).get(HEADER, "")
    return given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
