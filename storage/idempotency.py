"""Idempotency keys: the first answer to a key is kept, and given again."""

import hashlib
import time
from dataclasses import dataclass
from enum import StrEnum

import redis

from storage.redis_store import translated

KEPT_S = 86_400
# Who has not answered for so long is taken for dead: the next may try. It does so under the same
# id, so that no harm is done if both live.
LEASE_S = 5.0

# KEYS: the key. ARGV: fingerprint, id, now in s, end of the lease in s, seconds to keep.
_BEGIN = """
local held = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer', 'lease', 'id')
if held[1] and held[1] ~= ARGV[1] then return {'other', ''} end
if held[2] then return {'answered', held[2]} end
if held[1] and tonumber(held[3]) > tonumber(ARGV[3]) then return {'busy', ''} end
local id = held[4] or ARGV[2]
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'id', id, 'lease', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return {'begun', id}
"""


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
class Begun:
    """What is known of a key.

    Attributes:
        standing: in a word.
        content: the id that the thing to be made has if it is begun, the same whenever it is begun
            again; the answer if it is answered; else empty.
    """

    standing: Standing
    content: str


class IdempotencyKeys:
    """What was answered to which key. Every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._begin = connection.register_script(_BEGIN)

    def begin(self, key: str, *, fingerprint: str, new_id: str, lease_s: float = LEASE_S) -> Begun:
        """Look a key up, and reserve it if nobody is answering it.

        Args:
            key: the client's key, with whatever tells clients apart.
            fingerprint: of the request.
            new_id: what is to be made gets this id, unless an earlier try has one.
            lease_s: seconds that answering may take.
        """
        now = time.time()
        with translated():
            standing, content = self._begin(
                keys=[_name(key)], args=[fingerprint, new_id, now, now + lease_s, KEPT_S]
            )
        return Begun(Standing(standing.decode()), content.decode())

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
