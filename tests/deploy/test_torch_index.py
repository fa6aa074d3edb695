"""Where ``make setup`` takes torch from: what is given, else what the machine has a use for."""

import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from setup.torch_index import choose

ROOT = Path(__file__).parents[2]
PLAIN_LINUX = {"given": None, "system": "Linux", "machine": "x86_64", "has_driver": False}
ELSEWHERE = "http://elsewhere.test/simple"


class Index(BaseHTTPRequestHandler):
    """Has torch, and nothing else."""

    def do_GET(self):
        self.send_response(200 if self.path == "/cpu/torch/" else 404)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    """The address of a package index that answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as started:
        threading.Thread(target=started.serve_forever).start()
        yield f"http://127.0.0.1:{started.server_port}"
        started.shutdown()


@pytest.fixture
def answering(server):
    return f"{server}/cpu"


@pytest.fixture
def silent():
    """The address of one that takes a question, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_plain_linux_takes_the_cpu_build_from_an_index_that_answers(answering, machine):
    chosen = choose(**PLAIN_LINUX | {"machine": machine}, index=answering)
    assert chosen.index == answering
    assert f"the CPU build from {answering}" in chosen.words


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"has_driver": True}, "NVIDIA's driver is here"),
        ({"system": "Darwin", "machine": "arm64"}, "Darwin"),
        ({"machine": "riscv64"}, "riscv64"),
        ({"given": ""}, "TORCH_INDEX"),
    ],
)
def test_pip_chooses_where_the_cpu_build_is_not_wanted_or_is_not_another(answering, more, why):
    chosen = choose(**PLAIN_LINUX | more, index=answering)
    assert chosen.index == ""
    assert "pip's own choice" in chosen.words
    assert why in chosen.words


def test_a_silent_index_is_not_waited_for(silent):
    chosen = choose(**PLAIN_LINUX, index=silent, within_s=0.2)
    assert chosen.index == ""
    assert f"{silent} does not answer" in chosen.words


@pytest.mark.parametrize("index", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_pip_chooses_where_the_index_cannot_be_reached(index):
    assert choose(**PLAIN_LINUX, index=index).index == ""


def test_pip_chooses_where_the_index_has_no_torch(server):
    assert choose(**PLAIN_LINUX, index=f"{server}/empty").index == ""


@pytest.mark.parametrize("has_driver", [False, True])
def test_what_is_given_is_taken_unasked(has_driver):
    chosen = choose(**PLAIN_LINUX | {"given": ELSEWHERE, "has_driver": has_driver})
    assert chosen.index == ELSEWHERE


def test_what_was_chosen_is_said_in_one_line_beside_the_address():
    done = subprocess.run(
        [sys.executable, ROOT / "setup/torch_index.py"],
        env=os.environ | {"TORCH_INDEX": ELSEWHERE},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{ELSEWHERE}\n"
    assert done.stderr == f"torch: from {ELSEWHERE} or pip's own index, as TORCH_INDEX says\n"
