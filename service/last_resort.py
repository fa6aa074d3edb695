"""What no handler knows is answered, too."""

import asyncio
import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.leaving import Leaving
from service.problems import OF_STATUS, RETRY_AFTER_S, problem_response

logger = logging.getLogger(__name__)


class LastResort:
    """Answers 500 to whatever no handler knows, and keeps the connection.

    Starlette's own handler answers too, but raises again, whereupon the server cuts the
    connection and the client's next request fails.
    """

    def __init__(self, app: ASGIApp, *, leaving: Leaving) -> None:
        """Wrap an application."""
        self._app = app
        self._leaving = leaving

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
        except ClientDisconnect:
            # In the middle of its body: there is nobody to answer.
            return
        except asyncio.CancelledError:
            if not self._leaving.begun:
                raise
            logger.warning("%s %s was not done in time to leave", scope["method"], scope["path"])
            if not started:
                detail = "this process was asked to leave before it had an answer; ask again"
                headers = {"Retry-After": str(RETRY_AFTER_S)}
                await problem_response(OF_STATUS[503], detail, headers=headers)(
                    scope, receive, send
                )
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                # Half an answer is out; only a cut connection can tell the client.
                raise
            detail = "something went wrong here; the log of the service has the details"
            await problem_response(OF_STATUS[500], detail)(scope, receive, send)
