"""The commands: what they say, and the parts alone."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

from cli import parts
from cli.listening import ListenError, open_listeners
from cli.main import app
from schemas.version import ENGINE_VERSION
from storage import keys
from storage.connection import connect
from tests.served import steady_port
from tests.waiting import HANGS_AFTER_S

runner = CliRunner()


def test_the_version_is_the_engines():
    assert runner.invoke(app, ["--version"]).output.strip() == ENGINE_VERSION


def test_a_port_in_use_is_said_and_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = runner.invoke(app, ["serve", "--data-dir", str(tmp_path), "--port", port])
    assert result.exit_code == 1
    assert port in result.stderr
    assert "--port 0" in result.stderr


@pytest.mark.parametrize("processes", [1, 3])
def test_a_port_in_use_is_not_shared_with_another_service(processes):
    with open_listeners("127.0.0.1", 0, 3) as listeners:
        port = listeners[0].getsockname()[1]
        assert {listener.getsockname()[1] for listener in listeners} == {port}
        with (
            pytest.raises(ListenError, match=str(port)),
            open_listeners("127.0.0.1", port, processes),
        ):
            pass


@pytest.mark.parametrize("url", ["nonsense", "redis://127.0.0.1:1/0"])
def test_a_broker_that_does_not_answer_is_said(tmp_path, url):
    arguments = ["serve", "--data-dir", str(tmp_path), "--port", "0", "--redis-url", url]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 1
    assert "--redis-url" in result.stderr


def test_a_worker_gets_one_thread_unless_the_operator_chose_otherwise():
    assert parts.worker_environment({})["OMP_NUM_THREADS"] == "1"
    assert parts.worker_environment({"OMP_NUM_THREADS": "4"})["OMP_NUM_THREADS"] == "4"


def start(storage_settings, *arguments, log=None):
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    options = ["--redis-url", storage_settings.redis_url]
    options += ["--data-dir", str(storage_settings.data_dir)]
    command = [sys.executable, "-m", "cli.main", *arguments, *options]
    return subprocess.Popen(command, env=environment, stderr=log)


@pytest.mark.usefixtures("stores")
def test_the_worker_alone_works_and_leaves(storage_settings, eventually):
    connection = connect(storage_settings.redis_url)

    def waits():
        workers = connection.scan_iter("rq:worker:*")
        return any(connection.hget(worker, "state") == b"idle" for worker in workers)

    process = start(storage_settings, "worker")
    eventually(waits)
    process.send_signal(signal.SIGTERM)
    assert process.wait(HANGS_AFTER_S) == 0


def test_the_notifier_alone_lives_and_leaves(storage_settings, eventually):
    connection = connect(storage_settings.redis_url)
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "cli.main", "notifier"]
    command += ["--redis-url", storage_settings.redis_url]
    process = subprocess.Popen(command, env=environment)
    eventually(lambda: connection.zcard(keys.SENDERS))
    process.send_signal(signal.SIGTERM)
    assert process.wait(HANGS_AFTER_S) == 0


def test_the_api_alone_serves_logs_and_leaves(storage_settings, eventually, tmp_path):
    port = steady_port()
    written = tmp_path / "log"
    with written.open("wb") as log:
        process = start(storage_settings, "api", "--port", port, log=log)

    def ready():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz?in=secret") as response:
                return response.headers["X-Request-ID"]
        except OSError:
            return False

    request_id = eventually(ready)
    process.send_signal(signal.SIGTERM)
    process.wait(HANGS_AFTER_S)
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    # One line about the request, and it is ours: the server's own would have the query.
    (line,) = [line for line in lines if line.get("request_id") == request_id]
    assert (line["event"], line["path"], line["status"]) == ("request", "/readyz", 200)
    assert "secret" not in written.read_text()
    assert {line["logger"].partition(".")[0] for line in lines} == {"service", "storage", "uvicorn"}


@pytest.mark.parametrize("command", ["serve", "api", "worker"])
def test_a_form_of_the_log_that_does_not_exist_is_said(storage_settings, monkeypatch, command):
    monkeypatch.setenv("FOLDLINE_LOG_FORMAT", "xml")
    process = start(storage_settings, command, log=subprocess.PIPE)
    _, said = process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == 1
    assert said.startswith(b"Error: ")
    assert b"'auto', 'json' or 'text'" in said
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("fit - --tolerance", "Option '--tolerance' requires an argument"),
        ("fit - --tolerance small", "Invalid value for '--tolerance': "),
        ("fit - --tolerances 1", "No such option: --tolerances"),
        ("fti -", "No such command 'fti'. Did you mean 'fit'?"),
        ("export MODEL", "Missing option '--format' / '-f'. Choose from: json, onnx, "),
        ("jobs show", "Missing argument 'JOB'"),
        ("jobs list --limit -1", "Invalid value for '--limit': "),
    ],
)
def test_misuse_is_said_in_a_line(alone, words, says):
    run = alone(*words.split())
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr.startswith(f"Error: {says}")
    assert run.stderr.count("\n") == 1
