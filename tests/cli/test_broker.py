"""The embedded broker: one per directory, and nothing acknowledged is lost."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest
import redis

from cli.broker import BrokerError, start_broker


def test_a_second_broker_on_the_same_directory_is_refused(tmp_path):
    with start_broker(tmp_path), pytest.raises(BrokerError, match="in use") as caught:
        start_broker(tmp_path, lock_s=0)
    assert str(tmp_path) in str(caught.value)
    with start_broker(tmp_path):
        pass


def test_a_copy_of_a_running_directory_leaves_the_original_alone(tmp_path):
    with start_broker(tmp_path / "original") as original:
        shutil.copytree(tmp_path / "original", tmp_path / "copy")
        with start_broker(tmp_path / "copy"):
            assert redis.Redis.from_url(original.url).ping()
        assert redis.Redis.from_url(original.url).ping()


def test_a_server_that_outlives_its_parent_keeps_the_directory(tmp_path):
    with start_broker(tmp_path) as broker:
        broker._lock.close()  # what happens when the parent dies
        with pytest.raises(BrokerError, match="in use"):
            start_broker(tmp_path, lock_s=0)


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    with start_broker(tmp_path) as broker:
        redis.Redis.from_url(broker.url).set("key", "value")
        broker.process.kill()
        broker.process.wait()
        broker.launch()
        broker.await_ready()
        assert redis.Redis.from_url(broker.url).get("key") == b"value"
    with start_broker(tmp_path) as broker:
        assert redis.Redis.from_url(broker.url).get("key") == b"value"


def test_a_directory_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BrokerError, match="file"):
        start_broker(tmp_path / "file")


def test_a_server_that_does_not_start_names_its_log(tmp_path):
    (tmp_path / "broker" / "appendonlydir").mkdir(parents=True)
    (tmp_path / "broker" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(BrokerError, match=r"valkey\.log"):
        start_broker(tmp_path)
    # The lock is free again.
    with pytest.raises(BrokerError, match=r"valkey\.log"):
        start_broker(tmp_path, lock_s=0)


def test_a_long_temporary_directory_does_not_matter(tmp_path, monkeypatch):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with start_broker(tmp_path) as broker:
        assert redis.Redis.from_url(broker.url).ping()


def test_what_a_killed_broker_left_behind_goes_with_the_next(tmp_path):
    killed = start_broker(tmp_path)
    left_behind = Path(killed.url.removeprefix("unix://").partition("?")[0]).parent
    killed.process.kill()
    killed.process.wait()
    killed._lock.close()
    assert left_behind.exists()
    with start_broker(tmp_path):
        assert not left_behind.exists()


def append_only_file(data_dir):
    (found,) = (data_dir / "broker" / "appendonlydir").glob("*.incr.aof")
    return found


def test_a_file_that_a_crash_cut_off_is_named_and_the_rest_is_there(tmp_path, caplog):
    with start_broker(tmp_path) as broker:
        for name in ("first", "second"):
            redis.Redis.from_url(broker.url).set(name, 1)
    file = append_only_file(tmp_path)
    file.write_bytes(file.read_bytes()[:-3])
    with start_broker(tmp_path) as broker:
        assert redis.Redis.from_url(broker.url).keys() == [b"first"]
    assert str(file) in caplog.text
    caplog.clear()
    with start_broker(tmp_path):
        assert str(file) not in caplog.text


def test_a_damaged_file_is_named_and_nothing_starts_without_it(tmp_path):
    with start_broker(tmp_path) as broker:
        for number in range(100):
            redis.Redis.from_url(broker.url).set(f"key {number}", number)
    file = append_only_file(tmp_path)
    content = file.read_bytes()
    file.write_bytes(content[:1000] + b"\xff\x00 damage" + content[1010:])
    with pytest.raises(BrokerError, match=re.escape(str(file))):
        start_broker(tmp_path)
