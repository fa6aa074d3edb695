"""What RQ hands out: a job, or the turn of a batch; each in a work horse of its own.

A job may be done twice, also at the same time: models are named by their question, and the ledger
takes only the word of the latest claim.
"""

import logging
import time
from collections.abc import Sequence

from rq import get_current_job
from rq.job import Job

from schemas.errors import Died, FoldlineError, OutOfMemory, Unavailable
from schemas.jobs import JobStatus
from storage.batches import JOBS_A_TURN
from storage.connection import connect
from storage.job_queue import JobQueue, allow_retry, is_first_run, is_requeued
from storage.ports import Claim
from storage.setbacks import Setback
from storage.settings import StorageSettings, open_stores
from telemetry import logs
from worker.desk import Begun, Desk
from worker.leaving import LEAVING
from worker.numerics.devices import Device, choose_device
from worker.numerics.fit import Fit
from worker.numerics.many import fit_alone, fit_together
from worker.numerics.memory import is_out_of_memory
from worker.settings import WorkerSettings
from worker.usable_stores import await_stores

logger = logging.getLogger(__name__)

# A turn takes no more jobs after so many seconds: others have theirs.
TURN_S = 2.0
# On a GPU a turn is one computation of so many jobs.
TOGETHER = 256


class Failed(Exception):
    """Tells RQ, and who looks there, that a job has failed; the ledger knows why."""


def fit_job(job_id: str) -> None:
    """Fit one job.

    Raises:
        Failed: it has failed.
    """
    rq_job, desk = _current(), _open_desk()
    if desk is None:
        _queue().put_back([job_id])
        _rest()
        return
    _take_over(desk, rq_job)
    if is_requeued(rq_job) and desk.stores.ledger.reopen(job_id):
        logger.info("job %s: had failed, and is tried again", job_id)
    claims = desk.stores.ledger.claim([job_id], holder=rq_job.id)
    _fit(desk, claims, choose_device(WorkerSettings().device))
    if desk.store_was_away:
        _rest()
    if claims and desk.stores.ledger.get(job_id).status is JobStatus.FAILED:
        allow_retry(rq_job, allowed=False)
        raise Failed(f"{job_id} has failed: see its problem")


def fit_batch(batch_id: str) -> None:
    """Take the turn of a batch: fit the next of its jobs, for a while."""
    rq_job, desk = _current(), _open_desk()
    if desk is None:
        _queue().put_turns(batch_id, 1)
        _rest()
        return
    queue = desk.stores.queue
    device = choose_device(WorkerSettings().device)
    _take_over(desk, rq_job)
    ends_at = time.monotonic() + TURN_S
    at_once, most = (1, JOBS_A_TURN) if device == "cpu" else (TOGETHER, TOGETHER)
    done = 0
    while True:
        claims, left = desk.stores.batches.claim_next(batch_id, holder=rq_job.id, count=at_once)
        if not done and left and is_first_run(rq_job):
            # Behind everything that waits by now.
            queue.put_turns(batch_id, 1)
        _fit(desk, claims, device)
        done += len(claims)
        is_over = not left or done >= most or time.monotonic() >= ends_at
        must_end = LEAVING.is_asked() or desk.store_was_away or desk.memory_ran_out
        if is_over or must_end or queue.is_suspended():
            break
    if desk.store_was_away:
        _rest()


def _current() -> Job:
    found = get_current_job()
    assert found is not None
    return found


def _queue() -> JobQueue:
    """The queue, where there are no stores to have it."""
    return JobQueue(connect(StorageSettings().redis_url))


def _open_desk() -> Desk | None:
    """A desk; None while the store is away."""
    try:
        return Desk(open_stores(StorageSettings()), leaving=LEAVING)
    except Unavailable as error:
        logger.warning("no job taken: %s", error)
        return None


def _rest() -> None:
    """Wait until the store can be used; others have the jobs by now, whose store is not away."""
    await_stores(StorageSettings(), leaving=LEAVING.is_asked)


def _take_over(desk: Desk, rq_job: Job) -> None:
    """What an earlier run of this job of RQ's had in work waits again: its worker is gone."""
    if not is_first_run(rq_job):
        moved = desk.stores.ledger.give_back_all(rq_job.id, setback=Setback.LOSS)
        for job_id, status in moved.items():
            with logs.about(job_id=job_id):
                logger.warning("job %s: its worker is gone, now %s", job_id, status)


def _fit(desk: Desk, claims: Sequence[Claim], device: Device) -> None:
    """Fit claimed jobs, and settle each."""
    begun = [found for claim in claims if (found := desk.begin(claim)) is not None]
    for job, answer in zip(begun, _answers(begun, device), strict=True):
        desk.settle(job, answer)


def _answer(job: Begun) -> Fit | FoldlineError:
    with logs.about(job_id=job.record.id):
        return fit_alone(
            job.request,
            on_progress=job.attempt.on_progress,
            should_stop=job.attempt.should_stop,
            is_followed=lambda: job.attempt.is_followed,
        )


def _answers(begun: Sequence[Begun], device: Device) -> list[Fit | FoldlineError]:
    if device == "cpu":
        return [_answer(job) for job in begun]
    try:
        return fit_together(
            [job.request for job in begun],
            device,
            on_progress=lambda number, *progress: begun[number].attempt.on_progress(*progress),
            should_stop=lambda number: begun[number].attempt.should_stop(),
            is_followed=lambda number: begun[number].attempt.is_followed,
        )
    except Exception as error:  # a GPU without memory, say: counted, so that it ends one day
        logger.exception("a batch of %d fits failed", len(begun))
        kind = OutOfMemory if is_out_of_memory(error) else Died
        return [kind(f"its batch failed: {error}")] * len(begun)
