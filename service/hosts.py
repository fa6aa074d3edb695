"""Names by which the service may be asked."""

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.problems import OF_STATUS, encodable, problem_response


class KnownHosts:
    """Answers 421 to requests for a host by whose name nobody said the service may be asked.

    Else whoever owns a name could let it point to this machine, and have a page of that name use,
    in a browser here, a service that asks for no keys (DNS rebinding). An address points nowhere
    else, so it may always be used.
    """

    def __init__(self, app: ASGIApp, *, names: Iterable[str]) -> None:
        """Wrap an application.

        Args:
            app: the application.
            names: by which it may be asked, besides addresses and ``localhost``.
        """
        self._app = app
        self._names = {"localhost", *names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application if it is asked by a name that is known."""
        # A client so old that it names no host is no browser.
        host = Headers(scope=scope).get("host") if scope["type"] == "http" else None
        if host is None or _is_address(name := _name_in(host)) or name in self._names:
            await self._app(scope, receive, send)
            return
        detail = (
            f"this service may not be asked by the name {encodable(name)!r}; whoever runs it can "
            "allow that in FOLDLINE_ALLOWED_HOSTS"
        )
        await problem_response(OF_STATUS[421], detail)(scope, receive, send)


def _name_in(host: str) -> str:
    """Without the port, and without the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
