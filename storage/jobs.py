"""The job ledger in Redis or Valkey: one hash a job, written by conditional scripts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import redis
from redis.commands.core import Script

from schemas.errors import NotFound
from schemas.jobs import JobEvent, JobFilter, JobRecord, JobStatus, Outline, Phase, Progress
from schemas.problems import Problem
from storage import keys, scripts
from storage.connection import text, translated
from storage.indexes import hashes, owner, span_of, wanted_page
from storage.job_queue import JobQueue, subject_of
from storage.metrics import read_figures
from storage.ports import ANY_JOB, Claim, Figures, Heard
from storage.records import accepted_ms, facts_of, flat, from_fields, now_json, to_fields
from storage.setbacks import Setback

# Jobs that are looked at for one page, and at once: some 40 ms of a CPU.
MOST_LOOKED_AT, STRETCH = 2_500, 250


class RedisJobLedger:
    """A ``JobLedger`` in Redis.

    A job's hash holds ``question`` (what was asked: never changes) beside the fields that change.
    """

    def __init__(
        self,
        connection: redis.Redis,
        *,
        tenant: str | None = None,
        queue: JobQueue | None = None,
        registered: Mapping[str, Script] | None = None,
    ) -> None:
        """Use this connection, which must not decode responses.

        Args:
            connection: to the broker.
            tenant: whose jobs there are; None for everybody's.
            queue: of another ledger on this connection.
            registered: its scripts.
        """
        self._redis = connection
        self._tenant = tenant
        self._queue = queue or JobQueue(connection)
        self._scripts = registered or scripts.registered(
            connection,
            scripts.ADD,
            scripts.CLAIM,
            scripts.WRITE,
            scripts.FINISH,
            scripts.GIVE_BACK,
            scripts.GIVE_BACK_ALL,
            scripts.CANCEL,
            scripts.REOPEN,
            scripts.FOLLOW,
        )

    def of(self, tenant: str) -> "RedisJobLedger":
        """The same ledger, for one tenant: others' jobs are not there."""
        return RedisJobLedger(
            self._redis, tenant=tenant, queue=self._queue, registered=self._scripts
        )

    def add(self, records: Sequence[JobRecord], *, max_waiting: int | None = None) -> list[bool]:
        """Keep new jobs, and have them handed out; one whose id is there already stays as it is.

        One that is not kept may be handed out all the same: then there is nothing to claim.
        """
        most = "inf" if max_waiting is None else max_waiting
        with translated():
            # Neither without the other.
            pipeline = self._redis.pipeline()
            for record in records:
                self._add(record, to_fields(record, place=accepted_ms(record)), most, pipeline)
            self._queue.put((record.id for record in records), pipeline)
            return [bool(kept) for kept in pipeline.execute()[: len(records)]]

    def add_answered(self, record: JobRecord) -> None:
        """Keep a new job that is final from the start."""
        with translated():
            self._add(record, to_fields(record), 0, self._redis)

    def get(self, job_id: str) -> JobRecord:
        """The job with this id."""
        with translated():
            fields: Any = self._redis.hgetall(keys.job_key(job_id))
        record = from_fields(fields) if fields else None
        if record is None or self._tenant not in (None, record.tenant):
            raise NotFound("job", job_id)
        return record

    def page(
        self, *, limit: int, cursor: str | None, wanted: JobFilter = ANY_JOB
    ) -> tuple[list[JobRecord], str | None]:
        """Jobs that are wanted, newest first, from after the cursor; and the next page's cursor.

        A page ends early where many jobs in a row are not wanted, as of ``ModelList``.
        """
        all_are = wanted.is_of_time_alone

        def read(ids: Sequence[str]) -> list[JobRecord | None]:
            # One whose time is over may be forgotten between the two looks.
            return [
                from_fields(fields)
                if fields and (all_are or wanted.holds(facts_of(fields)))
                else None
                for fields in hashes(self._redis, map(keys.job_key, ids))
            ]

        with translated():
            return wanted_page(
                self._redis,
                keys.jobs_of(owner(self._tenant)),
                read,
                limit=limit,
                cursor=cursor,
                span=span_of("job", wanted),
                at_once=limit if all_are else STRETCH,
                most=MOST_LOOKED_AT,
            )

    def events(self, job_id: str, *, after: str | None) -> list[tuple[str, JobEvent]]:
        """What happened to a job after the event with this id, each with its own id."""
        with translated():
            found: Any = self._redis.xrange(keys.events_key(job_id), min=_start(after))
        return [
            (text(event_id), JobEvent.model_validate_json(fields[b"job"]))
            for event_id, fields in found
        ]

    def follow(self, job_id: str, *, after: str | None) -> list[tuple[str, JobEvent]]:
        """The same, for somebody who asks again within seconds, with the outline of the latest."""
        found, drawn = self._run(scripts.FOLLOW, job_id, _start(after))
        # An outline belongs to one event: that of an earlier one would say something else.
        outlined, _, outline = text(drawn or b"").partition(" ")
        events = []
        for event_id, (_, document) in found:
            event = JobEvent.model_validate_json(document)
            if text(event_id) == outlined:
                event = event.model_copy(update={"current": Outline.model_validate_json(outline)})
            events.append((text(event_id), event))
        return events

    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        with translated():
            return int(self._redis.zcard(keys.WAITING))

    def waiting_before(self, job_id: str) -> int | None:
        """How many of these are to be begun before this one; None if it does not wait."""
        with translated():
            before: Any = self._redis.zrank(keys.WAITING, job_id)
        return None if before is None else int(before)

    def claim(self, job_ids: Sequence[str], *, holder: str) -> list[Claim]:
        """Claim those of these jobs that wait."""
        return claims(self._run(scripts.CLAIM, holder, now_json(), *job_ids))

    def holds(self, claim: Claim) -> bool:
        """Whether a job is still in work under this claim."""
        with translated():
            status, attempts = self._redis.hmget(keys.job_key(claim.job_id), ["status", "attempts"])
        runs = text(status or b"") == json.dumps(JobStatus.RUNNING)
        return runs and int(attempts or 0) == claim.attempt

    def give_back(self, claim: Claim, *, setback: Setback | None = None) -> JobStatus | None:
        """Let a claimed job wait again; a job that has had too many setbacks fails instead."""
        with translated():
            pipeline = self._redis.pipeline()
            self._scripts[scripts.GIVE_BACK](
                args=[claim.job_id, claim.attempt, setback or "", now_json()], client=pipeline
            )
            # Handed out for nothing if this claim has lost the job.
            self._queue.put_back([claim.job_id], pipeline)
            status = pipeline.execute()[0]
        return None if status is None else JobStatus(text(status))

    def give_back_all(
        self, holder: str | None, *, setback: Setback | None = None
    ) -> dict[str, JobStatus]:
        """The same for all that were handed out by a job of RQ's, which RQ itself hands out again.

        So its own job is not enqueued.
        """
        reply = self._run(scripts.GIVE_BACK_ALL, holder or "", setback or "", now_json())
        moved = {job_id: JobStatus(text(status)) for job_id, status in _pairs(reply)}
        own = subject_of(holder or "")
        with translated(), self._redis.pipeline() as pipeline:
            wait = [job_id for job_id, status in moved.items() if status is JobStatus.QUEUED]
            self._queue.put_back([job_id for job_id in wait if job_id != own], pipeline)
            pipeline.execute()
        return moved

    def reopen(self, job_id: str) -> bool:
        """Let a job that has failed wait again, as if it were new; False if it has not failed."""
        return bool(self._run(scripts.REOPEN, job_id, now_json()))

    def cancel(self, job_id: str) -> JobStatus:
        """End a job that is not final; what it was before."""
        if self._tenant is not None:
            self.get(job_id)
        was, holder = self._run(scripts.CANCEL, job_id, now_json())
        if was is None:
            raise NotFound("job", job_id)
        status = JobStatus(json.loads(was))
        with translated():
            if status is JobStatus.QUEUED:
                self._queue.remove(job_id)
            # A turn has others, too; its process asks whether this one is still its own.
            elif holder is not None and subject_of(text(holder)) == job_id:
                self._queue.stop(text(holder))
        return status

    def report(
        self, claim: Claim, *, phase: Phase, progress: Progress, outline: Outline | None = None
    ) -> Heard:
        """Write how far the job is; an outline only for those who follow it, and for seconds."""
        fields = {"phase": json.dumps(phase), "progress": progress.model_dump_json()}
        drawn = "" if outline is None else outline.model_dump_json()
        return Heard(self._run(scripts.WRITE, claim.job_id, claim.attempt, drawn, *flat(fields)))

    def succeed(
        self,
        claim: Claim,
        *,
        model_id: str,
        met: bool,
        error: float,
        iteration: int = 0,
        cached: bool = False,
    ) -> bool:
        """End the job with its model and the model's error; False if this attempt lost the job."""
        return self._finish(
            claim,
            JobStatus.SUCCEEDED,
            cached=json.dumps(cached),
            model_id=json.dumps(model_id),
            met=json.dumps(met),
            progress=Progress(fraction=1.0, error=error, iteration=iteration).model_dump_json(),
        )

    def fail(self, claim: Claim, *, problem: Problem) -> bool:
        """End the job with the reason of its failure; False if this attempt has lost the job."""
        return self._finish(claim, JobStatus.FAILED, problem=problem.model_dump_json())

    def figures(self) -> Figures:
        """What can be said of all jobs together at this moment."""
        with translated():
            return read_figures(self._redis)

    def ping(self) -> None:
        """Raise ``Unavailable`` unless the ledger answers."""
        with translated():
            self._redis.ping()

    def up_s(self) -> float:
        """Seconds since the broker was started."""
        with translated():
            return float(self._redis.info("server")["uptime_in_seconds"])

    def _add(
        self, record: JobRecord, fields: dict[str, str], most: float | str, through: redis.Redis
    ) -> None:
        self._scripts[scripts.ADD](
            keys=[keys.jobs_of(record.tenant)],
            args=[record.id, most, *flat(fields)],
            client=through,
        )

    def _finish(self, claim: Claim, status: JobStatus, **fields: str) -> bool:
        name, attempt = claim.job_id, claim.attempt
        return bool(self._run(scripts.FINISH, name, attempt, status, now_json(), *flat(fields)))

    def _run(self, source: str, *arguments: str | float) -> Any:  # noqa: ANN401
        with translated():
            return self._scripts[source](args=arguments)


def _pairs(reply: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    return zip(map(text, reply[::2]), reply[1::2], strict=True)


def _start(after: str | None) -> str:
    """Where in a stream what comes after an event begins."""
    return "-" if after is None else f"({after}"


def claims(reply: Sequence[Any]) -> list[Claim]:
    """Claims as scripts tell them: id, attempt, id, attempt, ..."""
    return [Claim(job_id, int(attempt)) for job_id, attempt in _pairs(reply)]
