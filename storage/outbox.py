"""Deliveries of webhooks: who is to be told of what, and when to try next.

The script that ends a job puts its delivery in. Whoever sends takes deliveries under a lease: their
next try is moved ahead, so that those of a sender that died come up again by themselves.

Every tenant has a queue of its own, and tenants have turns: those of one whose receivers hang are
not in the way of another's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import redis
from redis.commands.core import Script

from schemas.webhooks import DeliveryStatus, WebhookDelivery
from storage import keys
from storage.connection import text, translated
from storage.lua import NOW_MS, SHARED, TRY_AT
from storage.records import now_json
from storage.webhook_secrets import WebhookSecrets

# The name of a sender that has been silent for so long is forgotten.
SENDERS_KEPT_S = 3600

_NOW = NOW_MS + "local now = now_ms()\n"

# KEYS: the turns of tenants, the senders. ARGV: sender, its free slots, lease in ms, then tenant,
# how many of its deliveries are under way, tenant, ... Returns id, fields, id, fields, ...
_CLAIM = (
    _NOW
    + f"""
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - {SENDERS_KEPT_S * 1000})

local free, under_way, claimed, served = tonumber(ARGV[2]), {{}}, {{}}, {{}}
for i = 4, #ARGV, 2 do under_way[ARGV[i]] = tonumber(ARGV[i + 1]) end

-- What a tenant has waited for longest, if anything is due.
local function claim_of(tenant)
    local queue = '{keys.DELIVERIES_PREFIX}' .. tenant
    while true do
        local id = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'LIMIT', 0, 1)[1]
        if not id then return false end
        local delivery = '{keys.DELIVERY_PREFIX}' .. id
        if redis.call('EXISTS', delivery) == 1 then
            redis.call('ZADD', queue, now + tonumber(ARGV[3]), id)
            -- Before it is sent: one whose senders die of it ends, too.
            redis.call('HINCRBY', delivery, 'attempts', 1)
            claimed[#claimed + 1] = id
            claimed[#claimed + 1] = redis.call('HGETALL', delivery)
            return true
        end
        redis.call('ZREM', queue, id)
    end
end

-- One for each, and again, as long as anybody gets one. Those who may not have one are no more
-- than those who have some under way, so that nobody beyond these has to be looked at.
local looked_at = free + (#ARGV - 3) / 2
local tenants = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, looked_at)
repeat
    local before = #claimed
    for _, tenant in ipairs(tenants) do
        local has = under_way[tenant] or 0
        -- Never the last slots: nobody has more under way than are left for others.
        if has < free and claim_of(tenant) then
            under_way[tenant], served[tenant], free = has + 1, true, free - 1
        end
    end
until #claimed == before

-- Who was served comes after those who wait; who has nothing due, when it has.
for _, tenant in ipairs(tenants) do
    local first = redis.call('ZRANGE', '{keys.DELIVERIES_PREFIX}' .. tenant, 0, 0, 'WITHSCORES')[2]
    if not first then
        redis.call('ZREM', KEYS[1], tenant)
    elseif served[tenant] or tonumber(first) > now then
        redis.call('ZADD', KEYS[1], math.max(first, now), tenant)
    end
end
return claimed
"""
)

# KEYS: the tenant's queue, this delivery, the job or the batch. ARGV: id, what became of it (JSON).
# Nothing is done to a delivery that is over: another sender was faster.
_NOTE = """
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return end
-- A job that was forgotten does not come back.
if redis.call('EXISTS', KEYS[3]) == 1 then
    redis.call('HSET', KEYS[3], 'webhook_delivery', ARGV[2])
end
"""

# Besides, ARGV: what went wrong, ms until the next try, tenant.
_RETRY = (
    _NOW
    + TRY_AT
    + _NOTE
    + """
redis.call('HSET', KEYS[2], 'last_error', ARGV[3])
try_at(now + tonumber(ARGV[4]), ARGV[5], ARGV[1])
"""
)

_END = (
    _NOTE
    + """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
"""
)


# KEYS: the job or the batch. ARGV: its id, the time as JSON. Returns what came of it.
_REDELIVER = (
    SHARED
    + """
local held = redis.call('HMGET', KEYS[1], 'webhook_url', 'finished_at', 'status', 'cancelled_at')
if not held[1] then return 'no webhook' end
if not held[2] then return 'not ended' end
local kind, status = 'job.', held[3] and string.sub(held[3], 2, -2)
if string.sub(ARGV[1], 1, 6) == 'batch_' then
    kind, status = 'batch.', held[4] and 'cancelled' or 'completed'
end
return deliver(ARGV[1], KEYS[1], kind .. status, status, ARGV[2]) and 'due' or 'not asked for'
"""
)


class Redelivery(StrEnum):
    """The outcome of a request to tell a webhook again."""

    DUE = "due"
    NO_WEBHOOK = "no webhook"
    NOT_ENDED = "not ended"
    NOT_ASKED_FOR = "not asked for"
    """It is to be told of other events alone."""


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
    """The deliveries that are due. Every method raises ``Unavailable``.

    Attributes:
        secrets: what they are signed with.
    """

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._claim = connection.register_script(_CLAIM)
        self._retry = connection.register_script(_RETRY)
        self._end = connection.register_script(_END)
        self._redeliver = connection.register_script(_REDELIVER)
        self.secrets = WebhookSecrets(connection)

    def claim(
        self,
        sender: str,
        *,
        free: int,
        lease_s: float,
        under_way: Mapping[str, int] = MappingProxyType({}),
    ) -> list[Delivery]:
        """Take deliveries that are due, tenant by tenant; a sign of life of the sender.

        No tenant gets one more once it has as many under way as slots are left free. So alone it
        gets half of them, and there is room for whoever comes next.

        Args:
            sender: the name of whoever is going to send them.
            free: how many it has room for.
            lease_s: seconds after which they are due again, unless something is said of them.
            under_way: how many of each tenant it has taken before and not ended yet.
        """
        taken = [part for pair in under_way.items() for part in pair]
        with translated():
            reply: Any = self._claim(
                keys=[keys.DELIVERY_TURNS, keys.SENDERS],
                args=[sender, free, int(lease_s * 1000), *taken],
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
        self._note(self._retry, delivery, became, error, int(in_s * 1000), delivery.tenant)

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
                    keys.DELIVERIES_PREFIX + delivery.tenant,
                    keys.delivery_key(delivery.id),
                    keys.subject_key(delivery.subject),
                ],
                args=[delivery.id, became.model_dump_json(), *more],
            )

    def redeliver(self, subject: str) -> Redelivery:
        """Tell the webhook of a job or a batch again, at once, as if it had never been told."""
        with translated():
            found: Any = self._redeliver(
                keys=[keys.subject_key(subject)], args=[subject, now_json()]
            )
        return Redelivery(text(found))


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
