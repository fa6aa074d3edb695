"""Bodies larger than memory may be: the API process does not grow with what is sent."""

import functools
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.waiting import HANGS_AFTER_S

ROOT = Path(__file__).parents[2]
MEBIBYTE = 1024 * 1024
SENT_BYTES = 64 * MEBIBYTE
# The beginning of a body is in memory, and 8 MiB of samples twice, on their way to the store.
GROWTH_BYTES = 40 * MEBIBYTE
NDJSON = "application/x-ndjson"
JSON = "application/json"
CSV = "text/csv"
QUESTION = {"samples": {"x": [0, 1, 2], "y": [0, 1, 4]}, "target": {"tolerance": 0.1}}
FIRST = {
    NDJSON: json.dumps(QUESTION),
    JSON: json.dumps({"items": [QUESTION]}),
    CSV: "x,y\n0,0\n1,1\n2,4\n",
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def api(storage_settings, eventually):
    """The API as a process of its own, and a client of it."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "FOLDLINE_REDIS_URL": storage_settings.redis_url,
        "FOLDLINE_REQUIRE_KEYS": "false",
        "FOLDLINE_DATA_DIR": str(storage_settings.data_dir),
        "FOLDLINE_MAX_BODY_BYTES": str(MEBIBYTE),
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, fd = listener.getsockname()[1], listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.api", str(fd)],
            env=environment,
            pass_fds=[fd],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=HANGS_AFTER_S) as client:
        yield process, client
    process.terminate()
    process.wait(HANGS_AFTER_S)


def peak_bytes(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def stream(piece, end=b"", begin=b""):
    yield begin
    for _ in range(SENT_BYTES // len(piece)):
        yield piece
    yield end


@pytest.fixture
def grown(api):
    """Sends a batch and returns it, and by how many bytes the process has grown meanwhile."""
    process, client = api

    def send(content, kind=NDJSON, path="batches"):
        # What the first body of a kind needs is not counted.
        ask = functools.partial(
            client.post,
            f"/v1/{path}",
            headers={"Content-Type": kind},
            params={"tolerance": 0.1} if kind == CSV else None,
        )
        ask(content=FIRST[kind]).raise_for_status()
        before = peak_bytes(process)
        response = ask(content=content)
        return response, peak_bytes(process) - before

    return send


def test_many_small_lines_are_not_kept_in_memory(grown):
    # White space is part of a line, and of the body; the samples are few.
    line = json.dumps(QUESTION).encode().ljust(16 * 1024 - 1) + b"\n"
    response, growth = grown(stream(line))
    assert response.json()["counts"]["queued"] == SENT_BYTES // len(line)
    assert growth < GROWTH_BYTES


def test_a_line_without_end_is_not_read_into_memory(grown):
    last = b"\n" + json.dumps(QUESTION).encode()
    response, growth = grown(stream(b"x" * 64 * 1024, last))
    assert response.json()["counts"]["queued"] == 1
    assert [refusal["line"] for refusal in response.json()["refusals"]] == [1]
    assert growth < GROWTH_BYTES


def test_many_items_of_a_json_document_are_not_kept_in_memory(grown):
    item = json.dumps(QUESTION).encode().ljust(16 * 1024 - 1) + b","
    end = json.dumps(QUESTION).encode() + b"]}"
    response, growth = grown(stream(item, end, begin=b'{"items":['), JSON)
    assert response.json()["counts"]["queued"] == SENT_BYTES // len(item) + 1
    assert growth < GROWTH_BYTES


def test_a_table_is_not_kept_in_memory(grown):
    def rows():
        yield b"x" + b"".join(b",f%d" % column for column in range(1_000)) + b"\n"
        for row in range(3_000):
            # Every value has 17 digits, as most have.
            yield b"%d" % row + b",0.12345678901234567" * 1_000 + b"\n"

    response, growth = grown(rows(), CSV)
    assert response.json()["counts"]["queued"] == 1_000
    assert growth < GROWTH_BYTES


TOO_LARGE = [
    (JSON, b"{}," * 20_000, b'{"items":[', "more than 10000 questions"),
    (JSON, b"[" * 64 * 1024, b'{"items":[', "lists and objects"),
    (JSON, b"1," * 32 * 1024, b'{"items":[[', "more than 1048576 bytes"),
    (JSON, b"x" * 64 * 1024, b'{"items":["', "more than 1048576 bytes"),
    (JSON, b"x" * 64 * 1024, b'{"name":"', "besides its items"),
    (JSON, b"[" * 64 * 1024, b"", "besides its items"),
    (CSV, b"1," * 32 * 1024, b"x", "more than 1048576 bytes"),
    (CSV, b"0,1\n" * 16 * 1024, b"x,y\n", "at most 100000"),
    (CSV, b'\nb","a' * 16 * 1024, b'x,"a', "more than 10001 columns"),
    (CSV, b"," * 64 * 1024 + b"\n", b"x,y\n", "more than 10001 columns"),
]


def test_what_is_larger_than_it_may_be_is_refused_before_it_is_kept(grown):
    for kind, piece, begin, said in TOO_LARGE:
        response, growth = grown(stream(piece, begin=begin), kind)
        assert response.status_code == 422
        assert said in response.json()["detail"]
        assert growth < GROWTH_BYTES, said


def test_of_a_curve_with_too_many_samples_no_more_are_kept_than_there_may_be(grown):
    response, growth = grown(b"0,1\n" * (MEBIBYTE // 4), CSV, path="jobs")
    assert response.json()["errors"][0]["field"] == "line.100001"
    assert growth < GROWTH_BYTES
