"""Wake-ups in RQ: they tell idle workers to look at the ledger, and carry nothing else."""

import redis
from rq import Queue

from storage.connection import translated
from storage.keys import WAKE_QUEUE, WAKE_TASK

# A wake-up that waits is followed by a look at the ledger after all that was added before it. So
# one would do; a few more wake several workers at once.
MOST_WAITING = 16
# RQ's records of wake-ups that are over serve nobody.
KEPT_S = 60
NO_TIMEOUT = -1
# RQ's default is pickle. Worker and queue must agree.
SERIALIZER = "json"


class WakeUps:
    """The one queue in RQ."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._queue = Queue(WAKE_QUEUE, connection=connection, serializer=SERIALIZER)

    def send(self, count: int = 1) -> None:
        """Have so many idle workers look for jobs, or fewer if enough are told to already.

        Raises:
            Unavailable: the broker is away. No harm: an idle worker looks by itself, too.
        """
        with translated():
            waiting = int(self._redis.llen(self._queue.key))
            for _ in range(min(count, MOST_WAITING - waiting)):
                self._queue.enqueue(
                    WAKE_TASK, job_timeout=NO_TIMEOUT, result_ttl=KEPT_S, failure_ttl=KEPT_S
                )
