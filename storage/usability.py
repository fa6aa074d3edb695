"""Whether the broker can be used: it is no replica, no cluster, and takes every command needed."""

import hashlib
from contextlib import suppress
from typing import Any

import redis

from schemas.errors import UnusableBroker
from storage import keys
from storage.connection import translated

_TRIAL = "foldline:trial"
_TEXT, _ORDER, _LIST, _SET, _STREAM = (
    f"{_TRIAL}:{kind}" for kind in ("text", "order", "list", "set", "stream")
)
_RQ_TRIAL = "rq:trial"
_SCRIPT = "return 1"
# What is written for the trial is gone after so many seconds, if it could not be removed.
_KEPT_S = 60

# Every command that Foldline and RQ give, each in a way that changes nothing that matters.
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("INFO", "server"),
    ("TIME",),
    ("SCRIPT", "LOAD", _SCRIPT),
    ("EVALSHA", hashlib.sha1(_SCRIPT.encode()).hexdigest(), "0"),
    ("EXISTS", _TRIAL),
    ("PUBLISH", keys.CHANGES + "trial", ""),
    ("SET", _TEXT, "1", "EX", str(_KEPT_S)),
    ("GET", _TEXT),
    ("PTTL", _TEXT),
    ("PERSIST", _TEXT),
    ("HSET", _TRIAL, "field", "1"),
    ("EXPIRE", _TRIAL, str(_KEPT_S)),
    ("HSETNX", _TRIAL, "field", "1"),
    ("HGET", _TRIAL, "field"),
    ("HMGET", _TRIAL, "field"),
    ("HGETALL", _TRIAL),
    ("HVALS", _TRIAL),
    ("HLEN", _TRIAL),
    ("HEXISTS", _TRIAL, "field"),
    ("HINCRBY", _TRIAL, "field", "1"),
    ("HINCRBYFLOAT", _TRIAL, "field", "1"),
    ("HDEL", _TRIAL, "field"),
    ("ZADD", _ORDER, "LT", "1", "member"),
    ("ZCARD", _ORDER),
    ("ZSCORE", _ORDER, "member"),
    ("ZRANK", _ORDER, "member"),
    ("ZRANGE", _ORDER, "0", "-1"),
    ("ZRANGEBYSCORE", _ORDER, "0", "1"),
    ("ZREVRANGEBYLEX", _ORDER, "+", "-"),
    ("ZREMRANGEBYSCORE", _ORDER, "0", "0"),
    ("ZREM", _ORDER, "member"),
    ("RPUSH", _LIST, "1"),
    ("LRANGE", _LIST, "0", "-1"),
    ("SADD", _SET, "1"),
    ("SMEMBERS", _SET),
    ("SREM", _SET, "1"),
    ("XADD", _STREAM, "*", "field", "1"),
    ("XRANGE", _STREAM, "-", "+"),
    ("XTRIM", _STREAM, "MAXLEN", "1"),
    ("PUBLISH", "rq:pubsub:trial", ""),
    ("RPUSH", _RQ_TRIAL, "1"),
    ("LPUSH", _RQ_TRIAL, "1"),
    ("LMOVE", _RQ_TRIAL, _RQ_TRIAL, "LEFT", "RIGHT"),
    ("BLMOVE", _RQ_TRIAL, _RQ_TRIAL, "LEFT", "RIGHT", "0.01"),
    ("LLEN", _RQ_TRIAL),
    ("LREM", _RQ_TRIAL, "1", "1"),
    ("DEL", _RQ_TRIAL),
    ("UNLINK", _TRIAL, _TEXT, _ORDER, _LIST, _SET, _STREAM),
)
COMMANDS = frozenset(command[0] for command in _COMMANDS)


class Usability:
    """Checks that the broker takes every command that Foldline gives."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection; nothing is known yet."""
        self._redis = connection

    def check(self) -> None:
        """Ask what the broker is, and give it every command once.

        Raises:
            UnusableBroker: it cannot be worked with.
            BrokerFull: it takes no writes, for want of memory.
            Unavailable: it does not answer.
        """
        with translated():
            self._check_kind()
            self._try_commands()

    def _check_kind(self) -> None:
        told: Any = self._redis.info()
        if told.get("cluster_enabled"):
            raise UnusableBroker(
                "it is a cluster, and Foldline's scripts need one server: switch cluster-enabled "
                "off, or name another broker in FOLDLINE_REDIS_URL"
            )
        if told.get("role") == "slave":
            raise UnusableBroker(
                f"it is a replica of {told.get('master_host')}:{told.get('master_port')}: name "
                "that one in FOLDLINE_REDIS_URL"
            )

    def _try_commands(self) -> None:
        # In one transaction, which costs one sync of the broker's log.
        with self._redis.pipeline() as pipeline:
            pipeline.watch(_TRIAL)  # type: ignore[no-untyped-call]
            pipeline.multi()
            for command in _COMMANDS:
                pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
            # Another process that tries at the same moment can give the commands, too.
            with suppress(redis.WatchError):
                pipeline.execute()
