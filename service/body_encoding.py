"""Request bodies that are compressed by gzip, expanded piece by piece."""

import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import OF_STATUS, problem_response

# What a request may say of its body besides nothing (RFC 9110, section 8.4.1).
PLAIN, GZIP = ("", "identity"), ("gzip", "x-gzip")
# Most bytes of one piece: a body may expand to a thousand times its size.
PIECE_BYTES = 256 * 1024
# zlib's number for a gzip header and the largest window.
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class BodyEncoding:
    """Hands on bodies as they were before gzip; answers 415 to other encodings.

    Limits of size belong on both sides: one of what is expanded, one of what comes.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with a body that is not compressed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        encoding = Headers(scope=scope).get("content-encoding", "").strip().lower()
        if encoding in PLAIN:
            await self._app(scope, receive, send)
            return
        if encoding not in GZIP:
            detail = f"the body is encoded as {encoding[:100]!r}: send it as it is, or by gzip"
            refusal = problem_response(
                OF_STATUS[415], detail, headers={"Accept-Encoding": GZIP[0], "Connection": "close"}
            )
            await refusal(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        for name in ("content-encoding", "content-length"):
            if name in headers:
                del headers[name]
        await self._app({**scope, "headers": headers.raw}, _Expanded(receive), send)


class _Expanded:
    """What a compressed body holds, as an ASGI application receives it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._expander = zlib.decompressobj(_GZIP_WINDOW)
        self._compressed = b""
        self._may_hold_more = False
        self._all_has_come = self._is_over = False

    async def __call__(self) -> Message:
        """The next piece; after the last one whatever the server says, that the client is gone."""
        while not self._is_over:
            if piece := self._piece():
                return {"type": "http.request", "body": piece, "more_body": True}
            if self._all_has_come:
                if not self._expander.eof:
                    raise HTTPException(400, "the body ends in the middle of its gzip stream")
                self._is_over = True
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._compressed = message.get("body", b"")
            self._all_has_come = not message.get("more_body", False)
        return await self._receive()

    def _piece(self) -> bytes:
        """Some of what is there already; nothing if more has to come."""
        while self._compressed or self._may_hold_more:
            if self._expander.eof:
                # A file may have several streams, one after the other.
                self._expander = zlib.decompressobj(_GZIP_WINDOW)
            try:
                piece = self._expander.decompress(self._compressed, PIECE_BYTES)
            except zlib.error as error:
                raise HTTPException(400, f"the body is no gzip stream: {error}") from error
            ended = self._expander.eof
            self._compressed = (
                self._expander.unused_data if ended else self._expander.unconsumed_tail
            )
            self._may_hold_more = len(piece) == PIECE_BYTES and not ended
            if piece:
                return piece
        return b""
