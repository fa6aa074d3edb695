"""API and workers as processes of their own, started as on several machines."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.waiting import HANGS_AFTER_S

ROOT = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
    "FOLDLINE_REQUIRE_KEYS": "false",
    "FOLDLINE_WORKER_SWEEP_S": "1",
    "FOLDLINE_WORKER_PROCESSES": "1",
    "FOLDLINE_WORKER_DEVICE": "cpu",
}


class Api:
    """A running API process, and a client of it."""

    def __init__(self, environment: dict[str, str], *, log: Path, module: str = "cli.api") -> None:
        """Start it on a free port."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port, fd = listener.getsockname()[1], listener.fileno()
            self.process = start(module, str(fd), environment=environment, log=log, keep_open=[fd])
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=HANGS_AFTER_S)

    def ready(self) -> bool:
        """Whether it reaches broker and store."""
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it."""
        self.client.close()
        end(self.process)


def start(
    module: str,
    *arguments: str,
    environment: dict[str, str],
    log: Path,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a part; what it logs goes into a file."""
    command = [sys.executable, "-m", module, *arguments]
    with log.open("wb") as file:
        return subprocess.Popen(
            command, env=ENVIRONMENT | environment, cwd=ROOT, stderr=file, pass_fds=keep_open
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a part."""
    process.terminate()
    process.wait(HANGS_AFTER_S)
