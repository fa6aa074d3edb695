"""Jobs and batches that have ended, in Redis, until they are forgotten."""

from typing import Any

import redis

from schemas.batches import item_id
from storage import keys
from storage.connection import text, translated

# While the broker removes keys it answers nobody: a millisecond for so many jobs.
FORGOTTEN_AT_ONCE = 500


class RedisEndedJobs:
    """``EndedJobs`` in Redis, everybody's."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection

    def before(self, time_ms: float, *, limit: int) -> list[str]:
        """Ids of jobs and batches that ended before this time, the longest ago first."""
        with translated():
            found: Any = self._redis.zrangebyscore(keys.ENDED, "-inf", time_ms, start=0, num=limit)
        return [text(subject) for subject in found]

    def forget(self, subject: str) -> None:
        """Remove a job that has ended, or a batch with all its jobs; their models stay."""
        with translated():
            if subject.startswith("batch_"):
                batch: Any = self._redis.hmget(keys.BATCH_PREFIX + subject, "tenant", "total")
                index = keys.batches_of(text(batch[0] or b""))
                jobs = [item_id(subject, number) for number in range(int(batch[1] or 0))]
            else:
                index = keys.jobs_of(text(self._redis.hget(keys.job_key(subject), "tenant") or b""))
                jobs = []
            # The batch last: as long as it is there it can be forgotten again.
            for start in range(0, len(jobs), FORGOTTEN_AT_ONCE):
                some = jobs[start : start + FORGOTTEN_AT_ONCE]
                self._redis.unlink(*map(keys.job_key, some), *map(keys.events_key, some))
            pipeline = self._redis.pipeline()
            pipeline.unlink(keys.subject_key(subject), keys.events_key(subject))
            for part in (keys.BATCH_REFUSED, keys.BATCH_ENDED):
                pipeline.unlink(keys.BATCH_PREFIX + subject + part)
            pipeline.zrem(index, subject)
            pipeline.zrem(keys.ENDED, subject)
            pipeline.execute()
