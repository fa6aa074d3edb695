"""A receiver of webhooks, and a notifier that has something to tell it."""

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
import standardwebhooks

from notifier.delivery import Post
from notifier.process import Notifier
from notifier.settings import NotifierSettings
from schemas.webhooks import Webhook
from storage.connection import connect
from storage.keys import DEFAULT_TENANT
from storage.outbox import Outbox
from tests.jobs import queued, take
from tests.waiting import HANGS_AFTER_S

LOOPBACK = ip_network("127.0.0.1/32")


@dataclass(frozen=True)
class Received:
    """A request as it came in; the names of headers in small letters."""

    path: str
    headers: dict
    body: bytes

    def verified(self, secret):
        """The document, if the signature is right."""
        return standardwebhooks.Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """A server that answers what it is told to, and 204 when that runs out."""

    host: str = "127.0.0.1"
    port: int = 0
    answers: list = field(default_factory=list)
    received: list = field(default_factory=list)
    # Cleared, it lets answers wait.
    open: threading.Event = field(default_factory=threading.Event)
    tls: object = None

    @property
    def url(self):
        return f"http://{self.host}:{self.port}/hook"

    def __enter__(self):
        receiver = self
        self.open.set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                receiver.open.wait(HANGS_AFTER_S)
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """A client that leaves early is what some tests are about."""

        self._server = Server((self.host, self.port), Handler)
        self.port = self._server.server_address[1]
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver():
    with Receiver() as started:
        yield started


@pytest.fixture
def outbox(storage_settings):
    return Outbox(connect(storage_settings.redis_url))


@pytest.fixture
def secret(outbox):
    return outbox.secrets.of("default").current


@pytest.fixture
def finished(stores):
    """``finished(url)`` lets a job succeed, of which this URL is to be told; the delivery's id."""

    def finish(url, job_id="job_1", tenant=DEFAULT_TENANT):
        record = queued(job_id, name="a name", webhook=Webhook(url=url), tenant=tenant)
        stores.ledger.add([record])
        (claim,) = take(stores.ledger, holder="a worker")
        stores.ledger.succeed(claim, model_id="mdl_1", met=True, error=0.05)
        return f"msg_{job_id}_succeeded"

    return finish


@pytest.fixture
def notifying(stores, outbox):
    """``with notifying(...)``: a notifier with settings of one's own runs meanwhile."""

    @contextmanager
    def run(**values):
        defaults = {"allow_networks": [LOOPBACK], "retry_waits_s": [0, 0], "look_s": 0.02}
        defaults["timeout_s"] = HANGS_AFTER_S
        settings = NotifierSettings(**defaults | values)
        started = threading.Event()

        async def work():
            notifier = Notifier(outbox, stores.ledger, stores.batches, Post(settings), settings)
            loop = asyncio.get_running_loop()
            run.leave = lambda: loop.call_soon_threadsafe(notifier.leave)
            started.set()
            await notifier.run()

        thread = threading.Thread(target=asyncio.run, args=(work(),))
        thread.start()
        assert started.wait(HANGS_AFTER_S)
        yield
        run.leave()
        thread.join()

    return run


@pytest.fixture
def allowed_loopback():
    return LOOPBACK
