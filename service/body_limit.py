"""Refuses request bodies over a limit before they have been read."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import OF_STATUS, problem_response

# After a refusal, what the client is still sending is thrown away for this long: closing at once
# can make its kernel drop our answer unread (RFC 9112, section 9.6).
LINGER_S = 2.0
_CLOSE = {"Connection": "close"}


class BodyLimit:
    """Answers 413: at once when Content-Length says too much, else as soon as too much has come."""

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, larger: Mapping[str, int] | None = None
    ) -> None:
        """Wrap an application.

        Args:
            app: the application.
            max_body_bytes: the most bytes a body may have.
            larger: the same for the paths that take larger ones.
        """
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with a body that cannot grow past the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0
        most = self._larger.get(scope["path"], self._max_body_bytes)
        detail = f"the body has more than the {most} bytes this service takes"
        refused = _declared_bytes(scope) > most

        async def counted() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                refused = True
                # The one exception that FastAPI lets through while it reads a body.
                raise HTTPException(413, detail, headers=_CLOSE)
            return message

        async def lingering(message: Message) -> None:
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if not (refused and last):
                await send(message)
                return
            await send({**message, "more_body": True})
            await _discard(receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        if refused:
            response = problem_response(OF_STATUS[413], detail, headers=_CLOSE)
            await response(scope, receive, lingering)
        else:
            await self._app(scope, counted, lingering)


def _declared_bytes(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "0")
    return int(declared) if declared.isdecimal() else 0


async def _discard(receive: Receive) -> None:
    """Throw away the rest of the body, for at most ``LINGER_S``."""
    try:
        async with asyncio.timeout(LINGER_S):
            more = True
            while more:
                message = await receive()
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError:
        return
