"""Bodies larger than memory may be: the API process does not grow with what is sent."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
MEBIBYTE = 1024 * 1024
SENT_BYTES = 64 * MEBIBYTE
# The beginning of a body is kept in memory, and so are its pieces on their way to the disk.
GROWTH_BYTES = 24 * MEBIBYTE
NDJSON = {"Content-Type": "application/x-ndjson"}
QUESTION = {"samples": {"x": [0, 1, 2], "y": [0, 1, 4]}, "target": {"tolerance": 0.1}}

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
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield process, client
    process.terminate()
    process.wait(20)


def peak_bytes(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def stream(piece, end=b""):
    for _ in range(SENT_BYTES // len(piece)):
        yield piece
    yield end


@pytest.fixture
def grown(api):
    """Sends a batch and returns it, and by how many bytes the process has grown meanwhile."""
    process, client = api

    def send(content):
        # What the first batch needs is not counted.
        line = json.dumps(QUESTION).encode()
        client.post("/v1/batches", content=line, headers=NDJSON).raise_for_status()
        before = peak_bytes(process)
        response = client.post("/v1/batches", content=content, headers=NDJSON)
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
