"""Addresses of brokers: what ``FOLDLINE_REDIS_URL`` may say, and what it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.connection import parse_url

SENTINEL_PORT = 26_379
_PLAIN = "redis://host:6379/0, rediss://host:6379/0 or unix:///path/of/socket"
_BY_SENTINELS = "redis+sentinel://user:password@host1:26379,host2:26379,host3:26379/mymaster/0"

_AUTHORITY = re.compile(r"(?:[^/?#]*@)?[^@/?#]*(?:/\d*)?(?:\?[^#]*)?", re.ASCII)
_SENTINELS = re.compile(
    r"(?P<user>[^@/?#]*@)?(?P<hosts>[^@/?#]+)"
    r"/(?P<master>[\w.-]+)(?P<db>/\d*)?(?P<query>\?[^#]*)?",
    re.ASCII,
)
_HOST = re.compile(r"(?:\[(?P<ipv6>[\da-fA-F:.]+)\]|(?P<name>[^\s:\[\]]+))(?::(?P<port>\d{1,5}))?")
# Of the pool, not of a connection.
_OF_POOL = ("max_connections", "timeout")


@dataclass(frozen=True)
class Sentinels:
    """Those who know where the master is.

    Attributes:
        hosts: where they are.
        master: what they call it.
        options: how to connect to them.
    """

    hosts: tuple[tuple[str, int], ...]
    master: str
    options: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Address:
    """Where a broker is.

    Attributes:
        scheme: ``redis``, ``rediss`` or ``unix``: how to connect to it.
        options: the options of a connection to it, without its host where sentinels know it.
        sentinels: whom to ask for the host; None where the address says it.
    """

    scheme: str
    options: Mapping[str, Any] = field(repr=False)
    sentinels: Sentinels | None = None


def parse_address(redis_url: str) -> Address:
    """What an address means.

    Raises:
        ValueError: it is none. The words are for the operator, and have nothing of the address in
            them: part of it may be a password.
    """
    scheme, _, rest = redis_url.partition("://")
    try:
        if scheme in ("redis+sentinel", "rediss+sentinel"):
            return _by_sentinels(scheme.removesuffix("+sentinel"), rest)
        return _plain(scheme, redis_url, rest)
    except (ValueError, TypeError):
        # What redis-py says may have a piece of the password in it.
        form = _BY_SENTINELS if "sentinel" in scheme else f"{_PLAIN}, or {_BY_SENTINELS}"
        raise ValueError(
            f"FOLDLINE_REDIS_URL (--redis-url) is no address of a broker: write {form}, and only "
            "options of redis-py after a '?'. In a user or password, write %40 for @, %2F for /, "
            "%3A for :, %3F for ? and %23 for #"
        ) from None


def _plain(scheme: str, redis_url: str, rest: str) -> Address:
    if scheme != "unix" and not _AUTHORITY.fullmatch(rest):
        raise ValueError
    options = _options(redis_url)
    if scheme == "unix" and not options.get("path"):
        raise ValueError
    _try(scheme, options)
    return Address(scheme, options)


def _by_sentinels(scheme: str, rest: str) -> Address:
    found = _SENTINELS.fullmatch(rest)
    if found is None:
        raise ValueError
    # The rest is as in an address of one host.
    alike = f"{scheme}://{found['user'] or ''}host{found['db'] or ''}{found['query'] or ''}"
    options = _options(alike)
    for name in ("host", "port"):
        options.pop(name, None)
    own = {
        name: options.pop(f"sentinel_{name}")
        for name in ("username", "password")
        if f"sentinel_{name}" in options
    }
    of_tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
    hosts = tuple(_host(host) for host in found["hosts"].split(","))
    _try(scheme, options)
    return Address(scheme, options, Sentinels(hosts, found["master"], own | of_tls))


def _host(text: str) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    port = SENTINEL_PORT if found is None or found["port"] is None else int(found["port"])
    if found is None or not 0 < port < 65_536:
        raise ValueError
    return found["ipv6"] or found["name"], port


def _options(redis_url: str) -> dict[str, Any]:
    """What an address of one host says."""
    options: dict[str, Any] = parse_url(redis_url)  # type: ignore[no-untyped-call]
    # We have our own.
    options.pop("connection_class", None)
    return options


def _try(scheme: str, options: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` or ``ValueError`` for options that no connection has."""
    made = {"redis": redis.Connection, "rediss": redis.SSLConnection}
    kind = made.get(scheme, redis.UnixDomainSocketConnection)
    kind(**{name: value for name, value in options.items() if name not in _OF_POOL})
