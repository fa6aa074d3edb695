"""The job ledger in Redis or Valkey: one hash a job, written by conditional scripts."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import redis

from schemas.errors import NotFound, Unavailable
from schemas.jobs import JobRecord, JobStatus, Phase, Progress
from schemas.problems import Problem
from storage import keys, scripts

# What may change after a job was accepted; each is a field of the hash, as JSON.
_CHANGING = {
    "status",
    "phase",
    "progress",
    "model_id",
    "met",
    "problem",
    "started_at",
    "finished_at",
    "attempts",
}


class RedisJobLedger:
    """A ``JobLedger`` in Redis.

    A job's hash holds ``question`` (what was asked: never changes) beside the fields that change.
    """

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection, which must not decode responses."""
        self._redis = connection
        self._begin = connection.register_script(scripts.BEGIN)
        self._write = connection.register_script(scripts.WRITE)

    def add(self, record: JobRecord) -> None:
        """Keep a new job."""
        fields: dict[bytes | bytearray | memoryview | str | int | float, Any] = {
            name: json.dumps(value)
            for name, value in record.model_dump(mode="json", include=_CHANGING).items()
            if value is not None
        }
        fields["question"] = record.model_dump_json(exclude=_CHANGING)
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(keys.job_key(record.id), mapping=fields)
            pipeline.zadd(keys.JOB_INDEX, {record.id: 0})
            pipeline.sadd(keys.OPEN_JOBS, record.id)
            pipeline.execute()

    def get(self, job_id: str) -> JobRecord:
        """The job with this id."""
        with translated():
            fields = self._redis.hgetall(keys.job_key(job_id))
        if not fields:
            raise NotFound("job", job_id)
        return _record(fields)

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[JobRecord], str | None]:
        """Jobs, newest first, from after the cursor; and the cursor of the next page."""
        with translated():
            ids, following = self._newest(keys.JOB_INDEX, limit, cursor)
            pipeline = self._redis.pipeline(transaction=False)
            for job_id in ids:
                pipeline.hgetall(keys.job_key(job_id))
            return [_record(fields) for fields in pipeline.execute()], following

    def open_jobs(self) -> list[str]:
        """Ids of all jobs that are not final."""
        with translated():
            return sorted(_text(member) for member in self._redis.smembers(keys.OPEN_JOBS))

    def begin(self, job_id: str) -> int | None:
        """Mark the job running and return the number of this attempt; None if it is final."""
        with translated():
            attempt = self._begin(keys=[keys.job_key(job_id)], args=[_now()])
        return int(attempt) or None

    def report(self, job_id: str, attempt: int, *, phase: Phase, progress: Progress) -> bool:
        """Write how far the job is; False if this attempt has lost the job."""
        return self._change(
            job_id, attempt, phase=json.dumps(phase), progress=progress.model_dump_json()
        )

    def succeed(self, job_id: str, attempt: int, *, model_id: str, met: bool, error: float) -> bool:
        """End the job with its model and the model's error; False if this attempt lost the job."""
        return self._change(
            job_id,
            attempt,
            status=json.dumps(JobStatus.SUCCEEDED),
            model_id=json.dumps(model_id),
            met=json.dumps(met),
            progress=Progress(fraction=1.0, error=error).model_dump_json(),
            finished_at=_now(),
        )

    def fail(self, job_id: str, attempt: int, *, problem: Problem) -> bool:
        """End the job with the reason of its failure; False if this attempt has lost the job."""
        return self._change(
            job_id,
            attempt,
            status=json.dumps(JobStatus.FAILED),
            problem=problem.model_dump_json(),
            finished_at=_now(),
        )

    def add_model(self, model_id: str, *, created_ms: int) -> None:
        """Enter a stored model in the list of models."""
        with translated():
            self._redis.zadd(keys.MODEL_INDEX, {f"{created_ms:015d}:{model_id}": 0})

    def model_page(self, *, limit: int, cursor: str | None) -> tuple[list[str], str | None]:
        """Model ids, newest first, from after the cursor; and the cursor of the next page."""
        with translated():
            members, following = self._newest(keys.MODEL_INDEX, limit, cursor)
        return [member.partition(":")[2] for member in members], following

    def ping(self) -> None:
        """Raise ``Unavailable`` unless the ledger answers."""
        with translated():
            self._redis.ping()

    def _newest(self, index: str, limit: int, cursor: str | None) -> tuple[list[str], str | None]:
        # All scores are 0, so the set is ordered by name, and names begin with their time.
        start = "+" if cursor is None else f"({cursor}"
        found = self._redis.zrevrangebylex(index, start, "-", start=0, num=limit + 1)
        members = [_text(member) for member in found]
        return members[:limit], members[limit - 1] if len(members) > limit else None

    def _change(self, job_id: str, attempt: int, **fields: str) -> bool:
        final = int("finished_at" in fields)
        pairs = [text for pair in fields.items() for text in pair]
        with translated():
            written = self._write(
                keys=[keys.job_key(job_id), keys.OPEN_JOBS],
                args=[attempt, final, job_id, *pairs],
            )
        return bool(written)


def _record(fields: Mapping[bytes | str, bytes | str]) -> JobRecord:
    values = {_text(name): json.loads(value) for name, value in fields.items()}
    document: dict[str, Any] = values.pop("question")
    return JobRecord.model_validate(document | values)


def _text(reply: bytes | str) -> str:
    return reply.decode() if isinstance(reply, bytes) else reply


def _now() -> str:
    return json.dumps(datetime.now(UTC).isoformat())


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``Unavailable`` for every error of the Redis client."""
    try:
        yield
    except redis.RedisError as error:
        raise Unavailable("broker", str(error)) from error
