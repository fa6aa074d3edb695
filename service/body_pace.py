"""Does not wait for ever for request bodies, and not at all for those of a process that leaves."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.leaving import Leaving
from service.problems import RETRY_AFTER_S

_AGAIN = {"Connection": "close", "Retry-After": str(RETRY_AFTER_S)}
_LEAVING = "this process was asked to leave before the body was there; send it again"


class BodyPace:
    """Answers 503 to a body that is still coming when the process is asked to leave."""

    def __init__(self, app: ASGIApp, *, leaving: Leaving) -> None:
        """Wrap an application."""
        self._app = app
        self._leaving = leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with a body that comes in time."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        whole = started = False

        async def paced() -> Message:
            nonlocal whole
            if whole or started:
                return await receive()
            try:
                async with self._leaving.within(None):
                    message = await receive()
            except TimeoutError:
                # The one exception that FastAPI lets through while it reads a body.
                raise HTTPException(503, _LEAVING, headers=_AGAIN) from None
            whole = not message.get("more_body", False)
            return message

        async def noticing(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        await self._app(scope, paced, noticing)
