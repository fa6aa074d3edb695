"""A service that stalls: it sends so much of its answers, and then nothing any more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

NOTHING = b""


def whole(document: object) -> bytes:
    """A document as it comes from a service that does not stall."""
    body = json.dumps(document).encode()
    head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close"
    return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body


def stream(*texts: str) -> bytes:
    """The beginning of an answer that has no end yet."""
    return "".join(["HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *texts]).encode()


class StallingServer(ThreadingHTTPServer):
    """Answers the first request with the first answer, and so on; again and again with the last.

    Attributes:
        url: its address.
        keys: the ``Idempotency-Key`` of each request that came.
        bodies: the body of each.
        last_seen: the ``Last-Event-ID`` of each.
    """

    # Who asks has hung up before the server ends; nothing is recorded any more then.
    daemon_threads = False

    def __init__(self, answers: tuple[bytes, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers = list(answers)
        self.keys: list[str | None] = []
        self.bodies: list[bytes] = []
        self.last_seen: list[str | None] = []


class _Handler(BaseHTTPRequestHandler):
    server: StallingServer

    def do_POST(self) -> None:
        """Answer, and hold the connection until the other side hangs up."""
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.server.last_seen.append(self.headers["Last-Event-ID"])
        self.server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(answer)
            self.rfile.read(1)

    do_GET = do_DELETE = do_POST

    def log_message(self, *said: object) -> None:
        """Be silent."""


@contextmanager
def stalling(*answers: bytes) -> Iterator[StallingServer]:
    """A server that stalls after each of these answers; at the end all requests have been seen."""
    with StallingServer(answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
