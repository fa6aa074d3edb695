"""What deliveries of webhooks are signed with: one secret a tenant, and a while the one before."""

import base64
import math
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import redis

from storage import keys
from storage.connection import text, translated

PREFIX = "whsec_"
SECRET_BYTES = 32

# KEYS: the secret, the one before. ARGV: the new one, for how many ms the other is used besides.
# Returns the one before, if it is used.
_ROTATE = """
local held = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
if not held or tonumber(ARGV[2]) == 0 then return nil end
redis.call('SET', KEYS[2], held, 'PX', ARGV[2])
return held
"""


@dataclass(frozen=True)
class Secrets:
    """What deliveries of a tenant are signed with.

    Attributes:
        current: what counts.
        former: the one before, if deliveries are signed with it as well.
        former_until: until when they are.
    """

    current: str
    former: str | None = None
    former_until: datetime | None = None

    @property
    def all(self) -> list[str]:
        """Each that deliveries are signed with, the current one first."""
        return [self.current] if self.former is None else [self.current, self.former]


class WebhookSecrets:
    """The secrets of all tenants. Every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._rotate = connection.register_script(_ROTATE)

    def of(self, tenant: str) -> Secrets:
        """The secrets of a tenant; the first is made when it is first asked for."""
        current, former = _names(tenant)
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.get(current)
            pipeline.get(former)
            pipeline.pttl(former)
            secret, before, left_ms = pipeline.execute()
            if secret is None:
                # Another may be faster: what is there counts.
                self._redis.set(current, _new(), nx=True)
                secret = self._redis.get(current)
        if before is None:
            return Secrets(text(secret))
        until = datetime.now(UTC) + timedelta(milliseconds=left_ms)
        return Secrets(text(secret), text(before), until)

    def rotate(self, tenant: str, *, overlap_s: float) -> Secrets:
        """Make a new secret; the one before is used beside it for so many seconds, and no other."""
        made = _new()
        until = datetime.now(UTC) + timedelta(seconds=overlap_s)
        with translated():
            before = self._rotate(keys=_names(tenant), args=[made, math.ceil(overlap_s * 1000)])
        if before is None:
            return Secrets(made)
        assert isinstance(before, bytes)
        return Secrets(made, text(before), until)


def _names(tenant: str) -> tuple[str, str]:
    """Where the secret of a tenant is, and the one before."""
    current = keys.WEBHOOK_SECRET_PREFIX + tenant
    return current, f"{current}:former"


def _new() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
