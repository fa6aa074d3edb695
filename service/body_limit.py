"""Refuses request bodies over a limit before they have been read."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import OF_STATUS, problem_response
from service.proxies import path_below

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
        most = self._larger.get(path_below(scope), self._max_body_bytes)
        detail = f"the body has more than the {most} bytes this service takes"
        if _declared_bytes(scope) > most:
            response = problem_response(OF_STATUS[413], detail, headers=_CLOSE)
            await response(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                # The one exception that FastAPI lets through while it reads a body.
                raise HTTPException(413, detail, headers=_CLOSE)
            return message

        await self._app(scope, counted, send)


def _declared_bytes(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "0")
    return int(declared) if declared.isdecimal() else 0
