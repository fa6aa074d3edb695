"""``foldline serve`` as a process, and what hangs on it."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.waiting import HANGS_AFTER_S

ROOT = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(ROOT),
    "FOLDLINE_WORKER_SWEEP_S": "1",
    # Receivers of the tests are on this machine, and come back soon; a slow one is not given up.
    "FOLDLINE_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
    "FOLDLINE_WEBHOOK_RETRY_WAITS_S": ",".join(["0.2", "0.5", *["1"] * 100]),
}


class Served:
    """A running ``foldline serve``."""

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        module: str = "cli.main",
        environment: Mapping[str, str] | None = None,
        log: int | None = None,
    ) -> None:
        """Start it on a free port and wait for the line that says where it is.

        Args:
            data_dir: where it keeps everything.
            options: more of the command.
            module: the program.
            environment: what is to be set beside what is usual here.
            log: where its processes log; by default where this process does.
        """
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", module, "serve"),
                *("--port", "0", "--workers", "1", "--data-dir", str(data_dir)),
                *options,
            ],
            env=ENVIRONMENT | dict(environment or {}),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"no address in {line!r}"
        self.url = found[0]

    def request(self, path: str, document: Any = None) -> Any:
        """GET, or POST with a document; the answer as it comes from JSON, None if there is none."""
        body = None if document is None else json.dumps(document).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=HANGS_AFTER_S) as response:
                return json.load(response)
        except OSError:
            return None

    def ask(self, tolerance: float = 1e-3, **options: Any) -> str | None:
        """Submit a question; returns the address of the job, None if it was not taken."""
        x = [i / 99 for i in range(100)]
        question = {
            "samples": {"x": x, "y": [value**3 for value in x]},
            "target": {"tolerance": tolerance},
            "options": options,
        }
        answer = self.request("/v1/jobs", question)
        return answer and answer["links"]["self"]

    def status(self, job: str) -> str | None:
        """The status of a job."""
        answer = self.request(job)
        return answer and answer["status"]

    def pids(self) -> dict[str, int]:
        """The processes that hang on it, by what they are."""
        return {role: pid for pid, role in descendants(self.process.pid).items()}

    def stop(self) -> int:
        """Ask it to stop as Ctrl-C does; returns its exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(HANGS_AFTER_S)
        self.process.stdout.close()
        return status


def steady_port() -> str:
    """A port for those who come back to it: none of those that the system gives to anybody."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return str(port)


def all_descendants(pid: int) -> list[int]:
    """A process and all that hang on it, however far down (Linux)."""
    return [pid, *(deeper for child in descendants(pid) for deeper in all_descendants(child))]


def descendants(pid: int) -> dict[int, str]:
    """Children of a process that are past their start, with what they are (Linux)."""
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(directory.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            command = directory.joinpath("cmdline").read_bytes().decode()
        except OSError:
            continue  # it ended meanwhile
        if parent == pid and "tether.py" not in command:
            roles = ("valkey-server", "cli.api", "notifier", "worker")
            found[int(directory.name)] = next((r for r in roles if r in command), command)
    return found
