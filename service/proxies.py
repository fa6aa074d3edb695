"""What a proxy says of a request: who asks, over which scheme, and below which prefix."""

from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from schemas.root_path import is_prefix

PREFIX = "X-Forwarded-Prefix"


class BehindProxies:
    """Heeds the headers of proxies that are trusted, and the prefix that is set for all requests.

    Below a prefix, paths have it, as ASGI wants it: those of a proxy that has taken it off get it
    back.
    """

    def __init__(self, app: ASGIApp, *, trusted: list[str], root_path: str) -> None:
        """Wrap an application.

        Args:
            app: the application.
            trusted: addresses and networks of proxies.
            root_path: the prefix of requests of which no proxy tells one.
        """
        self._root_path = root_path
        # What any proxy sends, but for the prefix.
        inner: Any = app
        self._told = ProxyHeadersMiddleware(inner, trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with what the proxy says."""
        if scope["type"] == "http" and (prefix := self._prefix(scope)):
            path, raw = scope["path"], scope.get("raw_path") or b""
            if not path.startswith(f"{prefix}/"):
                path, raw = prefix + path, prefix.encode() + raw
            scope = {**scope, "root_path": prefix, "path": path, "raw_path": raw}
        told: Any = self._told
        await told(scope, receive, send)

    def _prefix(self, scope: Scope) -> str:
        peer = scope.get("client")
        if peer is not None and peer[0] in self._told.trusted_hosts:
            said = Headers(scope=scope).get(PREFIX, "").strip().rstrip("/")
            if is_prefix(said):
                return said
        return self._root_path


def path_below(scope: Scope) -> str:
    """The path of a request without the prefix."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


async def root_path(request: Request) -> str:
    """What stands before every path of an answer to this request; empty without a prefix."""
    found: str = request.scope.get("root_path", "")
    return found


RootPathDep = Annotated[str, Depends(root_path)]
