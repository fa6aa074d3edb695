"""The real broker and the real store, for every test that needs them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from cli.broker import Broker, start_broker
from storage.settings import StorageSettings, Stores, open_stores


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One embedded broker for the whole run; ``broker.url`` is its address."""
    with start_broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def storage_settings(broker: Broker, tmp_path: Path) -> StorageSettings:
    """An empty broker and an empty data directory."""
    client = redis.Redis.from_url(broker.url)
    client.flushall()
    client.close()
    return StorageSettings(redis_url=broker.url, data_dir=tmp_path / "data")


@pytest.fixture
def stores(storage_settings: StorageSettings) -> Stores:
    """The stores on them, empty."""
    return open_stores(storage_settings)
