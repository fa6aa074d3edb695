"""Deliveries of webhooks: who is to be told of what, and when to try next.

The script that ends a job puts its delivery in. Whoever sends takes deliveries under a lease: their
next try is moved ahead, so that those of a sender that died come up again by themselves.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from redis.commands.core import Script

from schemas.webhooks import DeliveryStatus, WebhookDelivery
from storage import keys
from storage.redis_store import translated
from storage.scripts import NOW_MS

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

# KEYS: the deliveries, this one, the job or the batch. ARGV: id, what has become of it as JSON.
# Nothing is done to a delivery that is over: another sender was faster.
_NOTE = """
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return end
-- A job that was forgotten does not come back.
if redis.call('EXISTS', KEYS[3]) == 1 then
    redis.call('HSET', KEYS[3], 'webhook_delivery', ARGV[2])
end
"""

# Besides, ARGV: what went wrong, ms until the next try.
_RETRY = (
    _NOW
    + _NOTE
    + """
redis.call('HSET', KEYS[2], 'last_error', ARGV[3])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[1])
"""
)

_END = (
    _NOTE
    + """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
"""
)


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
    """

    id: str
    url: str
    tenant: str
    event: str
    subject: str
    created_at: datetime
    attempts: int = 0
    last_error: str = ""


class Outbox:
    """The deliveries that are due. Every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._claim = connection.register_script(_CLAIM)
        self._retry = connection.register_script(_RETRY)
        self._end = connection.register_script(_END)

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
        """A delivery that is due some time."""
        with translated():
            fields: Any = self._redis.hgetall(keys.delivery_key(delivery_id))
        return _delivery(delivery_id, fields) if fields else None

    def delivered(self, delivery: Delivery) -> None:
        """They know."""
        self._note(self._end, delivery, _became(delivery, DeliveryStatus.DELIVERED))

    def retry(self, delivery: Delivery, error: str, *, in_s: float) -> None:
        """It went wrong: try again after so many seconds.

        Args:
            delivery: as it was claimed.
            error: what went wrong, for whoever asked for the webhook.
            in_s: the seconds.
        """
        became = _became(delivery, DeliveryStatus.PENDING, error=error, in_s=in_s)
        self._note(self._retry, delivery, became, error, int(in_s * 1000))

    def give_up(self, delivery: Delivery, error: str) -> None:
        """It went wrong for good: the job or the batch says why, and it is not tried again."""
        became = _became(delivery, DeliveryStatus.GIVEN_UP, error=error)
        self._note(self._end, delivery, became)

    def _note(
        self, script: Script, delivery: Delivery, became: WebhookDelivery, *more: str | int
    ) -> None:
        with translated():
            script(
                keys=[
                    keys.DELIVERIES,
                    keys.delivery_key(delivery.id),
                    keys.subject_key(delivery.subject),
                ],
                args=[delivery.id, became.model_dump_json(), *more],
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
    return Delivery(
        id=delivery_id,
        url=texts["url"],
        tenant=texts["tenant"],
        event=texts["event"],
        subject=texts["subject"],
        # With quotes, as the ledger writes its times.
        created_at=datetime.fromisoformat(texts["created_at"].strip('"')),
        attempts=int(texts.get("attempts", "0")),
        last_error=texts.get("last_error", ""),
    )


def _became(
    delivery: Delivery,
    status: DeliveryStatus,
    *,
    error: str | None = None,
    in_s: float | None = None,
) -> WebhookDelivery:
    now = datetime.now(UTC)
    return WebhookDelivery(
        status=status,
        attempts=delivery.attempts,
        last_error=error,
        last_attempt_at=now,
        next_attempt_at=None if in_s is None else now + timedelta(seconds=in_s),
    )
