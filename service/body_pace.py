"""Does not wait for ever for request bodies, and not at all for those of a process that leaves."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.leaving import Leaving
from service.problems import RETRY_AFTER_S


class BodyPace:
    """Answers 408 when nothing of a body comes for long, and 503 when the process is to leave."""

    def __init__(self, app: ASGIApp, *, idle_s: float, leaving: Leaving) -> None:
        """Wrap an application.

        Args:
            app: the application.
            idle_s: the longest time in which nothing need come.
            leaving: whether the process is to leave.
        """
        self._app = app
        self._idle_s = idle_s
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
                async with self._leaving.within(self._idle_s):
                    message = await receive()
            except TimeoutError:
                raise self._refusal() from None
            whole = not message.get("more_body", False)
            return message

        async def noticing(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        await self._app(scope, paced, noticing)

    def _refusal(self) -> HTTPException:
        """The one exception that FastAPI lets through while it reads a body."""
        if self._leaving.begun:
            detail = "this process was asked to leave before the body was there; send it again"
            again = {"Connection": "close", "Retry-After": str(RETRY_AFTER_S)}
            return HTTPException(503, detail, headers=again)
        detail = f"nothing more of the body has come for {self._idle_s:g} seconds"
        return HTTPException(408, detail, headers={"Connection": "close"})
