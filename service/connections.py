"""The server's end of a connection: what never becomes a request has a limit and an answer, too."""

import asyncio
import logging
import uuid

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service.problems import OF_STATUS, UNREADABLE, Kind, problem_response
from service.request_id import HEADER
from service.security_headers import ALWAYS, POLICY

logger = logging.getLogger(__name__)

# From its first byte to its last, and for the first byte of a new connection.
HEAD_S = 30.0
_HEADERS = {**ALWAYS, "Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
_UNREADABLE = (
    "this is no HTTP request that can be read here: look at its method, its address (at most "
    "65,535 bytes) and its headers"
)


class Connection(HttpToolsProtocol):
    """Answers with problem documents where the application is not asked yet.

    The server itself would wait for the head of a request for ever, and answer in plain text.
    """

    _in_head = False
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, though not for ever."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        super().data_received(data)
        # Its keep-alive timer, the server's own, has ended with the first byte.
        if self._patience is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that it has ended."""
        self._in_head = False
        self._wait_no_longer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, unless that is in the middle of an answer."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(UNREADABLE, _UNREADABLE)

    def _await_head(self) -> None:
        if not self.transport.is_closing():
            self._patience = self.loop.call_later(HEAD_S, self._give_up)

    def _wait_no_longer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if self._in_head:
            self._refuse(OF_STATUS[408], f"the head did not come within {HEAD_S:g} seconds")
        else:
            self.transport.close()

    def _refuse(self, kind: Kind, detail: str) -> None:
        request_id = uuid.uuid4().hex
        headers = {**_HEADERS, HEADER: request_id, "Connection": "close"}
        answer = problem_response(kind, detail, headers=headers)
        lines = [*self.server_state.default_headers, *answer.raw_headers]
        head = STATUS_LINE[kind.status] + b"".join(b"%s: %s\r\n" % line for line in lines)
        self.transport.write(head + b"\r\n" + bytes(answer.body))
        self.transport.close()
        about = {"request_id": request_id, "status": kind.status}
        logger.info("what came is no request: %s", detail, extra=about)
