"""Commands in this process, and a real service with a real worker for those that ask one."""

import logging
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.engines.held import HELD, holding
from tests.served import Served
from tests.waiting import HANGS_AFTER_S

ROOT = Path(__file__).parents[2]
CURVE = ROOT / "examples/curves/log2_mantissa.csv"
# A question that keeps a worker busy until it is cancelled.
SLOW = "\n".join(f"{i},{i**3}" for i in range(21))
SLOW_OPTIONS = ("--tolerance", "1e-6", "--effort", "quick", "--architecture", "compelled")
SLOW_OPTIONS += ("--seed", HELD[0])


@pytest.fixture(autouse=True)
def log_left_as_it_was():
    """What a command does to the log ends with its test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture(autouse=True)
def nothing_said_in_the_environment(monkeypatch):
    for name in ("FOLDLINE_URL", "FOLDLINE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def alone():
    """``alone(*arguments)`` runs a command in this process, without a service."""

    def run(*arguments, stdin=None, **environment):
        result = CliRunner().invoke(app, [*map(str, arguments)], input=stdin, env=environment)
        # Whatever was not meant shows as itself.
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Everything, started as users start it, but that some questions are held."""
    served = Served(tmp_path_factory.mktemp("cli"), **holding())
    yield served
    assert served.stop() == 0


@pytest.fixture(scope="session")
def foldline(alone, served):
    """``foldline(*arguments)`` runs a command in this process; FOLDLINE_URL says where to ask."""

    def run(*arguments, stdin=None):
        return alone(*arguments, stdin=stdin, FOLDLINE_URL=served.url)

    return run


@pytest.fixture
def start(served):
    """``start(*arguments)`` starts a command as a process of its own."""
    started = []

    def run(*arguments, **options):
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "client"))),
            "FOLDLINE_URL": served.url,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *map(str, arguments)],
            **{
                "env": environment,
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                **options,
            },
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


class Terminal:
    """A terminal, as a process has it at its end, and what is seen on it."""

    def __init__(self):
        self._screen, self.end = pty.openpty()
        self._seen = ""

    def read_until(self, pattern):
        """Wait until this is seen; returns the match."""
        end = time.monotonic() + HANGS_AFTER_S
        while not (found := re.search(pattern, self._seen)):
            # What moves on it, such as a bar, is seen for as long as it runs.
            ready, _, _ = select.select([self._screen], [], [], max(end - time.monotonic(), 0.0))
            assert ready, f"{pattern} was not seen in {self._seen[-2000:]!r}"
            assert time.monotonic() < end, f"{pattern} was not seen in {self._seen[-2000:]!r}"
            self._seen += os.read(self._screen, 1 << 16).decode()
        return found

    def close(self):
        os.close(self._screen)
        os.close(self.end)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture(scope="session")
def model_directory(alone, tmp_path_factory):
    """What ``foldline fit -o`` wrote."""
    directory = tmp_path_factory.mktemp("fitted")
    run = alone("fit", CURVE, "--tolerance", 1e-3, "--name", "mantissa", "-o", directory)
    assert run.exit_code == 0, run.stderr
    return directory


@pytest.fixture(scope="session")
def model_id(foldline, model_directory):
    """The same model, fitted by the service."""
    run = foldline("submit", CURVE, "--tolerance", 1e-3, "--name", "mantissa", "--wait")
    assert run.exit_code == 0, run.stderr
    return run.stdout.split()[1]
