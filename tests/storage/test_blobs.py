"""Blobs in files and in a bucket: the same to whoever uses them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from schemas.errors import NotFound


def test_a_blob_comes_back_as_it_was_whole_or_in_part(blobs):
    blobs.put("inputs/t/a", b"first")
    blobs.put("inputs/t/a", b"0123456789")
    assert blobs.get("inputs/t/a") == b"0123456789"
    assert blobs.get("inputs/t/a", offset=2, length=3) == b"234"
    assert blobs.get("inputs/t/a", offset=8) == b"89"
    assert blobs.get("inputs/t/a", offset=8, length=3) == b"89"
    assert blobs.get("inputs/t/a", offset=12, length=3) == b""
    assert blobs.get("inputs/t/a", offset=1, length=0) == b""


@pytest.mark.parametrize("size", [0, 20_000_000])
def test_a_blob_may_be_empty_or_large(blobs, size):
    content = bytes(size)
    blobs.put("inputs/t/a", content)
    assert blobs.get("inputs/t/a") == content


def test_what_is_not_there_is_not_found(blobs):
    blobs.put("inputs/t/a", b"1")
    for name in ("inputs/t/b", "inputs/other/a", "models/t/a"):
        for read in (blobs.get, blobs.read):
            with pytest.raises(NotFound):
                read(name)


def test_a_blob_that_is_known_is_not_read_again_until_it_changes(blobs):
    blobs.put("models/t/a", b"1")
    first = blobs.read("models/t/a")
    assert first.content == b"1"
    assert blobs.read("models/t/a", known=first.version) is None
    blobs.put("models/t/a", b"2")
    second = blobs.read("models/t/a", known=first.version)
    assert second.content == b"2"
    assert second.version != first.version
    blobs.delete(["models/t/a"])
    with pytest.raises(NotFound):
        blobs.read("models/t/a", known=second.version)


def test_a_new_blob_replaces_none(blobs):
    blobs.put_new("models/t/a", b"1")
    blobs.put_new("models/t/a", b"2")
    assert blobs.get("models/t/a") == b"1"


def test_of_many_that_write_a_new_blob_at_once_one_wins_whole(blobs):
    seen = set()

    def write(number):
        blobs.put_new("models/t/a", b"%d" % number * 1000)
        seen.add(blobs.get("models/t/a"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(32)))
    assert len(seen) == 1
    assert len(seen.pop()) % 1000 == 0


def test_what_is_deleted_is_gone_and_nothing_else(blobs):
    for name in ("inputs/t/a", "inputs/t/b", "inputs/u/a"):
        blobs.put(name, b"1")
    blobs.delete(["inputs/t/a", "inputs/t/never", "inputs/nobody/a"])
    blobs.delete([])
    assert blobs.names("inputs/t/") == ["inputs/t/b"]
    assert blobs.names("inputs/u/") == ["inputs/u/a"]


def test_names_are_those_that_go_on_after_a_prefix(blobs):
    for name in ("a", "a-", "a.0", "a.1", "a.10", "a0", "aa", "b"):
        blobs.put(f"inputs/t/{name}", b"1")
    assert blobs.names("inputs/t/a.") == ["inputs/t/a.0", "inputs/t/a.1", "inputs/t/a.10"]
    assert blobs.names("inputs/t/c.") == []
    assert blobs.names("inputs/nobody/a.") == []


def test_what_is_below_a_top_is_told_with_the_time_of_its_writing(blobs):
    before = datetime.now(UTC) - timedelta(seconds=2)
    blobs.put_all({"models/t/a": b"1", "models/u/b": b"2", "models/c": b"3", "inputs/t/d": b"4"})
    found = dict(blobs.written("models"))
    assert sorted(found) == ["models/c", "models/t/a", "models/u/b"]
    for at in (*found.values(), blobs.read("models/c").written):
        assert before < at < before + timedelta(minutes=1)


def test_names_may_be_more_than_one_page(blobs):
    names = [f"inputs/t/a.{number:04}" for number in range(1100)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: blobs.put(name, b""), names))
    assert blobs.names("inputs/t/a.") == names
    blobs.delete(names)
    assert blobs.names("inputs/t/a.") == []


def test_another_process_sees_the_same_blobs(open_blobs):
    open_blobs().put("inputs/t/a", b"1")
    assert open_blobs().get("inputs/t/a") == b"1"


def test_a_place_that_works_passes_the_check_and_shows_no_trace_of_it(blobs):
    blobs.check()
    blobs.check()
    assert blobs.names("inputs/") == blobs.names("models/") == []


def test_many_blobs_are_written_at_once_and_replace_what_is_there(blobs):
    blobs.put("inputs/t/0", b"before")
    contents = {f"inputs/{'tu'[n % 2]}/{n}": b"%d" % n for n in range(40)}
    blobs.put_all(contents)
    assert {name: blobs.get(name) for name in contents} == contents
    blobs.put_all({})
