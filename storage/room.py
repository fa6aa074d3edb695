"""Whether the broker has memory for more jobs, and for the ends of all it has.

A broker that is full refuses every write, so that what was accepted could not be ended either. So
new jobs are refused while there is still room for the ends of those that are there.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

import redis

from schemas.errors import BrokerFull
from storage import keys
from storage.connection import translated

# Bytes, measured with ``used_memory`` and rounded up. A job is a hash of 2 kB with its entries in
# the indexes, a stream, of which the broker sets 4 kB aside at once, and 0.8 kB of RQ's.
NEW_JOB = 8 * 1024
# From waiting to its end: the stream and its second part, the model's entry, a webhook that is due;
# and what RQ writes of whoever works on it, and of how that ended.
END_OF_JOB = 13 * 1024
# The events of a fit of minutes, until its end, when most of them are dropped.
EVENTS_OF_RUNNING = 40 * 1024
# Signs of life, keys of idempotency, what RQ and connections need, jobs of the last moment.
SPARE = 2 * 1024 * 1024
# The broker takes a quarter of a millisecond to tell how much memory it uses.
LOOKS_EVERY_S = 0.2

# Returns how many jobs wait, and how many run.
_OPEN = f"""
return {{redis.call('ZCARD', '{keys.WAITING}'), redis.call('HLEN', '{keys.RUNNING}')}}
"""


@dataclass(frozen=True)
class Memory:
    """The broker's memory in bytes.

    Attributes:
        used: by all that is in it.
        limit: its ``maxmemory``; 0 if it has none.
        reserved: kept for the ends of the jobs that wait or run.
    """

    used: int
    limit: int
    reserved: int

    def has_room(self, needed: int = 0) -> bool:
        """Whether so many bytes more leave what is reserved."""
        return not self.limit or self.used + self.reserved + needed <= self.limit


class Room:
    """The broker's memory, and how much of it is reserved. Every method raises ``Unavailable``."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection; nothing is known yet."""
        self._redis = connection
        self._open = connection.register_script(_OPEN)
        self._lock = threading.Lock()
        self._known = Memory(0, 0, 0)
        self._looked_at = -float("inf")

    def look(self) -> Memory:
        """The broker's memory at this moment."""
        with translated():
            told: Any = self._redis.info("memory")
            waiting, running = map(int, self._open())
        return Memory(
            used=int(told["used_memory"]),
            limit=int(told["maxmemory"]),
            reserved=SPARE + (waiting + running) * END_OF_JOB + running * EVENTS_OF_RUNNING,
        )

    def check(self, *, new: int = 0, noted: int = 0) -> None:
        """Take room for jobs that are about to be kept.

        Args:
            new: how many there are.
            noted: how many of their batch are in the broker already, and do not wait yet.

        Raises:
            BrokerFull: there is none.
        """
        taken = new * (NEW_JOB + END_OF_JOB)
        with self._lock:
            now = time.monotonic()
            if now - self._looked_at >= LOOKS_EVERY_S:
                self._known, self._looked_at = self.look(), now
            memory = self._known
            if not memory.has_room(taken + noted * END_OF_JOB):
                # What was used may have become free just now.
                self._looked_at = -float("inf")
                raise BrokerFull(_words(memory))
            self._known = Memory(memory.used, memory.limit, memory.reserved + taken)


def _words(memory: Memory) -> str:
    return (
        f"of its maxmemory of {memory.limit:,} bytes {memory.used:,} are used, and "
        f"{memory.reserved:,} are kept for the ends of jobs that wait or run. Give it more, or "
        "have jobs forgotten sooner by FOLDLINE_WORKER_JOBS_KEPT_DAYS"
    )
