"""``foldline doctor``: what is right and wrong, each for itself."""

import json
import os
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.broker import start_broker
from cli.commands.doctor import CHECKS
from tests.cli.conftest import ROOT
from tests.sentinels import Watched

NAMES = [check.name for check in CHECKS]


def states(run):
    """What was found, by name."""
    document = json.loads(run.stdout)
    assert [found["name"] for found in document["checks"]] == NAMES
    for found in document["checks"]:
        assert (found["remedy"] is not None) is (found["state"] == "wrong")
    return {found["name"]: found["state"] for found in document["checks"]}


def test_a_sound_installation_has_nothing_wrong(foldline, tmp_path):
    directory = tmp_path / "new"
    run = foldline("doctor", "--data-dir", directory, "--json")
    assert set(states(run).values()) == {"ok"}, run.stdout
    assert run.exit_code == 0
    # Nothing is made, and nothing is left.
    assert not directory.exists()
    lines = foldline("doctor", "--data-dir", tmp_path).stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", name] for name in NAMES]
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_named_with_a_remedy_and_the_rest_is_looked_at(alone, tmp_path):
    (tmp_path / "file").touch()
    options = ("--data-dir", tmp_path / "file" / "data", "--url", "http://127.0.0.1:9")
    run = alone("doctor", *options, "--json")
    assert run.exit_code == 1
    found = states(run)
    assert {name for name, state in found.items() if state == "wrong"} == {"data", "service"}
    assert found["key"] == "skipped"
    (line,) = [line for line in alone("doctor", *options).stdout.splitlines() if " data " in line]
    assert line.startswith("wrong")
    assert f"{tmp_path / 'file'} is no directory. What helps: choose a directory" in line


def test_a_store_that_belongs_to_another_broker_is_wrong(alone, tmp_path, stores, storage_settings):
    stores.binding.check()
    with start_broker(tmp_path / "another") as broker:
        named = {"FOLDLINE_REDIS_URL": broker.url}
        run = alone("doctor", "--data-dir", storage_settings.data_dir, "--json", **named)
    assert states(run)["store"] == "wrong"
    assert "belongs to another broker" in run.stdout


def test_broker_and_store_are_those_that_are_named(alone, tmp_path, storage_settings, bucket_url):
    def found(broker, store):
        named = {"FOLDLINE_REDIS_URL": broker, "FOLDLINE_STORE_URL": store}
        run = alone("doctor", "--data-dir", tmp_path, "--json", **named)
        assert "secret" not in run.stdout
        return {name: states(run)[name] for name in ("broker", "store")}

    assert found(storage_settings.redis_url, bucket_url) == {"broker": "ok", "store": "ok"}
    nowhere = bucket_url.replace("s3://", "s3://no-such-")
    away = "redis://:secret@127.0.0.1:9/0"
    assert found(away, nowhere) == {"broker": "wrong", "store": "wrong"}
    assert found("amqp://broker", "ftp://store") == {"broker": "wrong", "store": "wrong"}


@pytest.fixture
def stranger(tmp_path):
    """The address of a server that is none of ours, with a page at /readyz."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "readyz").write_text("<html>")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "pages")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_something_else_at_the_address_is_no_service(alone, tmp_path, stranger):
    run = alone("doctor", "--data-dir", tmp_path, "--url", stranger)
    assert run.exit_code == 1
    assert f"what answers at {stranger} is no Foldline service" in run.stdout


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        ("torch", {"device"}),
        ("numpy", {"device", "store", "key", "fit"}),
    ],
)
def test_a_library_that_does_not_load_hides_nothing_else(tmp_path, module, wrong):
    (tmp_path / f"{module}.py").write_text("raise OSError('lib.so: cannot open\\nshared object')")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT), str(ROOT / "client")))
    }
    command = [sys.executable, "-m", "cli.main", "doctor", "--data-dir", str(tmp_path), "--json"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")
    assert {name for name, state in states(run).items() if state == "wrong"} == wrong
    assert "OSError: lib.so" in run.stdout


def test_the_master_that_sentinels_name_is_named(alone, tmp_path):
    with Watched(tmp_path / "broker", sentinels=1) as watched:
        master = watched.master()
        named = {"FOLDLINE_REDIS_URL": watched.url}
        run = alone("doctor", "--data-dir", tmp_path / "data", "--json", **named)
    assert states(run)["broker"] == "ok"
    assert f"the master mymaster at 127.0.0.1:{master} answers" in run.stdout
