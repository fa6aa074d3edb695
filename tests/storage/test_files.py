"""Blobs in a directory: what can become of the directory, and of a process that writes."""

import errno
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.errors import NotFound, StoreFull, Unavailable
from storage.files import FileBlobs

TOPS = ("inputs", "models")


@pytest.fixture
def blobs(root):
    return FileBlobs(root, TOPS, make=True)


def everything_below(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_write_that_was_interrupted_is_invisible_and_harmless(blobs, root):
    # What a worker leaves that is killed between writing and renaming.
    blobs.put("models/t/a", b"1")
    (root / "models/t/.b.4711.deadbeef").write_bytes(b"{")
    assert blobs.names("models/t/") == ["models/t/a"]
    with pytest.raises(NotFound):
        blobs.get("models/t/b")
    blobs.put_new("models/t/b", b"2")
    assert blobs.get("models/t/b") == b"2"


@pytest.mark.parametrize("write", [FileBlobs.put, FileBlobs.put_new])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_directory_without_room_is_a_full_store_and_keeps_no_part(
    blobs, root, monkeypatch, write, number
):
    def no_room(descriptor):
        raise OSError(number, os.strerror(number))

    blobs.put("models/t/a", b"1")
    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(StoreFull) as caught:
        write(blobs, "models/t/b", b"2")
    assert os.strerror(number) in str(caught.value)
    with pytest.raises(StoreFull):
        blobs.check()
    assert everything_below(root) == ["models/t/a"]


@pytest.mark.parametrize(
    ("write", "move"), [(FileBlobs.put, "replace"), (FileBlobs.put_new, "hardlink_to")]
)
def test_what_cannot_be_moved_into_place_leaves_nothing(blobs, root, monkeypatch, write, move):
    def read_only(path, target):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, move, read_only)
    with pytest.raises(Unavailable) as caught:
        write(blobs, "models/t/a", b"1")
    assert not isinstance(caught.value, StoreFull)
    assert everything_below(root) == []


def test_a_file_system_without_hard_links_will_do(blobs, root, monkeypatch):
    def no_links(path, target):
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    blobs.put_new("models/t/a", b"1")
    assert blobs.get("models/t/a") == b"1"
    assert everything_below(root) == ["models/t/a"]


@pytest.mark.parametrize("mount_point_stays", [True, False])
def test_a_directory_that_has_vanished_is_away_and_is_not_made_again(
    blobs, root, mount_point_stays
):
    blobs.put("models/t/a", b"1")
    shutil.rmtree(root)
    if mount_point_stays:
        root.mkdir()
    for call in (
        blobs.check,
        lambda: blobs.put("inputs/t/a", b"1"),
        lambda: blobs.put_new("models/t/a", b"1"),
        lambda: blobs.get("models/t/a"),
        lambda: blobs.read("models/t/a"),
        lambda: blobs.delete(["models/t/a"]),
        lambda: blobs.names("models/t/"),
        lambda: list(blobs.written("models")),
        lambda: blobs.remove_unfinished(datetime.now(UTC)),
    ):
        with pytest.raises(Unavailable) as caught:
            call()
        assert caught.value.part == "store"
    assert root.exists() == mount_point_stays
    assert not mount_point_stays or list(root.iterdir()) == []


def test_a_directory_that_is_back_works_again(blobs, root):
    blobs.put("models/t/a", b"1")
    root.rename(root.with_name("away"))
    with pytest.raises(Unavailable):
        blobs.get("models/t/a")
    root.with_name("away").rename(root)
    assert blobs.get("models/t/a") == b"1"
    blobs.check()


def test_a_place_that_is_no_directory_is_unavailable(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        FileBlobs(tmp_path / "file" / "data", TOPS, make=True)
