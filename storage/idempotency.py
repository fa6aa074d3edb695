"""Idempotency keys: the first answer to a key is kept, and given again."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

import redis

from storage.connection import translated
from storage.lua import NOW_MS

KEPT_S = 86_400
# Whoever answers says so more often than this, or is taken for dead: the next may try. It does so
# under the same id, so that no harm is done if both live.
LEASE_S = 5.0

_NOW = NOW_MS + "local now = now_ms()\n"

# KEYS: the key. ARGV: fingerprint, id, who answers, lease in ms, seconds to keep.
_BEGIN = (
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer', 'lease', 'id')
if held[1] and held[1] ~= ARGV[1] then return {'other', ''} end
if held[2] then return {'answered', held[2]} end
if held[1] and tonumber(held[3]) > now then return {'busy', ''} end
local id = held[4] or ARGV[2]
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'id', id, 'owner', ARGV[3],
    'lease', now + ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return {'begun', id}
"""
)

# KEYS: the key. ARGV: who answers, lease in ms. Does nothing if somebody else does meanwhile.
_LEASE = (
    _NOW
    + """
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then
    redis.call('HSET', KEYS[1], 'lease', now + ARGV[2])
end
"""
)


class Standing(StrEnum):
    """What is known of a key."""

    BEGUN = "begun"
    """Nobody is answering it: the caller is to."""

    BUSY = "busy"
    """Somebody is answering it."""

    ANSWERED = "answered"

    OTHER = "other"
    """It was used for another request."""


@dataclass(frozen=True)
class Known:
    """What is known of a key.

    Attributes:
        standing: in a word.
        content: the id that the thing to be made has if it is begun, the same whenever it is begun
            again; the answer if it is answered; else empty.
        owner: the word by which whoever is to answer keeps the key, or lets it go.
    """

    standing: Standing
    content: str
    owner: str


class IdempotencyKeys:
    """What was answered to which key. Every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._begin = connection.register_script(_BEGIN)
        self._lease = connection.register_script(_LEASE)

    def begin(self, key: str, *, fingerprint: str, new_id: str) -> Known:
        """Look a key up, and reserve it for ``LEASE_S`` if nobody is answering it.

        Args:
            key: the client's key, with whatever tells clients apart.
            fingerprint: of the request.
            new_id: what is to be made gets this id, unless an earlier try has one.
        """
        owner = secrets.token_hex(8)
        with translated():
            standing, content = self._begin(
                keys=[_name(key)],
                args=[fingerprint, new_id, owner, int(LEASE_S * 1000), KEPT_S],
            )
        return Known(Standing(standing.decode()), content.decode(), owner)

    def renew(self, key: str, owner: str) -> None:
        """Keep a key for ``LEASE_S`` from now on: it is still being answered."""
        with translated():
            self._lease(keys=[_name(key)], args=[owner, int(LEASE_S * 1000)])

    def release(self, key: str, owner: str) -> None:
        """Let the next try at once, under the same id: nobody knows what came of this one."""
        with translated():
            self._lease(keys=[_name(key)], args=[owner, 0])

    def answer(self, key: str, answer: str) -> None:
        """Keep the answer."""
        with translated():
            self._redis.hset(_name(key), "answer", answer)

    def forget(self, key: str) -> None:
        """What was asked was refused: the key may be used for what is right."""
        with translated():
            self._redis.delete(_name(key))


def _name(key: str) -> str:
    return f"foldline:idempotency:{hashlib.sha256(key.encode()).hexdigest()}"
