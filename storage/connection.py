"""The connection to the broker, and what its errors are to the rest of Foldline.

Whoever connects does it here, so that each address means the same to all: one server, or the master
that sentinels name at the moment.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.sentinel import SentinelConnectionPool as AsyncSentinelConnectionPool
from redis.asyncio.sentinel import SentinelManagedConnection as AsyncManagedConnection
from redis.asyncio.sentinel import SentinelManagedSSLConnection as AsyncManagedSSLConnection
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import (
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

from schemas.errors import BrokerFull, Unavailable, UnusableBroker
from storage.addresses import Address, parse_address
from storage.masters import AsyncMasters, Masters

# A request waits at most this long for the broker: better a 503 than a client that hangs.
REQUEST_TIMEOUT_S = 2.0

# What a server says that may not write, or not now: a replica, or a master without its replicas.
_NO_MASTER = re.compile(r"(?:^|-)(?:READONLY|UNBLOCKED|NOREPLICAS|MASTERDOWN) ")


class _OnlyToMasters:
    """A connection that ends where its server turns out to be no master, so that it is made anew.

    The same address may then lead to the one that was promoted.
    """

    def read_response(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """Read an answer; one that no master gives is a lost connection."""
        connection: Any = super()
        try:
            return connection.read_response(*args, **options)
        except redis.ResponseError as error:
            if not _is_of_no_master(error):
                raise
            connection.disconnect()
            raise redis.ConnectionError(f"the broker may not write: {error}") from error


def _is_of_no_master(error: redis.ResponseError) -> bool:
    # redis-py takes their names off those that it knows.
    known = isinstance(error, redis.ReadOnlyError | redis.exceptions.MasterDownError)
    return known or _NO_MASTER.search(str(error)) is not None


class _Tcp(_OnlyToMasters, redis.Connection):
    pass


class _Tls(_OnlyToMasters, redis.SSLConnection):
    pass


class _Unix(_OnlyToMasters, redis.UnixDomainSocketConnection):
    pass


class _ManagedTcp(_OnlyToMasters, SentinelManagedConnection):
    pass


class _ManagedTls(_OnlyToMasters, SentinelManagedSSLConnection):
    pass


_KINDS = {"redis": _Tcp, "rediss": _Tls, "unix": _Unix}
_MANAGED = {"redis": _ManagedTcp, "rediss": _ManagedTls}
# These only listen, which may be done at a replica as well.
_LISTENING = {
    "redis": redis.asyncio.Connection,
    "rediss": redis.asyncio.SSLConnection,
    "unix": redis.asyncio.UnixDomainSocketConnection,
}
_MANAGED_LISTENING = {"redis": AsyncManagedConnection, "rediss": AsyncManagedSSLConnection}


def connect(redis_url: str) -> redis.Redis:
    """Connect for short calls: fails after ``REQUEST_TIMEOUT_S`` rather than waiting.

    Raises:
        ValueError: the address makes no sense.
    """
    short = {
        "socket_timeout": REQUEST_TIMEOUT_S,
        "socket_connect_timeout": REQUEST_TIMEOUT_S,
        "retry": _once_more(),
    }
    return _connect(redis_url, short)


def connect_patiently(redis_url: str) -> redis.Redis:
    """Connect for calls that wait for something to happen, as RQ does: has no limit of time.

    Raises:
        ValueError: the address makes no sense.
    """
    return _connect(redis_url, {})


def connect_to_listen(redis_url: str) -> redis.asyncio.Redis:
    """Connect for messages, which may be long in coming.

    Raises:
        ValueError: the address makes no sense.
    """
    address = parse_address(redis_url)
    # Whoever only listens would not notice that the network has dropped the other side.
    alive = {} if address.scheme == "unix" else {"socket_keepalive": True}
    options: dict[str, Any] = {**alive, **address.options}
    if address.sentinels is None:
        kind: Any = _LISTENING[address.scheme]
        return redis.asyncio.Redis.from_pool(
            redis.asyncio.ConnectionPool(connection_class=kind, **options)
        )
    pool = AsyncSentinelConnectionPool(  # type: ignore[no-untyped-call]
        address.sentinels.master,
        AsyncMasters(_masters(address)),
        connection_class=_MANAGED_LISTENING[address.scheme],
        **options,
    )
    return redis.asyncio.Redis.from_pool(pool)


def master_of(connection: redis.Redis) -> str | None:
    """The master that sentinels have named for this connection; None where none are asked."""
    pool = connection.connection_pool
    if not isinstance(pool, SentinelConnectionPool) or pool.master_address is None:
        return None
    host, port = pool.master_address
    return f"{pool.service_name} at {host}:{port}"


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``Unavailable`` for every error of the Redis client."""
    try:
        yield
    except redis.OutOfMemoryError as error:
        raise BrokerFull("it refuses writes, as its maxmemory is used up") from error
    except redis.exceptions.NoPermissionError as error:
        raise UnusableBroker(
            f"its user may not do all that is needed: {error}. Allow it what "
            "docs/deploying.md lists"
        ) from error
    except redis.RedisError as error:
        raise Unavailable("broker", str(error)) from error


def text(reply: bytes | str) -> str:
    """What the broker answered, as text."""
    return reply.decode() if isinstance(reply, bytes) else reply


def _connect(redis_url: str, defaults: Mapping[str, object]) -> redis.Redis:
    """The address's own options come before these."""
    address = parse_address(redis_url)
    options: dict[str, Any] = {**defaults, **address.options}
    if address.sentinels is None:
        kind: Any = _KINDS[address.scheme]
        return redis.Redis.from_pool(redis.ConnectionPool(connection_class=kind, **options))
    pool = SentinelConnectionPool(  # type: ignore[no-untyped-call]
        address.sentinels.master,
        _masters(address),
        connection_class=_MANAGED[address.scheme],
        **options,
    )
    return redis.Redis.from_pool(pool)


def _masters(address: Address) -> Masters:
    assert address.sentinels is not None
    hosts = address.sentinels.hosts
    # All together are given as long as one broker is.
    share_s = REQUEST_TIMEOUT_S / len(hosts)
    return Masters(  # type: ignore[no-untyped-call]
        hosts,
        sentinel_kwargs={
            **address.sentinels.options,
            "ssl": address.scheme == "rediss",
            "socket_timeout": share_s,
            "socket_connect_timeout": share_s,
            "retry": _once_more(),
        },
    )


def _once_more() -> Retry:
    # A connection that the server closed while it was idle deserves a second one. A server that
    # kept us waiting does not: it would only double the wait.
    return Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
