"""Jobs: ask a question, and see how far its answer is."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from schemas.api_keys import Scope
from schemas.errors import Conflict
from schemas.ids import new_id
from schemas.jobs import FINAL, Job, JobCreate, JobFilter, JobPage, JobStatus
from service import answers, filters, following, intake, paging, redelivery
from service.authentication import requires
from service.bodies import REQUEST_BODY, asked_question
from service.declarations import (
    BAD_LIMIT,
    CREATED,
    STREAM,
    SUBMISSION_PROBLEMS,
    invalid,
    problem_responses,
    shown,
)
from service.dependencies import JobDep, JobId, LedgerDep, StoresDep, TenantDep
from service.idempotency import IdempotencyKey, idempotently
from service.parameters import KNOWN_ONLY
from service.proxies import RootPathDep
from service.resources import ResourcesDep
from storage.removal import remove

router = APIRouter(
    prefix="/v1/jobs",
    tags=["jobs"],
    dependencies=[requires(Scope.READ), KNOWN_ONLY],
    responses=problem_responses(401, 403, 422, 429),
)

Prefer = Annotated[
    str | None,
    Header(
        description="`wait=N` answers with the finished job if it ends within N seconds, at most "
        f"{following.MAX_WAIT_S:.0f} (RFC 7240)."
    ),
]
Question = Annotated[JobCreate, Depends(asked_question)]


def last_event_id(
    last: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            description="The id of the last event seen.",
            # Said here and checked below, which names the header as it is written.
            json_schema_extra={"pattern": following.EVENT_ID},
        ),
    ] = None,
) -> str | None:
    """What the client has seen last, checked."""
    following.check_event_id(last)
    return last


async def unseen(
    record: JobDep,
    resources: ResourcesDep,
    last: Annotated[str | None, Depends(last_event_id)],
) -> str | None:
    """What the client has seen last, if there may be more."""
    await following.expect_more(record, last, resources.stores.ledger)
    return last


@router.post(
    "",
    status_code=202,
    operation_id="createJob",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Fit a network to samples",
    openapi_extra={"requestBody": REQUEST_BODY},
    response_model=Job,
    responses={
        201: {
            "description": "Done: it ended while you waited, or its model was there already.",
            "model": Job,
            "headers": CREATED,
            "content": shown(answers.FINISHED_JOB),
        },
        202: {
            "description": "Accepted; ask again at the address in Location.",
            "headers": CREATED,
            "content": shown(answers.QUEUED_JOB),
        },
        **SUBMISSION_PROBLEMS,
    },
)
async def create_job(
    question: Question,
    request: Request,
    resources: ResourcesDep,
    tenant: TenantDep,
    root_path: RootPathDep,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> Response:
    """Accepts a sampled function and an accuracy target, and answers at once with a job.

    The curve may also be the body itself, as CSV (columns x and y, with or without a header, and
    weight and tolerance if it names them; others are refused) or NPY (an array [2, N] or [N, 2],
    also in an NPZ file, or there one array for each column); all else is then in query parameters:
    the target and the options, `name`, `metadata=key:value`, and `webhook_url` with
    `webhook_events`. An empty cell of y is no sample. The body may be compressed by gzip.

    The samples need be neither sorted nor evenly spaced. Without a tolerance, give a budget
    (`options.max_parameters` or `options.max_segments`): the best error within it is looked for.
    A question that has been asked before is answered with its model: `cached` is then true.
    """
    wait_s = following.wait_of(prefer)

    async def make(job_id: str) -> Response:
        record = await intake.accept(question, resources, tenant=tenant, job_id=job_id)
        if wait_s and record.status not in FINAL:
            record = await following.until(
                lambda record: record.status in FINAL,
                record,
                resources.stores.ledger.get,
                changes=resources.changes,
                leaving=resources.leaving,
                within_s=wait_s,
            )
        return _created(Job.of(record, root_path=root_path), wait_s)

    return await idempotently(
        request,
        idempotency_key,
        resources.idempotency_keys,
        make,
        tenant=tenant,
        new_id=new_id("job"),
    )


def _created(job: Job, wait_s: float) -> Response:
    headers = {"Location": job.links.self}
    if wait_s:
        headers["Preference-Applied"] = f"wait={wait_s:.0f}"
    status = 201 if job.status in FINAL else 202
    return Response(job.model_dump_json(), status, headers=headers, media_type="application/json")


@router.get(
    "",
    operation_id="listJobs",
    summary="List jobs, newest first",
    responses={
        200: {"content": shown(answers.JOBS)},
        **problem_responses(BAD_LIMIT, 503),
    },
)
def list_jobs(
    ledger: LedgerDep,
    root_path: RootPathDep,
    wanted: Annotated[JobFilter, Depends(filters.wanted_jobs)],
    limit: paging.Limit = paging.DEFAULT_LIMIT,
    cursor: paging.Cursor = None,
) -> JobPage:
    """One page of jobs; `next_cursor` leads to the next, and is null on the last.

    With filters a page may be short, or empty, and still have a next one: so many jobs are looked
    at for a page, and no more. The jobs of a batch are not listed here; its results tell of them.
    """
    records, position = ledger.page(limit=limit, cursor=paging.unwrap(cursor), wanted=wanted)
    data = [Job.of(record, root_path=root_path) for record in records]
    return JobPage(data=data, next_cursor=paging.wrap(position))


@router.get(
    "/{job_id}",
    operation_id="getJob",
    summary="Look at a job",
    responses={
        200: {"content": shown(answers.FINISHED_JOB)},
        **problem_responses(answers.NO_JOB, 503),
    },
)
def get_job(job_id: JobId, ledger: LedgerDep, root_path: RootPathDep) -> Job:
    """Where a job is. Once it has succeeded, `links.model` leads to the network."""
    record = ledger.get(job_id)
    waits = record.status is JobStatus.QUEUED
    before = ledger.waiting_before(job_id) if waits else None
    return Job.of(record, root_path=root_path, waiting_before=before)


def _ended(job_id: str, status: JobStatus) -> Conflict:
    return Conflict(f"job {job_id} has {status} already; only one that has not can be cancelled")


@router.post(
    "/{job_id}/cancel",
    operation_id="cancelJob",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Cancel a job",
    responses={
        200: {"content": shown(answers.CANCELLED_JOB)},
        **problem_responses(
            answers.NO_JOB, _ended(answers.NO_JOB.identifier, JobStatus.SUCCEEDED), 503
        ),
    },
)
def cancel_job(job_id: JobId, ledger: LedgerDep, root_path: RootPathDep) -> Job:
    """Ends a job that waits or is being fitted; its worker goes on with the next within seconds.

    A job that was cancelled before is answered as it is; one that has ended otherwise with 409.
    """
    before = ledger.cancel(job_id)
    if before in FINAL and before is not JobStatus.CANCELLED:
        raise _ended(job_id, before)
    return Job.of(ledger.get(job_id), root_path=root_path)


def _of_batch(job_id: str, batch_id: str) -> Conflict:
    return Conflict(f"job {job_id} is one of a batch; delete that: DELETE /v1/batches/{batch_id}")


@router.post(
    "/{job_id}/redeliver",
    operation_id="redeliverJob",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Tell the webhook of a job again",
    responses={
        200: {"content": shown(answers.FINISHED_JOB)},
        **problem_responses(answers.NO_JOB, redelivery.NO_WEBHOOK, 503),
    },
)
def redeliver_job(
    record: JobDep, stores: StoresDep, resources: ResourcesDep, root_path: RootPathDep
) -> Job:
    """Tells the webhook of the job again, at once, whether or not it was told before.

    The `webhook-id` is that of the first time. Tries are counted anew.
    """
    redelivery.make_due(record.id, resources.outbox)
    return Job.of(stores.ledger.get(record.id), root_path=root_path)


@router.delete(
    "/{job_id}",
    status_code=204,
    operation_id="deleteJob",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Delete a job",
    responses=problem_responses(
        answers.NO_JOB, _of_batch(answers.NO_JOB.identifier, answers.RUNNING_BATCH.id), 503
    ),
)
def delete_job(record: JobDep, stores: StoresDep) -> None:
    """Deletes a job with its samples, for good; one that has not ended is cancelled before.

    Its model stays. A webhook of it that was not sent yet is not sent any more.
    """
    if record.batch_id is not None:
        raise _of_batch(record.id, record.batch_id)
    stores.ledger.cancel(record.id)
    remove(record.id, stores)


@router.get(
    "/{job_id}/events",
    operation_id="followJob",
    summary="Follow a job",
    response_class=EventSourceResponse,
    responses={
        200: {
            "headers": STREAM,
            "content": {EventSourceResponse.media_type: {"example": answers.EVENTS}},
        },
        204: {"description": "The last event has been seen; there will be no more."},
        **problem_responses(
            answers.NO_JOB, invalid("Last-Event-ID", "is not the id of an event"), 503
        ),
    },
)
async def follow_job(
    record: JobDep,
    resources: ResourcesDep,
    last: Annotated[str | None, Depends(unseen)],
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events from the job's beginning, or from after `Last-Event-ID`, until it ends.

    Each has the status, and while it is fitted the phase, the fraction done, the iterations and the
    best error so far; every 15 seconds without one there is a comment. Progress as it happens also
    has `current`: `x` and `y` of the breakpoints of the network in training, at most 256 points. A
    stream that ends without the job's end was of a process that had to leave: ask again with
    `Last-Event-ID`, as browsers do by themselves.
    """
    async for event in following.events_of(
        record.id,
        last=last,
        ledger=resources.stores.ledger,
        changes=resources.changes,
        leaving=resources.leaving,
    ):
        yield event
