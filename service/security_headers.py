"""Headers that tell browsers what an answer may not be used for.

Strict-Transport-Security is not among them: only the proxy that has the certificate knows whether
every address of its host is served encrypted, and a wrong promise locks browsers out for months.
"""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.page_files import FILES as PAGE_FILES
from service.proxies import path_below

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
# The page: our own files and the API, pictures that it draws itself, and no style or script within.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Pages that describe the API: our own files, and what stands in the page as we send it. Both have
# styles of their own making; Redoc searches in a worker it makes from a blob.
REFERENCE_POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
PAGE = "/"
REFERENCES = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc"})
# The files of these pages change only with a release: kept, but asked for.
KEPT = (PAGE_FILES + "/", "/static-offline-docs/")
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
        path = path_below(scope)
        kept = "no-cache" if path == PAGE or path.startswith(KEPT) else "no-store"
        # The head of a page, until its body has come: the policy names its scripts.
        head: Message | None = None

        async def guarded(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS)
                headers.setdefault("Cache-Control", kept)
                media_type = headers.get("content-type", "").partition(";")[0]
                headers["Content-Security-Policy"] = _policy(path, media_type)
                if path in REFERENCES and media_type == "text/html":
                    head = message
                    return
            elif head is not None:
                policy = _reference_policy(message.get("body", b""))
                MutableHeaders(scope=head)["Content-Security-Policy"] = policy
                await send(head)
                head = None
            await send(message)

        await self._app(scope, receive, guarded)


def _policy(path: str, media_type: str) -> str:
    """What an answer may do that says all it may do in its head."""
    if media_type == "image/svg+xml":
        return SVG_POLICY
    return PAGE_POLICY if path == PAGE and media_type == "text/html" else POLICY


def _reference_policy(page: bytes) -> str:
    """What a page may do that describes the API: run the scripts that are in it, and no others.

    References:
        Content Security Policy Level 3, section 2.3.1, on hash sources.
    """
    digests = [hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(page)]
    hashes = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return REFERENCE_POLICY.format(hashes=hashes)
