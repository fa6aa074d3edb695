"""One attempt: what is sent, what the answer means, and where nothing is sent."""

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network

import pytest

from notifier.delivery import Post, Verdict
from notifier.reasons import Reason
from notifier.settings import NotifierSettings
from tests.certificates import write_certificate
from tests.notifier.conftest import LOOPBACK, Receiver
from tests.waiting import HANGS_AFTER_S

SECRET = "whsec_" + "c2VjcmV0" * 4
FOUND = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")


@pytest.fixture
def send():
    """Makes one attempt, allowed to go to 127.0.0.1 unless it is said otherwise."""

    def attempt(url, *, body='{"a":"\\u00e9"}', tls=None, **values):
        settings = NotifierSettings(
            **{"allow_networks": [LOOPBACK], "timeout_s": HANGS_AFTER_S} | values
        )
        return asyncio.run(Post(settings, tls=tls).send("msg_1", url, body=body, secrets=[SECRET]))

    return attempt


@pytest.fixture
def resolve(monkeypatch):
    """``resolve(name, *answers)``: each question for the name gets the next list of addresses."""
    real = socket.getaddrinfo

    def pretend(name, *answers):
        left = [*answers]

        def answer(host, port, *arguments, **options):
            if host != name:
                return real(host, port, *arguments, **options)
            return [(*FOUND, (address, port)) for address in left.pop(0)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return left

    return pretend


def test_a_delivery_is_signed_as_standard_webhooks_has_it(send, receiver):
    outcome = send(receiver.url + "?a=b%20c", body='{"type":"job.succeeded"}')
    assert outcome.verdict is Verdict.DELIVERED
    (received,) = receiver.received
    assert received.verified(SECRET) == {"type": "job.succeeded"}
    assert received.path == "/hook?a=b%20c"
    assert received.headers["webhook-id"] == "msg_1"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"].startswith("Foldline/")
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, Verdict.DELIVERED) for status in (200, 202, 204, 299)),
        *((status, Verdict.FAILED) for status in (301, 302, 307, 308, 400, 404, 429, 500, 503)),
        (410, Verdict.HOPELESS),
    ],
)
def test_the_status_decides(send, receiver, status, verdict):
    receiver.answers = [(status, {})]
    outcome = send(receiver.url)
    assert outcome.verdict is verdict
    assert str(status) in outcome.reason
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_not_followed(send, receiver, status):
    with Receiver() as elsewhere:
        receiver.answers = [(status, {"Location": elsewhere.url})]
        outcome = send(receiver.url)
        assert outcome.verdict is Verdict.FAILED
        assert "redirects are not followed" in outcome.reason
        assert elsewhere.received == []
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (429, "120", 120),
        (503, "7", 7),
        (503, "0", 0),
        (429, "Thu, 01 Jan 1970 00:00:00 GMT", 0),
        (429, "Thu, 01 Jan 1970 00:00:00", 0),
        *((429, nonsense, 0) for nonsense in ("", "-5", "soon", "1e9", "9" * 99, "١")),
        (429, "Wed, 25 Nov 2026 10:57:53 +99999999999999999", 0),
        (500, "120", 0),
        (302, "120", 0),
    ],
)
def test_a_receiver_may_say_when_to_come_back(send, receiver, status, retry_after, seconds):
    receiver.answers = [(status, {"Retry-After": retry_after.encode().decode("latin-1")})]
    assert send(receiver.url).not_before_s == seconds


def test_a_receiver_may_name_the_time_at_which_to_come_back(send, receiver):
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    receiver.answers = [(429, {"Retry-After": in_an_hour})]
    assert send(receiver.url).not_before_s == pytest.approx(3600, abs=60)


def test_an_address_that_is_not_public_is_refused(send, receiver):
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "0"):
        outcome = send(f"http://{host}:{receiver.port}/", allow_networks=[])
        assert outcome.verdict is Verdict.FAILED
        assert "not a public address" in outcome.detail
    for host in ("[::1]", "[::ffff:10.0.0.1]", "10.1.2.3", "169.254.169.254", "[fd00::1]"):
        assert "not a public address" in send(f"http://{host}/").detail
    assert receiver.received == []


def test_a_name_that_leads_to_a_private_address_is_refused_unless_it_is_allowed(
    send, receiver, resolve
):
    resolve("hooks.example", ["127.0.0.1"], ["127.0.0.1"])
    url = f"http://hooks.example:{receiver.port}/hook"
    assert "hooks.example is at 127.0.0.1" in send(url, allow_networks=[]).detail
    assert receiver.received == []
    assert send(url).verdict is Verdict.DELIVERED
    (received,) = receiver.received
    assert received.headers["host"] == f"hooks.example:{receiver.port}"


def test_one_private_address_among_others_is_refused(send, receiver, resolve):
    resolve("hooks.example", ["127.0.0.1", "10.0.0.1"])
    outcome = send(f"http://hooks.example:{receiver.port}/")
    assert "hooks.example is at 10.0.0.1" in outcome.detail
    assert receiver.received == []


def test_the_address_that_was_checked_is_the_one_connected_to(send, resolve):
    # The first answer is one that may be gone to; a second, which nobody is to ask for, is not.
    with Receiver("127.0.0.2") as checked, Receiver("127.0.0.1", checked.port) as other:
        left = resolve("hooks.example", ["127.0.0.2"], ["127.0.0.1"])
        url = f"http://hooks.example:{checked.port}/hook"
        outcome = send(url, allow_networks=[ip_network("127.0.0.2/32")])
        assert outcome.verdict is Verdict.DELIVERED
        assert len(checked.received) == 1
        assert other.received == []
        assert left == [["127.0.0.1"]]


def test_the_next_address_is_tried_when_one_refuses_the_connection(send, receiver, resolve):
    resolve("hooks.example", ["127.0.0.3", "127.0.0.1"])
    url = f"http://hooks.example:{receiver.port}/hook"
    outcome = send(url, allow_networks=[ip_network("127.0.0.0/8")])
    assert outcome.verdict is Verdict.DELIVERED


def test_a_name_without_an_address_is_a_failure(send, monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    outcome = send("https://hooks.example/")
    assert outcome.verdict is Verdict.FAILED
    assert "hooks.example cannot be resolved" in outcome.detail
    assert outcome.reason == Reason.NO_ADDRESS


def test_a_private_name_and_none_at_all_fail_with_the_same_words(send, resolve):
    resolve("hooks.example", ["127.0.0.1"], ["10.0.0.1", "8.8.8.8"], [])
    said = {send("http://hooks.example:1/", allow_networks=[]).reason for _ in range(3)}
    assert said == {Reason.NO_ADDRESS}


def test_a_resolver_that_does_not_answer_takes_no_longer_than_an_attempt_may(send, monkeypatch):
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer.wait(HANGS_AFTER_S) and [])
    assert "no answer within 0.1 s" in send("https://hooks.example/", timeout_s=0.1).reason
    answer.set()


def test_proxies_of_the_environment_are_not_asked(send, receiver, monkeypatch):
    with Receiver() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert send(receiver.url).verdict is Verdict.DELIVERED
        assert proxy.received == []


@contextmanager
def speaking(*parts, drips=False):
    """A server of few words: says these to one client, then nothing more, or a letter at a time."""
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(HANGS_AFTER_S)

        def talk():
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)
                while not left.wait(0.01 if drips else HANGS_AFTER_S):
                    connection.sendall(b"x")

        thread = threading.Thread(target=talk)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        left.set()
        thread.join()


def test_a_receiver_that_says_nothing_is_a_failure_after_a_while(send):
    with speaking() as url:
        assert "no answer within 0.2 s" in send(url, timeout_s=0.2).reason


def test_an_answer_that_drips_does_not_take_longer(send):
    with speaking(b"HTTP/1.1 200 OK\r\nX: ", drips=True) as url:
        assert "no answer within 0.3 s" in send(url, timeout_s=0.3).reason


def test_the_head_decides_and_the_body_is_not_waited_for(send):
    with speaking(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nand so on") as url:
        assert send(url).verdict is Verdict.DELIVERED


@pytest.mark.parametrize("words", [b"220 mail.example ESMTP\r\n", b"HTTP/1.1 two\r\n\r\n", b"\x00"])
def test_what_is_not_http_is_a_failure(send, words):
    with speaking(words) as url:
        outcome = send(url, timeout_s=0.5)
        assert outcome.verdict is Verdict.FAILED
        # Not the words of a library, which could be those of the receiver.
        assert outcome.reason in (Reason.NO_HTTP, "no answer within 0.5 s")


def test_what_is_not_tls_is_said(send, receiver):
    outcome = send(receiver.url.replace("http:", "https:"))
    assert outcome.reason == Reason.NO_TLS


def test_a_closed_port_is_a_failure(send):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = send(f"http://127.0.0.1:{port}/")
    assert outcome.reason == Reason.NO_CONNECTION
    assert "ConnectError" in outcome.detail


@pytest.fixture(scope="session")
def certified(tmp_path_factory):
    """``certified(name)``: a server's TLS for the name, and a client's that trusts it."""

    def make(name):
        file = write_certificate(name, tmp_path_factory.mktemp("tls"))
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(file)
        return server, ssl.create_default_context(cafile=file)

    return make


def test_tls_asks_for_the_name_and_checks_it(send, resolve, certified):
    server, client = certified("hooks.example")
    asked = []
    server.sni_callback = lambda _, name, __: asked.append(name)
    with Receiver(tls=server) as receiver:
        url = f"https://hooks.example:{receiver.port}/hook"
        resolve("hooks.example", ["127.0.0.1"])
        assert send(url, tls=client).verdict is Verdict.DELIVERED
        assert asked == ["hooks.example"]
        resolve("other.example", ["127.0.0.1"])
        outcome = send(url.replace("hooks.", "other."), tls=client)
        assert outcome.verdict is Verdict.FAILED
        assert outcome.reason == Reason.CERTIFICATE
        assert "certificate verify failed" in outcome.detail
        # Nor is it trusted by those who were not told to.
        resolve("hooks.example", ["127.0.0.1"])
        assert send(url).reason == Reason.CERTIFICATE
        assert len(receiver.received) == 1


def test_tls_holds_an_address_against_the_certificate(send, certified):
    server, client = certified("hooks.example")
    with Receiver("127.0.0.9", tls=server) as receiver:
        url = f"https://127.0.0.9:{receiver.port}/"
        allowed = [ip_network("127.0.0.9/32")]
        assert send(url, tls=client, allow_networks=allowed).verdict is Verdict.DELIVERED
