"""Blobs in a bucket: what can become of the server, and of the bucket."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest

from schemas.errors import NotFound, StoreFull, Unavailable
from storage.buckets import BucketBlobs


@pytest.fixture
def open_bucket(bucket_url):
    """``open_bucket()`` opens an empty bucket with the environment as it is then."""
    return lambda: BucketBlobs(urlsplit(bucket_url).netloc)


def calls(blobs):
    """Every method, called."""
    return (
        blobs.check,
        lambda: blobs.put("inputs/t/a", b"1"),
        lambda: blobs.put_new("inputs/t/a", b"1"),
        lambda: blobs.get("inputs/t/a"),
        lambda: blobs.get("inputs/t/a", offset=0, length=1),
        lambda: blobs.read("inputs/t/a"),
        lambda: blobs.delete(["inputs/t/a"]),
        lambda: blobs.names("inputs/t/"),
    )


def test_a_store_that_takes_no_connections_is_unavailable(open_bucket, monkeypatch):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        for call in calls(open_bucket()):
            with pytest.raises(Unavailable) as caught:
                call()
            assert caught.value.part == "store"
            assert "Debug source" not in str(caught.value)


def test_a_store_that_never_answers_is_unavailable(open_bucket, monkeypatch):
    monkeypatch.setattr("storage.buckets.TRY_S", 0.2)
    monkeypatch.setattr("storage.buckets.TRIES_BEGIN_WITHIN_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for call in calls(open_bucket()):
            with pytest.raises(Unavailable):
                call()


def test_a_bucket_that_does_not_exist_is_no_store(bucket_url):
    for call in calls(BucketBlobs("no-such-bucket")):
        with pytest.raises(Unavailable):
            call()


class Full(BaseHTTPRequestHandler):
    """What MinIO says when its disks are full."""

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b"<Error><Code>XMinioStorageFull</Code></Error>"
        self.send_response(507)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_store_without_room_is_full(open_bucket, monkeypatch):
    with HTTPServer(("127.0.0.1", 0), Full) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        blobs = open_bucket()
        for write in (blobs.put, blobs.put_new):
            with pytest.raises(StoreFull):
                write("inputs/t/a", b"1")
        server.shutdown()
        thread.join()


def test_a_store_that_cannot_write_new_blobs_only_will_do(open_bucket, monkeypatch):
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    blobs = open_bucket()
    blobs.put_new("models/t/a", b"1")
    assert blobs.get("models/t/a") == b"1"


def test_prefixes_in_one_bucket_share_nothing(bucket_url):
    name = urlsplit(bucket_url).netloc
    one, other, all_of_it = (BucketBlobs(name, prefix=prefix) for prefix in ("a", "a/b", ""))
    one.put("inputs/t/x", b"1")
    with pytest.raises(NotFound):
        other.get("inputs/t/x")
    assert all_of_it.names("a/") == ["a/inputs/t/x"]


def test_no_key_to_the_store_is_unavailable(open_bucket, monkeypatch):
    # Without keys it asks the machine it runs on, which is not one of Amazon's.
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", address)
        with pytest.raises(Unavailable):
            open_bucket().check()
