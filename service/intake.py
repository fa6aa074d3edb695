"""Accepting a question: check it, keep it, and hand it to the workers."""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from schemas.errors import FieldError, InvalidInput, NotFound
from schemas.ids import created_at
from schemas.jobs import FINAL, InputPlace, JobCreate, JobRecord, JobStatus, Progress
from schemas.models import Model
from schemas.samples import Samples
from schemas.webhooks import Webhook, is_public
from service.resources import Resources
from service.settings import ServiceSettings
from storage.keys import MANIFEST
from storage.ports import ArtifactStore
from storage.settings import Stores
from telemetry import logs


async def accept(
    question: JobCreate, resources: Resources, *, tenant: str, job_id: str
) -> JobRecord:
    """Turn a question into a queued job; or into an answered one, if its model is there.

    Raises:
        InvalidInput: the question has no answer as it stands.
        QueueFull: too many jobs wait.
        Unavailable: broker or store does not answer.
    """
    record, content = await run_in_threadpool(_prepared, question, resources, tenant, job_id)
    # The line about this request then has both ids: it leads from it to what the workers say.
    logs.note(job_id=job_id)
    if record.status not in FINAL:
        await resources.commits.keep(record, content)
    return record


def _prepared(
    question: JobCreate, resources: Resources, tenant: str, job_id: str
) -> tuple[JobRecord, bytes]:
    """The job of a question with its input; or kept already, if its model is there."""
    record, samples = recorded(
        question,
        settings=resources.settings,
        id=job_id,
        tenant=tenant,
        input=InputPlace(name=job_id),
        created_at=created_at(job_id),
    )
    stores = resources.stores.of(tenant)
    if model := _found(record.answer_id, stores.artifacts):
        record = _answered(record, model)
        stores.ledger.add_answered(record)
        # With what there is to say of its webhook.
        record = stores.ledger.get(job_id)
    return record, samples.to_npy()


def answered_before(records: Sequence[JobRecord], stores: Stores) -> list[JobRecord]:
    """The jobs, those whose question has been answered before with their answers.

    Only what the list of models has is looked for: in a bucket every look takes its time.
    """
    ids = [record.answer_id for record in records]
    listed = stores.models.listed(ids)
    found = [_found(name, stores.artifacts) if name in listed else None for name in ids]
    return [
        record if model is None else _answered(record, model)
        for record, model in zip(records, found, strict=True)
    ]


def recorded(
    question: JobCreate, *, settings: ServiceSettings, **known: object
) -> tuple[JobRecord, Samples]:
    """The record of a new job, and its samples in canonical form.

    Args:
        question: what is asked.
        settings: how many samples one job may have, and where its webhook may lead.
        known: the fields of the record that the question does not tell.

    Raises:
        InvalidInput: the question has no answer as it stands.
    """
    check_count(len(question.samples.x), settings.max_points, ("samples", "x"))
    check_webhook(question.webhook, settings)
    samples, target = question.canonical()
    record = JobRecord(
        status=JobStatus.QUEUED,
        name=question.name,
        metadata=question.metadata,
        webhook=question.webhook,
        samples=samples.summary(),
        target=target,
        options=question.options,
        **known,
    )
    return record, samples


def _found(model_id: str, artifacts: ArtifactStore) -> Model | None:
    """The model with this id, if there is one."""
    try:
        return Model.model_validate_json(artifacts.get_artifact(model_id, MANIFEST))
    except NotFound:
        return None


def _answered(record: JobRecord, model: Model) -> JobRecord:
    """The job as it is when its model was there from the start."""
    error = model.certificate.error(record.target)
    return record.model_copy(
        update={
            "status": JobStatus.SUCCEEDED,
            "progress": Progress(fraction=1.0, error=error),
            "model_id": model.id,
            "met": model.met,
            "cached": True,
            "finished_at": record.created_at,
        }
    )


def check_count(count: int, max_points: int, path: tuple[str, ...]) -> None:
    """Refuse more points than one request may have.

    Raises:
        InvalidInput: with this path, and the limit.
    """
    if count > max_points:
        raise InvalidInput(
            FieldError(path=path, detail=f"has {count} values; at most {max_points} are taken")
        )


def check_webhook(webhook: Webhook | None, settings: ServiceSettings) -> None:
    """Refuse a webhook at an address that is never told; names are resolved when they are told.

    Raises:
        InvalidInput: naming the address.
    """
    address = None if webhook is None else webhook.address
    if address is not None and not is_public(address, allowed=settings.webhook_allow_networks):
        detail = (
            f"leads to {address}, which is not a public address, nor one that the operator of this "
            "service allows"
        )
        raise InvalidInput(FieldError(path=("webhook", "url"), detail=detail))
