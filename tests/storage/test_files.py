"""Samples and models as files: whole or not at all, and never under a name that leads elsewhere."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.errors import NotFound, Unavailable
from schemas.samples import canonical_samples
from storage.files import LocalArtifactStore

FILES = {"manifest.json": b"{}", "network.json": b"1", "empty": b""}


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def store(root):
    return LocalArtifactStore(root)


def test_an_input_comes_back_as_it_was_whole_or_in_part(store):
    store.put_input("job_1", b"first")
    store.put_input("job_1", b"0123456789")
    assert store.get_input("job_1") == b"0123456789"
    assert store.get_input("job_1", offset=2, length=3) == b"234"


def test_an_unknown_input_is_not_found(store):
    with pytest.raises(NotFound):
        store.get_input("job_1")


def test_an_input_is_deleted_with_its_parts_and_nothing_else(store):
    for name in ("batch_1.0", "batch_1.1", "batch_10"):
        store.put_input(name, b"1")
    store.delete_inputs("batch_1")
    store.delete_inputs("batch_1")
    assert store.get_input("batch_10") == b"1"
    for name in ("batch_1.0", "batch_1.1"):
        with pytest.raises(NotFound):
            store.get_input(name)


def test_tenants_see_only_what_is_theirs(store):
    other = store.of("other")
    store.put_input("job_1", b"1")
    store.put_model("abc", FILES)
    assert not other.has_model("abc")
    with pytest.raises(NotFound):
        other.get_input("job_1")


def test_a_model_comes_back_as_it_was(store):
    store.put_model("abc", FILES)
    assert store.has_model("abc")
    assert {name: store.get_artifact("abc", name) for name in FILES} == FILES


def test_a_model_is_written_once(store):
    store.put_model("abc", FILES)
    store.put_model("abc", {"manifest.json": b"another"})
    assert store.get_artifact("abc", "manifest.json") == b"{}"


def test_of_many_that_write_one_model_at_once_one_wins_whole(store, root):
    def write(number):
        store.put_model("abc", dict.fromkeys("abc", b"%d" % number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(64)))
    assert len({store.get_artifact("abc", name) for name in "abc"}) == 1
    assert [path.name for path in (root / "models").iterdir()] == ["abc"]


def test_another_process_sees_the_same_store(store, root):
    store.put_model("abc", FILES)
    assert LocalArtifactStore(root).get_artifact("abc", "network.json") == b"1"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../models/abc",
        "../samples",
        "/etc",
        "abc/manifest.json",
        "a\x00b",
        "a\nb",
        "é" * 150,
        "😀" * 190,
        "x" * 10_000,
        "\udc80",
    ],
)
def test_odd_names_are_not_found(store, name):
    store.put_model("abc", FILES)
    assert not store.has_model(name)
    for model_id, artifact in ((name, "manifest.json"), ("abc", name)):
        with pytest.raises(NotFound):
            store.get_artifact(model_id, artifact)


def test_an_unknown_artifact_is_not_found(store):
    store.put_model("abc", FILES)
    with pytest.raises(NotFound) as caught:
        store.get_artifact("abc", "weights.json")
    assert caught.value.identifier == "abc"


def test_a_write_that_was_interrupted_is_invisible_and_harmless(store, root):
    # What a worker leaves that is killed between writing and renaming.
    half = root / "models" / ".abc.4711.deadbeef"
    half.mkdir()
    (half / "manifest.json").write_bytes(b"{")
    assert not store.has_model("abc")
    assert not store.has_model(half.name)
    for name in ("abc", half.name):
        with pytest.raises(NotFound):
            store.get_artifact(name, "manifest.json")
    store.put_model("abc", FILES)
    assert store.get_artifact("abc", "manifest.json") == b"{}"


def test_a_model_that_cannot_be_written_whole_is_not_there(store, root, monkeypatch):
    def no_space(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.files._write_synced", no_space)
    with pytest.raises(Unavailable):
        store.put_model("abc", FILES)
    assert not store.has_model("abc")


def test_a_model_that_cannot_be_moved_into_place_leaves_nothing(store, root, monkeypatch):
    def read_only(path, target):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "rename", read_only)
    with pytest.raises(Unavailable):
        store.put_model("abc", FILES)
    assert list((root / "models").iterdir()) == []


def test_a_store_that_works_leaves_no_trace_of_the_check(store, root):
    store.check()
    assert list((root / "samples").iterdir()) == []


def test_a_store_that_is_away_is_unavailable(store, root):
    shutil.rmtree(root)
    samples = canonical_samples([0, 1], [0, 1])
    for call in (
        store.check,
        lambda: store.put_samples(samples),
        lambda: store.put_model("abc", FILES),
    ):
        with pytest.raises(Unavailable) as caught:
            call()
        assert caught.value.part == "store"


def test_a_place_that_is_no_directory_is_unavailable(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        LocalArtifactStore(tmp_path / "file" / "data")
