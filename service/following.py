"""Following a job: until it ends, or event by event."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from fastapi import Request, Response
from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from schemas.batches import BatchRecord
from schemas.errors import FieldError, InvalidInput, NotFound, Unavailable
from schemas.jobs import FINAL, JobEvent, JobRecord, JobStatus
from service.leaving import Leaving, next_change
from storage.changes import Changes
from storage.ports import JobLedger

R = TypeVar("R", JobRecord, BatchRecord)

MAX_WAIT_S = 60.0
# As in `Prefer: respond-async, wait=10`.
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)
# As the broker makes them, which takes no number from 2^64 on: with 19 digits each is below.
EVENT_ID = "^[0-9]{1,19}-[0-9]{1,19}$"
# The id of an end that is told after its event is gone: no other comes after it.
END = "9223372036854775807-0"


class NothingNew(Exception):
    """A client has seen all events of a job, of which there will be no more.

    Only an answer without content keeps a browser's EventSource from asking again for ever.
    """


def wait_of(prefer: str | None) -> float:
    """Seconds a client is ready to wait, at most ``MAX_WAIT_S``; 0 if it does not say.

    References:
        RFC 7240, section 4.3. What cannot be understood is passed over, as section 2 asks.
    """
    found = _WAIT.search(prefer or "")
    return min(float(found[1]), MAX_WAIT_S) if found else 0.0


async def until(
    ended: Callable[[R], bool],
    record: R,
    look: Callable[[str], R],
    *,
    changes: Changes,
    leaving: Leaving,
    within_s: float,
) -> R:
    """A job or a batch when it has ended, or as it is when the time is over or the process leaves.

    It has been accepted: a broker that is away meanwhile does not make an error of that, nor does
    whoever deletes it, and it is answered as it was seen last.

    Args:
        ended: whether it has.
        record: as it was accepted.
        look: reads it by its id.
        changes: tells when it is worth while to look again.
        leaving: whether the process is to leave.
        within_s: seconds to wait at most.
    """
    deadline = time.monotonic() + within_s
    with changes.of(record.id) as changed:
        while True:
            try:
                record = await run_in_threadpool(look, record.id)
            except NotFound:
                return record
            except Unavailable:
                pass
            left_s = deadline - time.monotonic()
            if ended(record) or left_s <= 0 or leaving.begun:
                return record
            await next_change(changed, leaving, within_s=min(left_s, 1.0))


def check_event_id(last: str | None) -> None:
    """Refuse what is no id of an event.

    Raises:
        InvalidInput: naming the header.
    """
    if last is not None and not re.fullmatch(EVENT_ID, last):
        detail = "is not the id of an event: send the last id you have seen, or leave it out"
        raise InvalidInput(FieldError(path=("Last-Event-ID",), detail=detail))


async def nothing_new(_request: Request, _error: Exception) -> Response:
    """How that is answered."""
    return Response(status_code=204)


async def expect_more(record: JobRecord, last: str | None, ledger: JobLedger) -> None:
    """Make sure that there is, or may be, an event of a job after the one that was seen last.

    Raises:
        NothingNew: the last one has been seen.
    """
    if last is None or record.status not in FINAL:
        return
    if last == END:
        raise NothingNew
    events = await run_in_threadpool(ledger.events, record.id, after=None)
    if events and not await run_in_threadpool(ledger.events, record.id, after=last):
        raise NothingNew


async def events_of(
    job_id: str, *, last: str | None, ledger: JobLedger, changes: Changes, leaving: Leaving
) -> AsyncIterator[ServerSentEvent]:
    """What has happened to a job since the event with this id, and what happens, until it ends.

    Or until the process leaves: the client then asks another one for what comes after.
    """
    with changes.of(job_id) as changed:
        while True:
            events = await run_in_threadpool(ledger.follow, job_id, after=last)
            for last, event in events:
                yield sent(last, event)
                if event.status in FINAL:
                    return
            try:
                record = None if events else await _ended(job_id, ledger)
            except NotFound:
                return  # it was deleted meanwhile
            if record is not None:
                # Its events have been dropped.
                yield sent(END, JobEvent.of(record))
                return
            if leaving.begun:
                return
            await next_change(changed, leaving)
            # Progress is told often enough; several events at once cost less than each alone.
            await asyncio.sleep(0.02)


async def _ended(job_id: str, ledger: JobLedger) -> JobRecord | None:
    record = await run_in_threadpool(ledger.get, job_id)
    return record if record.status in FINAL else None


def sent(event_id: str, event: JobEvent) -> ServerSentEvent:
    """An event as it is sent."""
    name = "progress" if event.status is JobStatus.RUNNING and event.phase else event.status.value
    return ServerSentEvent(
        id=event_id, event=name, data=json.loads(event.model_dump_json(exclude_none=True))
    )
