"""Inputs and models: whole or not at all, and never under a name that leads elsewhere."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.errors import NotFound
from storage.archives import pack
from storage.artifacts import BlobArtifactStore
from tests.stored import has_model

FILES = {"manifest.json": b"{}", "network.json": b"1" * 100, "empty": b""}
MODEL = "models/default/abc.zip"


@pytest.fixture
def store(blobs):
    return BlobArtifactStore(blobs)


def stored(store, model_id="abc"):
    return {name: store.get_artifact(model_id, name) for name in FILES}


def test_an_input_comes_back_as_it_was_whole_or_in_part(store):
    store.put_inputs({"job_1": b"first"})
    store.put_inputs({"job_1": b"0123456789"})
    assert store.get_input("job_1") == b"0123456789"
    assert store.get_input("job_1", offset=2, length=3) == b"234"


def test_an_unknown_input_is_not_found(store):
    with pytest.raises(NotFound) as caught:
        store.get_input("job_1")
    assert (caught.value.kind, caught.value.identifier) == ("input", "job_1")


def test_the_parts_of_an_input_are_found_and_deleted_and_nothing_else(store):
    for name in ("batch_1.0", "batch_1.1", "batch_10"):
        store.put_inputs({name: b"1"})
    parts = store.input_names("batch_1.")
    assert parts == ["batch_1.0", "batch_1.1"]
    store.delete_inputs(parts)
    store.delete_inputs(parts)
    assert store.get_input("batch_10") == b"1"
    for name in parts:
        with pytest.raises(NotFound):
            store.get_input(name)


def test_tenants_see_only_what_is_theirs(store):
    other = store.of("other")
    store.put_inputs({"job_1": b"1"})
    store.put_model("abc", FILES)
    assert has_model(store, "abc")
    assert not has_model(other, "abc")
    with pytest.raises(NotFound):
        other.get_input("job_1")
    other.put_model("abc", {"manifest.json": b"another"})
    other.delete_model("abc")
    assert stored(store) == FILES


def test_a_model_comes_back_as_it_was(store):
    store.put_model("abc", FILES)
    assert has_model(store, "abc")
    assert stored(store) == FILES


def test_a_model_is_written_once(store):
    store.put_model("abc", FILES)
    store.put_model("abc", {"manifest.json": b"another"})
    assert store.get_artifact("abc", "manifest.json") == b"{}"


def test_of_many_that_write_one_model_at_once_one_wins_whole(store, blobs):
    def write(number):
        store.put_model("abc", dict.fromkeys("abc", b"%d" % number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(32)))
    assert len({store.get_artifact("abc", name) for name in "abc"}) == 1
    assert blobs.names("models/default/") == [MODEL]


def test_a_model_that_is_deleted_is_gone_for_everybody(store, open_blobs):
    other = BlobArtifactStore(open_blobs())
    store.put_model("abc", FILES)
    assert stored(other) == stored(store) == FILES
    store.delete_model("abc")
    store.delete_model("abc")
    assert not has_model(store, "abc")
    assert not has_model(other, "abc")
    store.put_model("abc", {"manifest.json": b"another"})
    assert other.get_artifact("abc", "manifest.json") == b"another"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../models/abc",
        "../inputs",
        "/etc",
        "abc/manifest.json",
        "a\x00b",
        "a\nb",
        "é" * 150,
        "😀" * 190,
        "x" * 199,
        "x" * 10_000,
        "\udc80",
        "*",
        "%2e%2e",
        "checksums.json",
    ],
)
def test_odd_names_are_not_found(store, name):
    store.put_model("abc", FILES)
    assert not has_model(store, name)
    store.delete_model(name)
    for model_id, artifact in ((name, "manifest.json"), ("abc", name)):
        with pytest.raises(NotFound):
            store.get_artifact(model_id, artifact)


def test_an_unknown_artifact_is_not_found(store):
    store.put_model("abc", FILES)
    with pytest.raises(NotFound) as caught:
        store.get_artifact("abc", "weights.json")
    assert (caught.value.kind, caught.value.identifier) == ("model", "abc")


def flipped(content):
    """One bit of the compressed network is another."""
    at = content.index(b"network.json") + len("network.json") + 2
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


@pytest.mark.parametrize(
    "harm",
    [
        flipped,
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"no zip at all",
    ],
)
def test_a_damaged_model_is_as_good_as_none_and_is_replaced(store, open_blobs, caplog, harm):
    store.put_model("abc", FILES)
    assert stored(store) == FILES
    place = open_blobs()
    place.put(MODEL, harm(place.get(MODEL)))
    for process in (store, BlobArtifactStore(place)):
        caplog.clear()
        assert not has_model(process, "abc")
        with pytest.raises(NotFound):
            process.get_artifact("abc", "manifest.json")
        assert f"{MODEL} is damaged" in caplog.text
        assert {record.levelno for record in caplog.records} == {logging.ERROR}
    store.put_model("abc", {**FILES, "manifest.json": b"fitted again"})
    for process in (store, BlobArtifactStore(place)):
        assert process.get_artifact("abc", "manifest.json") == b"fitted again"


def test_a_model_without_one_of_its_documents_is_damaged(store, blobs, caplog, monkeypatch):
    checksums = dict.fromkeys(FILES, "0")
    monkeypatch.setattr("storage.archives._checksums", lambda _: checksums)
    lacking = pack({"manifest.json": b"{}"})
    monkeypatch.undo()
    blobs.put(MODEL, lacking)
    assert not has_model(store, "abc")
    assert "checksums are of others" in caplog.text
