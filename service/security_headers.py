"""Headers that tell browsers what an answer may not be used for.

Strict-Transport-Security is not among them: only the proxy that has the certificate knows whether
every address of its host is served encrypted, and a wrong promise locks browsers out for months.
"""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = "default-src 'none'; frame-ancestors 'none'"
# matplotlib writes the look of every line as a style, without which a plot is a black shape, and
# thousands of samples as an image in the file itself.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
# Pages that run scripts: our own files, and what stands in the page as we send it. Both describe
# the API with styles of their own making; Redoc searches in a worker it makes from a blob.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
PAGES = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc"})
# The scripts of these pages are megabytes and change only with a release: kept, but asked for.
PAGE_FILES = "/static-offline-docs/"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class SecurityHeaders:
    """Adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        kept = "no-cache" if path.startswith(PAGE_FILES) else "no-store"
        # The head of a page, until its body has come: the policy names its scripts.
        head: Message | None = None

        async def guarded(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS)
                headers.setdefault("Cache-Control", kept)
                media_type = headers.get("content-type", "").partition(";")[0]
                svg = media_type == "image/svg+xml"
                headers["Content-Security-Policy"] = SVG_POLICY if svg else POLICY
                if path in PAGES and media_type == "text/html":
                    head = message
                    return
            elif head is not None:
                policy = _page_policy(message.get("body", b""))
                MutableHeaders(scope=head)["Content-Security-Policy"] = policy
                await send(head)
                head = None
            await send(message)

        await self._app(scope, receive, guarded)


def _page_policy(page: bytes) -> str:
    """What a page may do: run the scripts that are in it, and no others.

    References:
        Content Security Policy Level 3, section 2.3.1, on hash sources.
    """
    digests = [hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(page)]
    hashes = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return PAGE_POLICY.format(hashes=hashes)
