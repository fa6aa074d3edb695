"""Jobs that RQ has lost or given up: found by comparing what our ledger and RQ know."""

import logging

from schemas.errors import NotFound
from schemas.jobs import FINAL, JobStatus
from schemas.problems import Problem, ProblemType
from storage.fit_queue import MAX_ATTEMPTS, FitQueue, Standing
from storage.ports import JobLedger

logger = logging.getLogger(__name__)


def sweep(ledger: JobLedger, queue: FitQueue) -> None:
    """Enqueue every open job that RQ does not hold, and fail those it has given up.

    A job gets lost when the service dies between recording and enqueueing it, or a worker between
    taking it and saying so; and one that a leaving worker handed back is found here too. The
    service may be about to enqueue the same job: the queue takes a job only once.
    """
    for job_id, standing in queue.standings(ledger.open_jobs()).items():
        if standing is Standing.HELD or not _is_open(ledger, job_id):
            continue
        if standing is Standing.FAILED:
            logger.error("job %s: given up, its worker was lost %d times", job_id, MAX_ATTEMPTS)
            _give_up(ledger, job_id)
            continue
        logger.warning("job %s: was not in the queue, enqueued again", job_id)
        if standing is Standing.STRAY:
            queue.forget(job_id)
        queue.enqueue(job_id)


def _is_open(ledger: JobLedger, job_id: str) -> bool:
    """Whether the job is still to be done: it may have ended since the sweep began."""
    try:
        return ledger.get(job_id).status not in FINAL
    except NotFound:
        return False


def _give_up(ledger: JobLedger, job_id: str) -> None:
    record = ledger.get(job_id)
    running = record.status is JobStatus.RUNNING
    # Only a job that was begun can fail. One that never was killed its workers before that.
    attempt = record.attempts if running else ledger.begin(job_id)
    if attempt is not None:
        ledger.fail(job_id, attempt, problem=_lost())


def _lost() -> Problem:
    return Problem(
        type=ProblemType.WORKER_LOST,
        title="The worker was lost",
        status=500,
        detail=f"The worker process ended without a word {MAX_ATTEMPTS} times while it worked on "
        "this job, most likely for want of memory. Try fewer samples, a smaller budget or less "
        "effort, or give the workers more memory.",
    )
