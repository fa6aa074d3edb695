"""Deliveries of webhooks: who is to be told of what, and when to try next.

The script that ends a job puts its delivery in. Whoever sends takes deliveries under a lease: their
next try is moved ahead, so that those of a sender that died come up again by themselves.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from storage import keys
from storage.redis_store import translated
from storage.scripts import NOW_MS

# A delivery that was given up is kept for so long, for whoever asks what became of it.
GIVEN_UP_KEPT_S = 3 * 86_400
# The name of a sender that has been silent for so long is forgotten.
SENDERS_KEPT_S = 3600
SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32

_NOW = NOW_MS + "local now = now_ms()\n"

# KEYS: the deliveries, the senders. ARGV: sender, how many at most, lease in ms, prefix of a
# delivery, ms for which the name of a silent sender is kept. Returns id, fields, id, fields, ...
_CLAIM = (
    _NOW
    + """
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[5]))
local claimed = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
    local delivery = ARGV[4] .. id
    if redis.call('EXISTS', delivery) == 1 then
        redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), id)
        -- Before it is sent: one whose senders die of it ends, too.
        redis.call('HINCRBY', delivery, 'attempts', 1)
        claimed[#claimed + 1] = id
        claimed[#claimed + 1] = redis.call('HGETALL', delivery)
    else
        redis.call('ZREM', KEYS[1], id)
    end
end
return claimed
"""
)

# KEYS: the deliveries, this one. ARGV: id, what went wrong, ms until the next try.
# Does nothing to a delivery that is over: another sender has had more luck.
_RETRY = (
    _NOW
    + """
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('HSET', KEYS[2], 'last_error', ARGV[2])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
return 1
"""
)

# KEYS: the deliveries, this one. ARGV: id, what went wrong, the time, seconds to keep.
_GIVE_UP = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'last_error', ARGV[2], 'given_up_at', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1
"""


@dataclass(frozen=True)
class Delivery:
    """Somebody to be told of something.

    Attributes:
        id: the same however often it is tried.
        url: whom to tell.
        tenant: whose it is.
        event: what has happened.
        subject: the id of what it has happened to.
        created_at: when it happened.
        attempts: how often it has been tried, this time included.
        last_error: why the try before went wrong, if there was one.
        given_up_at: when it was given up, if it was.
    """

    id: str
    url: str
    tenant: str
    event: str
    subject: str
    created_at: datetime
    attempts: int = 0
    last_error: str = ""
    given_up_at: datetime | None = None


class Outbox:
    """The deliveries that are due. Every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._claim = connection.register_script(_CLAIM)
        self._retry = connection.register_script(_RETRY)
        self._give_up = connection.register_script(_GIVE_UP)

    def claim(self, sender: str, *, count: int, lease_s: float) -> list[Delivery]:
        """Take deliveries that are due, the longest due first; a sign of life of the sender.

        Args:
            sender: the name of whoever is going to send them.
            count: how many at most.
            lease_s: seconds after which they are due again, unless something is said of them.
        """
        with translated():
            reply: Any = self._claim(
                keys=[keys.DELIVERIES, keys.SENDERS],
                args=[
                    *(sender, count, int(lease_s * 1000)),
                    *(keys.DELIVERY_PREFIX, SENDERS_KEPT_S * 1000),
                ],
            )
        return [
            _delivery(delivery_id.decode(), dict(zip(flat[::2], flat[1::2], strict=True)))
            for delivery_id, flat in zip(reply[::2], reply[1::2], strict=True)
        ]

    def get(self, delivery_id: str) -> Delivery | None:
        """A delivery that is due some time, or was given up not long ago."""
        with translated():
            fields: Any = self._redis.hgetall(keys.delivery_key(delivery_id))
        return _delivery(delivery_id, fields) if fields else None

    def delivered(self, delivery_id: str) -> None:
        """They know."""
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.zrem(keys.DELIVERIES, delivery_id)
            pipeline.delete(keys.delivery_key(delivery_id))
            pipeline.execute()

    def retry(self, delivery_id: str, error: str, *, in_s: float) -> None:
        """It went wrong: try again after so many seconds."""
        with translated():
            self._retry(
                keys=[keys.DELIVERIES, keys.delivery_key(delivery_id)],
                args=[delivery_id, error, int(in_s * 1000)],
            )

    def give_up(self, delivery_id: str, error: str) -> None:
        """It went wrong for good: it is kept for a while with the reason, and not tried again."""
        with translated():
            self._give_up(
                keys=[keys.DELIVERIES, keys.delivery_key(delivery_id)],
                args=[delivery_id, error, _json_time(datetime.now(UTC)), GIVEN_UP_KEPT_S],
            )

    def secret_of(self, tenant: str) -> str:
        """What deliveries of a tenant are signed with; made when it is first asked for."""
        name = keys.WEBHOOK_SECRET_PREFIX + tenant
        made = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        with translated():
            secret: Any = self._redis.get(name)
            if secret is None:
                # Another may have been faster: what is there counts.
                self._redis.set(name, made, nx=True)
                secret = self._redis.get(name)
        return made if secret is None else str(secret.decode())


def _delivery(delivery_id: str, fields: Mapping[bytes, bytes]) -> Delivery:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    given_up_at = texts.get("given_up_at")
    return Delivery(
        id=delivery_id,
        url=texts["url"],
        tenant=texts["tenant"],
        event=texts["event"],
        subject=texts["subject"],
        created_at=_time(texts["created_at"]),
        attempts=int(texts.get("attempts", "0")),
        last_error=texts.get("last_error", ""),
        given_up_at=None if given_up_at is None else _time(given_up_at),
    )


def _json_time(time: datetime) -> str:
    # With quotes, as the ledger writes its times.
    return f'"{time.isoformat()}"'


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.strip('"'))
