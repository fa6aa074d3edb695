"""Samples, models and secrets are for their owner alone, whatever the umask says."""

import json
import os

import pytest

from cli.broker import start_broker
from storage.files import FileBlobs
from storage.keys import INPUTS, MODELS
from storage.private import OTHERS
from tests.served import Served


@pytest.fixture(autouse=True)
def _open_umask():
    """As open as it can be."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(directory):
    """What others can read of a directory, itself included."""
    paths = [directory, *directory.rglob("*")]
    return [path for path in paths if path.lstat().st_mode & OTHERS]


def test_nothing_that_is_served_can_be_read_by_others(tmp_path, eventually):
    served = Served(tmp_path / "data")
    job = served.ask()
    eventually(lambda: served.status(job) == "succeeded")
    found = open_to_others(tmp_path / "data")
    assert served.stop() == 0
    assert found == []
    assert list(tmp_path.glob("data/models/*/*"))


def test_what_others_could_read_is_closed_at_the_start_and_that_is_said(tmp_path, caplog):
    data = tmp_path / "data"
    with start_broker(data):
        FileBlobs(data, (INPUTS, MODELS), make=True).put(f"{MODELS}/some/one", b"secret")
    for path in (data, *data.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o644)
    with start_broker(data):
        FileBlobs(data, (INPUTS, MODELS), make=True)
        assert open_to_others(data) == []
    assert f"others on this machine could read {data}: not any more" in caplog.messages


def test_a_directory_that_has_other_things_in_it_stays_as_it_is(tmp_path):
    (tmp_path / "holiday.txt").touch(0o644)
    tmp_path.chmod(0o755)
    FileBlobs(tmp_path, (INPUTS, MODELS), make=True).put(f"{INPUTS}/one", b"secret")
    assert {path.name for path in open_to_others(tmp_path)} == {tmp_path.name, "holiday.txt"}


def test_a_worker_that_makes_no_store_writes_files_that_are_closed_all_the_same(tmp_path):
    FileBlobs(tmp_path, (INPUTS, MODELS), make=True)
    blobs = FileBlobs(tmp_path, (INPUTS, MODELS))
    blobs.put(f"{MODELS}/new/one", json.dumps({}).encode())
    assert not (tmp_path / MODELS / "new").stat().st_mode & OTHERS
    assert not (tmp_path / MODELS / "new/one").stat().st_mode & OTHERS
