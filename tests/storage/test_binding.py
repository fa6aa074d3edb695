"""A store belongs to one broker: whoever has another pair of them goes no further."""

import pytest
import redis

from cli.broker import start_broker
from schemas.errors import Unavailable, WrongStore
from storage import keys
from storage.binding import Binding
from storage.connection import connect


@pytest.fixture
def connection(storage_settings):
    return connect(storage_settings.redis_url)


def test_they_are_bound_once_whoever_comes_first(blobs, connection):
    first, second = Binding(blobs, connection), Binding(blobs, connection)
    with pytest.raises(Unavailable, match="first start of an API"):
        first.check()
    assert first.since() is None
    first.bind()
    word = blobs.get(keys.OWNER)
    for binding in (second, first):
        binding.bind()
        binding.check()
    assert blobs.get(keys.OWNER) == word
    assert second.since() is not None


def test_a_store_of_another_broker_is_refused(blobs, connection, tmp_path):
    Binding(blobs, connection).bind()
    with start_broker(tmp_path / "another") as broker:
        another = Binding(blobs, redis.Redis.from_url(broker.url))
        for refuse in (another.check, another.bind):
            with pytest.raises(WrongStore, match=keys.OWNER):
                refuse()
        assert another.since() is None
        # Once the first broker is lost for good.
        blobs.delete([keys.OWNER])
        another.bind()
        another.check()
    with pytest.raises(WrongStore):
        Binding(blobs, connection).check()


def test_a_broker_that_has_been_emptied_has_no_store(blobs, connection):
    Binding(blobs, connection).bind()
    connection.flushall()
    with pytest.raises(WrongStore):
        Binding(blobs, connection).bind()
    assert connection.get(keys.LEDGER) is None
