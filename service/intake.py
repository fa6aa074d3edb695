"""Accepting a question: check it, keep it, and hand it to the workers."""

import contextlib
import logging
import secrets
import time
from datetime import UTC, datetime

from schemas.errors import FieldError, InvalidInput, NotFound, Unavailable
from schemas.identity import model_id
from schemas.jobs import JobCreate, JobRecord, JobStatus, Progress
from schemas.models import Model
from service.dependencies import Resources
from storage.keys import MANIFEST
from storage.ports import ArtifactStore

logger = logging.getLogger(__name__)


def accept(question: JobCreate, resources: Resources, *, job_id: str) -> JobRecord:
    """Turn a question into a queued job; or into an answered one, if its model is there.

    The samples are stored first, then the job: whoever finds the job finds all it needs. The
    wake-up is a courtesy: workers look by themselves, too.

    Raises:
        InvalidInput: the question has no answer as it stands.
        QueueFull: too many jobs wait.
        Unavailable: broker or store does not answer.
    """
    check_count(len(question.samples.x), resources.settings.max_points, ("samples", "x"))
    samples, target = question.canonical()
    now = datetime.now(UTC)
    record = JobRecord(
        id=job_id,
        status=JobStatus.QUEUED,
        name=question.name,
        metadata=question.metadata,
        samples=samples.summary(),
        target=target,
        options=question.options,
        created_at=now,
    )
    stores = resources.stores
    if model := _found(record, stores.artifacts):
        error = model.certificate.error(target)
        record = record.model_copy(
            update={
                "status": JobStatus.SUCCEEDED,
                "progress": Progress(fraction=1.0, error=error),
                "model_id": model.id,
                "met": model.met,
                "cached": True,
                "finished_at": now,
            }
        )
        stores.ledger.add_answered(record)
        return record
    stores.artifacts.put_samples(samples)
    stores.ledger.add(record, max_waiting=resources.settings.max_waiting)
    # The one line with both ids: it leads from a request to what the workers say.
    logger.info("job %s: accepted", job_id, extra={"job_id": job_id})
    with contextlib.suppress(Unavailable):
        resources.wake_ups.send()
    return record


def _found(record: JobRecord, artifacts: ArtifactStore) -> Model | None:
    """The model of this question, if it has been asked before."""
    question = model_id(record.samples.sha256, record.target, record.options)
    try:
        return Model.model_validate_json(artifacts.get_artifact(question, MANIFEST))
    except NotFound:
        return None


def check_count(count: int, max_points: int, path: tuple[str, ...]) -> None:
    """Refuse more points than one request may have.

    Raises:
        InvalidInput: with this path, and the limit.
    """
    if count > max_points:
        raise InvalidInput(
            FieldError(path=path, detail=f"has {count} values; at most {max_points} are taken")
        )


def new_job_id() -> str:
    """A new id; ids sort by the time of their creation, to the millisecond."""
    milliseconds = time.time_ns() // 1_000_000
    return f"job_{milliseconds:012x}{secrets.token_hex(8)}"
