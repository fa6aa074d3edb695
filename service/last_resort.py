"""What no handler knows is answered, too."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import OF_STATUS, problem_response

logger = logging.getLogger(__name__)


class LastResort:
    """Answers 500 to whatever no handler knows, and keeps the connection.

    Starlette's own handler answers too, but raises again, whereupon the server cuts the
    connection and the client's next request fails.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; log and answer what it raises."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noticing(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noticing)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                # Half an answer is out; only a cut connection can tell the client.
                raise
            detail = "something went wrong here; the log of the service has the details"
            await problem_response(OF_STATUS[500], detail)(scope, receive, send)
