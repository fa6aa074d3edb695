"""What RQ calls: one job, from its record to its model.

Everything here may run twice for the same job, also at the same time: models are named by their
question, and the ledger takes only the word of the latest attempt.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from schemas.errors import InvalidInput, NotFound, Unavailable
from schemas.identity import model_id
from schemas.jobs import JobRecord
from schemas.models import Model
from schemas.problems import FieldProblem, Problem, ProblemType
from storage.fit_queue import MAX_ATTEMPTS
from storage.keys import MANIFEST
from storage.settings import Stores
from worker.artifacts import describe, render
from worker.attempts import Attempt
from worker.numerics.fit import fit

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Workplace:
    """What a job needs besides its id; RQ can only hand over the id.

    Attributes:
        stores: where samples, models and jobs are.
        stopping: whether the worker has been asked to leave.
    """

    stores: Stores
    stopping: Callable[[], bool]


WORKPLACE: ContextVar[Workplace] = ContextVar("WORKPLACE")


def fit_job(job_id: str) -> None:
    """Fit, certify and store one job.

    What goes wrong with the job becomes the job's problem, so that RQ tries again only what
    crashed. An absent broker or store is not the job's fault: RQ tries again.
    """
    place = WORKPLACE.get()
    ledger = place.stores.ledger
    number = ledger.begin(job_id)
    if number is None:
        return
    logger.info("job %s: begun, attempt %d", job_id, number)
    began = time.monotonic()
    attempt = Attempt(ledger, job_id, number, stopping=place.stopping)
    try:
        model = _answer(place.stores, ledger.get(job_id), attempt)
        if model is None:
            logger.info("job %s: stopped", job_id)
            return
        ledger.add_model(model.id, created_ms=round(model.created_at.timestamp() * 1000))
        ledger.succeed(
            job_id,
            number,
            model_id=model.id,
            met=model.met,
            error=model.certificate.error(model.target),
        )
    except Exception as error:  # the door: whatever happens is the job's problem
        if isinstance(error, Unavailable) and number < MAX_ATTEMPTS:
            raise
        logger.exception("job %s: failed", job_id)
        ledger.fail(job_id, number, problem=_problem(error))
        return
    logger.info(
        "job %s: done in %.2f s: %d parameters, %d segments, target %s",
        job_id,
        time.monotonic() - began,
        model.architecture.parameters,
        model.segments,
        "met" if model.met else "not met",
    )


def _answer(stores: Stores, record: JobRecord, attempt: Attempt) -> Model | None:
    """The stored model of this job's question; None if the attempt was stopped before it was."""
    artifacts = stores.artifacts
    question = model_id(record.samples.sha256, record.target, record.options)
    if not artifacts.has_model(question):
        samples = artifacts.get_samples(record.samples.sha256)
        found = fit(
            samples,
            record.target,
            record.options,
            on_progress=attempt.on_progress,
            should_stop=attempt.should_stop,
        )
        if attempt.stopped:
            return None
        started_at = record.started_at or record.created_at
        waited_s = max(0.0, (started_at - record.created_at).total_seconds())
        model = describe(found, samples, record.target, record.options, queue_s=waited_s)
        artifacts.put_model(question, render(model, found))
    # Read back: another worker may have answered the same question first, and its model stays.
    return Model.model_validate_json(artifacts.get_artifact(question, MANIFEST))


def _problem(error: Exception) -> Problem:
    """What the client is told. Never the error's own text, except where it was written for it."""
    if isinstance(error, InvalidInput):
        return Problem(
            type=ProblemType.INVALID_INPUT,
            title="The input is not valid",
            status=422,
            detail=str(error),
            errors=[
                FieldProblem(field=e.field, pointer=e.pointer, detail=e.detail)
                for e in error.errors
            ],
        )
    if isinstance(error, Unavailable):
        return Problem(
            type=ProblemType.UNAVAILABLE,
            title="A part of the service is away",
            status=503,
            detail=f"The {error.part} did not answer in {MAX_ATTEMPTS} attempts. Try again later.",
        )
    if isinstance(error, NotFound):
        detail = (
            f"The {error.kind} of this job is gone from the data directory. Service and workers "
            "need the same one."
        )
    else:
        detail = "The fit failed for a reason of ours; the worker's log has it, under the job's id."
    return Problem(
        type=ProblemType.INTERNAL, title="Something went wrong here", status=500, detail=detail
    )
