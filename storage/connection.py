"""The connection to the broker, and what its errors are to the rest of Foldline."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from schemas.errors import BrokerFull, Unavailable, UnusableBroker

# A request waits at most this long for the broker: better a 503 than a client that hangs.
REQUEST_TIMEOUT_S = 2.0


def connect(redis_url: str) -> redis.Redis:
    """Connect for short calls: fails after ``REQUEST_TIMEOUT_S`` rather than waiting."""
    # A connection that the server closed while it was idle deserves a second one. A server that
    # kept us waiting does not: it would only double the wait.
    once_more = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(
        redis_url,
        socket_timeout=REQUEST_TIMEOUT_S,
        socket_connect_timeout=REQUEST_TIMEOUT_S,
        retry=once_more,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``Unavailable`` for every error of the Redis client."""
    try:
        yield
    except redis.OutOfMemoryError as error:
        raise BrokerFull("it refuses writes, as its maxmemory is used up") from error
    except (redis.exceptions.ReadOnlyError, redis.exceptions.NoPermissionError) as error:
        raise UnusableBroker(str(error)) from error
    except redis.RedisError as error:
        raise Unavailable("broker", str(error)) from error


def text(reply: bytes | str) -> str:
    """What the broker answered, as text."""
    return reply.decode() if isinstance(reply, bytes) else reply
