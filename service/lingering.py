"""Refusals that arrive although the client is still sending."""

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What the client is still sending is thrown away for this long: closing at once can make its
# kernel drop our answer unread (RFC 9112, section 9.6).
LINGER_S = 2.0


class Lingering:
    """Keeps a connection that an answer closes for a while, if its request has not ended."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; the end of its answer may come later than it was sent."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        whole = closes = False

        async def noticing() -> Message:
            nonlocal whole
            message = await receive()
            whole = not message.get("more_body", False)
            return message

        async def lingering(message: Message) -> None:
            nonlocal closes
            if message["type"] == "http.response.start":
                closes = Headers(raw=message["headers"]).get("connection") == "close"
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last and closes and not whole:
                await send({**message, "more_body": True})
                await _discard(receive)
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self._app(scope, noticing, lingering)


async def _discard(receive: Receive) -> None:
    """Throw away the rest of the body, for at most ``LINGER_S``."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while (await receive()).get("more_body", False):
                pass
