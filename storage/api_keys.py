"""API keys and their rates, in the broker."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Any

import redis

from schemas.api_keys import ApiKey, Scope
from storage import keys
from storage.connection import text, translated

PREFIX = "fl"
SECRET_BYTES = 32

# The generic cell rate algorithm: one number a key, the time at which its allowance is full again.
# Worth nothing a second later, it stays out of the broker's log: with a sync for every write each
# request would wait for the disk.
# KEYS: that time. ARGV: seconds for one request, requests that may come at once. Returns how many
# microseconds to wait; 0 if the request may pass.
_RATE = """
redis.set_repl(redis.REPL_NONE)
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + tonumber(ARGV[1])
local wait = full - now - tonumber(ARGV[1]) * tonumber(ARGV[2])
if wait > 0 then return math.ceil(wait * 1e6) end
redis.call('SET', KEYS[1], string.format('%.6f', full), 'PX', math.ceil((full - now) * 1000) + 1)
return 0
"""


class ApiKeys:
    """Every API key. A token is ``fl_<id>_<secret>``; every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._rate = connection.register_script(_RATE)

    def create(
        self, tenant: str, *, scope: Scope, name: str | None = None, rate: float | None = None
    ) -> tuple[ApiKey, str]:
        """A new key, and its token, which nobody can tell again."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(
            id=secrets.token_hex(6),
            tenant=tenant,
            name=name,
            scope=scope,
            rate=rate,
            created_at=datetime.now(UTC),
        )
        fields = {"key": key.model_dump_json(), "sha256": _digest(secret)}
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.hset(keys.KEY_PREFIX + key.id, mapping=fields)  # type: ignore[arg-type]
            pipeline.sadd(keys.KEYS, key.id)
            pipeline.execute()
        return key, f"{PREFIX}_{key.id}_{secret}"

    def list(self) -> list[ApiKey]:
        """Every key, the oldest first."""
        with translated():
            ids: Any = self._redis.smembers(keys.KEYS)
            pipeline = self._redis.pipeline(transaction=False)
            for key_id in ids:
                pipeline.hget(keys.KEY_PREFIX + text(key_id), "key")
            found = [ApiKey.model_validate_json(entry) for entry in pipeline.execute() if entry]
        return sorted(found, key=lambda key: key.created_at)

    def revoke(self, key_id: str) -> bool:
        """End a key at once; False if there is none of this id."""
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.srem(keys.KEYS, key_id)
            pipeline.unlink(keys.KEY_PREFIX + key_id)
            return bool(pipeline.execute()[1])

    def find(self, token: str) -> ApiKey | None:
        """The key of a token; None if there is no such token."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not (key_id.isalnum() and key_id.isascii()):
            return None
        with translated():
            found: Any = self._redis.hmget(keys.KEY_PREFIX + key_id, "key", "sha256")
        if found[0] is None or not hmac.compare_digest(text(found[1]), _digest(secret)):
            return None
        return ApiKey.model_validate_json(found[0])

    def wait_s(self, key_id: str, *, rate: float, burst: int) -> float:
        """Seconds until a key may be used again; 0 if it may now, which then is counted."""
        with translated():
            wait_us: Any = self._rate(keys=[keys.RATE_PREFIX + key_id], args=[1.0 / rate, burst])
        return int(wait_us) / 1e6


def _digest(secret: str) -> str:
    # A fast hash is enough: nobody guesses 256 random bits, however many tries a second.
    return hashlib.sha256(secret.encode()).hexdigest()
