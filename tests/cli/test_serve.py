"""Everything on one machine: started, hurt, stopped and started again."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx
import pytest

from tests.engines.held import HELD, holding
from tests.served import ENVIRONMENT, descendants
from tests.waiting import HANGS_AFTER_S

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def alive(pid):
    """Whether a process is there and has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@linux_only
def test_serve_answers_stops_cleanly_and_finds_everything_again(serve, tmp_path, eventually):
    served = serve(tmp_path / "data")
    assert served.request("/readyz") == {"status": "ready", "durable": True}
    job = served.ask()
    eventually(lambda: served.status(job) == "succeeded")
    model = served.request(job)["links"]["model"]
    pids = eventually(lambda: len(found := served.pids()) == 4 and found)
    assert set(pids) == {"valkey-server", "cli.api", "notifier", "worker"}
    assert served.stop() == 0
    assert not any(alive(pid) for pid in pids.values())

    again = serve(tmp_path / "data")
    assert again.status(job) == "succeeded"
    assert again.request(model)["met"]
    assert [entry["links"]["self"] for entry in again.request("/v1/jobs")["data"]] == [job]
    assert again.stop() == 0


def test_a_finished_answer_is_given_again_after_everything_was_restarted(
    serve, tmp_path, eventually
):
    question = {
        "samples": {"x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 4.0]},
        "target": {"tolerance": 1e-3},
    }
    headers = {"Idempotency-Key": "nightly", "Prefer": "wait=60"}

    def ask(served):
        return httpx.post(
            f"{served.url}/v1/jobs", json=question, headers=headers, timeout=HANGS_AFTER_S
        )

    before = serve(tmp_path / "data")
    # Its worker is there.
    other = before.ask()
    eventually(lambda: before.status(other) == "succeeded")
    first = ask(before)
    assert (first.status_code, first.json()["status"]) == (201, "succeeded")
    assert before.stop() == 0

    after = serve(tmp_path / "data")
    again = ask(after)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(after.request("/v1/jobs")["data"]) == 2
    assert after.stop() == 0


def test_programs_are_told_where_it_is_in_a_line_of_json(tmp_path):
    options = ("--port", "0", "--data-dir", str(tmp_path), "--host", "0.0.0.0", "--json")
    command = [sys.executable, "-m", "cli.main", "serve", *options]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        said = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{said.pop('url')}/readyz") as ready:
            assert ready.status == 200
        assert said == {"data_dir": str(tmp_path), "workers": 1, "needs_key": True}
        process.terminate()
        assert process.stdout.read() == ""
    assert process.returncode == 0


@linux_only
def test_parts_that_are_killed_come_back(serve, tmp_path, eventually):
    served = serve(tmp_path / "data")
    for role in ("worker", "notifier", "cli.api", "valkey-server"):
        before = eventually(lambda role=role: served.pids().get(role))
        os.kill(before, signal.SIGKILL)
        eventually(lambda role=role, old=before: served.pids().get(role, old) != old)
    job = eventually(lambda: served.request("/readyz") and served.ask())
    eventually(lambda: served.status(job) == "succeeded")


@linux_only
def test_the_job_of_a_killed_worker_is_done_by_the_next(serve, tmp_path, eventually):
    served = serve(tmp_path / "data", **holding(tmp_path))
    job = served.ask(seed=HELD[0])
    eventually(lambda: served.status(job) == "running")
    os.kill(served.pids()["worker"], signal.SIGKILL)
    eventually(lambda: served.request(job)["attempts"] == 2)
    (tmp_path / str(HELD[0])).touch()
    eventually(lambda: served.status(job) == "succeeded")
    assert served.request(job)["attempts"] == 2


@linux_only
def test_nothing_outlives_a_supervisor_that_is_killed(serve, tmp_path, eventually):
    served = serve(tmp_path / "data")
    pids = eventually(lambda: len(found := served.pids()) == 4 and found)
    served.process.kill()
    served.process.wait()
    eventually(lambda: not any(alive(pid) for pid in pids.values()))
    # And the directory is free again.
    assert serve(tmp_path / "data").stop() == 0


@linux_only
def test_several_api_processes_share_the_connections_to_one_port(serve, tmp_path, eventually):
    served = serve(tmp_path / "data", "--api-processes", "3")

    def apis():
        return [pid for pid, role in descendants(served.process.pid).items() if role == "cli.api"]

    assert len(eventually(lambda: len(apis()) == 3 and apis())) == 3
    job = served.ask()
    # Every request on a connection of its own: some meet each of the processes.
    eventually(lambda: served.status(job) == "succeeded")
    assert all(served.status(job) == "succeeded" for _ in range(30))
    killed = apis()[0]
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: len(found := apis()) == 3 and killed not in found)
    assert all(served.status(job) == "succeeded" for _ in range(30))
    assert served.stop() == 0


def test_an_existing_broker_can_be_used(serve, storage_settings, eventually):
    served = serve(storage_settings.data_dir, "--redis-url", storage_settings.redis_url)
    job = served.ask()
    eventually(lambda: served.status(job) == "succeeded")
    assert served.stop() == 0
