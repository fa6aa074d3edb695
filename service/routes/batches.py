"""Batches: many questions at once."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from schemas.api_keys import Scope
from schemas.batches import Batch, BatchFilter, BatchPage, BatchRecord
from schemas.errors import Conflict, NotFound
from schemas.ids import new_id
from service import answers, filters, following, paging, redelivery
from service.authentication import requires
from service.batch_bodies import NDJSON, REQUEST_BODY, BatchByQuery, received
from service.batch_intake import accept_batch
from service.declarations import (
    BAD_LIMIT,
    CREATED,
    STREAM,
    SUBMISSION_PROBLEMS,
    UNBUFFERED,
    invalid,
    problem_responses,
    shown,
)
from service.dependencies import StoresDep, TenantDep
from service.idempotency import IdempotencyKey, idempotently
from service.parameters import KNOWN_ONLY
from service.proxies import RootPathDep
from service.resources import ResourcesDep
from service.results import Include, Order, results_of
from storage.removal import remove
from telemetry import logs

router = APIRouter(
    prefix="/v1/batches",
    tags=["batches"],
    dependencies=[requires(Scope.READ), KNOWN_ONLY],
    responses=problem_responses(401, 403, 422, 429),
)

MISSING = NotFound("batch", answers.RUNNING_BATCH.id)

BatchId = Annotated[str, Path(description="The id of a batch, as its creation answered it.")]


def batch_record(batch_id: BatchId, stores: StoresDep) -> BatchRecord:
    """The batch with the id in the path."""
    return stores.batches.get(batch_id)


BatchDep = Annotated[BatchRecord, Depends(batch_record)]


@router.post(
    "",
    status_code=202,
    operation_id="createBatch",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Fit networks to many functions",
    openapi_extra={"requestBody": REQUEST_BODY},
    response_model=Batch,
    responses={
        201: {
            "description": "Done: it ended while you waited.",
            "model": Batch,
            "headers": CREATED,
            "content": shown(answers.COMPLETED_BATCH),
        },
        202: {
            "description": "Accepted; ask again at the address in Location.",
            "headers": CREATED,
            "content": shown(answers.RUNNING_BATCH),
        },
        **SUBMISSION_PROBLEMS,
    },
)
async def create_batch(
    request: Request,
    by_query: Annotated[BatchByQuery, Query()],
    resources: ResourcesDep,
    tenant: TenantDep,
    root_path: RootPathDep,
    idempotency_key: IdempotencyKey = None,
    prefer: Annotated[
        str | None, Header(description="`wait=N`: as for a job, until all have ended.")
    ] = None,
) -> Response:
    """Accepts many questions: NDJSON with one a line, one JSON document, or a CSV table.

    A question is what a job is asked with, and may have a `custom_id`. A CSV table has a column x
    and a column for each function; target and options are then query parameters, and the header
    gives the custom ids; with the other two they belong into the questions. A cell that is empty is
    no sample. Name, metadata and webhook of the batch itself are in the JSON document, or else in
    query parameters. Questions that are not valid are reported by line, index or column and do not
    sink the rest, unless `all_or_nothing` is true; what is no JSON sinks all of them.
    """
    wait_s = following.wait_of(prefer)
    body = await received(request)

    async def make(batch_id: str) -> Response:
        record = await run_in_threadpool(
            accept_batch,
            body,
            by_query,
            resources,
            tenant=tenant,
            batch_id=batch_id,
            all_or_nothing=by_query.all_or_nothing,
        )
        logs.note(batch_id=batch_id)
        if wait_s:
            record = await following.until(
                lambda record: record.finished_at is not None,
                record,
                resources.stores.batches.get,
                changes=resources.changes,
                leaving=resources.leaving,
                within_s=wait_s,
            )
        batch = Batch.of(record, root_path=root_path)
        headers = {"Location": batch.links.self}
        if wait_s:
            headers["Preference-Applied"] = f"wait={wait_s:.0f}"
        status = 202 if batch.finished_at is None else 201
        return Response(
            batch.model_dump_json(), status, headers=headers, media_type="application/json"
        )

    with body.content:
        return await idempotently(
            request,
            idempotency_key,
            resources.idempotency_keys,
            make,
            tenant=tenant,
            new_id=new_id("batch"),
            body_sha256=body.sha256,
        )


@router.get(
    "",
    operation_id="listBatches",
    summary="List batches, newest first",
    responses={
        200: {"content": shown(answers.BATCHES)},
        **problem_responses(BAD_LIMIT, 503),
    },
)
def list_batches(
    stores: StoresDep,
    root_path: RootPathDep,
    wanted: Annotated[BatchFilter, Depends(filters.wanted_batches)],
    limit: paging.Limit = paging.DEFAULT_LIMIT,
    cursor: paging.Cursor = None,
) -> BatchPage:
    """One page of batches; `next_cursor` leads to the next, and is null on the last.

    With filters a page may be short, or empty, and still have a next one: so many batches are
    looked at for a page, and no more.
    """
    records, position = stores.batches.page(
        limit=limit, cursor=paging.unwrap(cursor), wanted=wanted
    )
    data = [Batch.of(record, root_path=root_path) for record in records]
    return BatchPage(data=data, next_cursor=paging.wrap(position))


@router.get(
    "/{batch_id}",
    operation_id="getBatch",
    summary="Look at a batch",
    responses={
        200: {"content": shown(answers.COMPLETED_BATCH)},
        **problem_responses(MISSING, 503),
    },
)
def get_batch(record: BatchDep, root_path: RootPathDep) -> Batch:
    """How many of its questions are where, and which were refused."""
    return Batch.of(record, root_path=root_path)


def _completed(batch_id: str) -> Conflict:
    return Conflict(f"batch {batch_id} has completed; only one that runs can be cancelled")


@router.post(
    "/{batch_id}/cancel",
    operation_id="cancelBatch",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Cancel a batch",
    responses={
        200: {"content": shown(answers.CANCELLED_BATCH)},
        **problem_responses(MISSING, _completed(answers.COMPLETED_BATCH.id), 503),
    },
)
def cancel_batch(batch_id: BatchId, stores: StoresDep, root_path: RootPathDep) -> Batch:
    """Ends every job of the batch that has not ended; what has succeeded stays.

    A batch that was cancelled before is answered as it is; one that has completed with 409.
    """
    ended = not stores.batches.cancel(batch_id)
    record = stores.batches.get(batch_id)
    if ended and record.cancelled_at is None:
        raise _completed(batch_id)
    return Batch.of(record, root_path=root_path)


@router.post(
    "/{batch_id}/redeliver",
    operation_id="redeliverBatch",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Tell the webhook of a batch again",
    responses={
        200: {"content": shown(answers.COMPLETED_BATCH)},
        **problem_responses(MISSING, redelivery.NO_WEBHOOK, 503),
    },
)
def redeliver_batch(
    batch: BatchDep, stores: StoresDep, resources: ResourcesDep, root_path: RootPathDep
) -> Batch:
    """Tells the webhook of the batch again, at once, whether or not it was told before.

    The `webhook-id` is that of the first time. Tries are counted anew.
    """
    redelivery.make_due(batch.id, resources.outbox)
    return Batch.of(stores.batches.get(batch.id), root_path=root_path)


@router.delete(
    "/{batch_id}",
    status_code=204,
    operation_id="deleteBatch",
    dependencies=[requires(Scope.SUBMIT)],
    summary="Delete a batch",
    responses=problem_responses(MISSING, 503),
)
def delete_batch(batch: BatchDep, stores: StoresDep) -> None:
    """Deletes a batch with all its jobs and their samples, for good.

    Jobs that have not ended are cancelled before. Models stay. A webhook that was not sent yet is
    not sent any more.
    """
    stores.batches.cancel(batch.id)
    remove(batch.id, stores)


@router.get(
    "/{batch_id}/results",
    operation_id="getBatchResults",
    summary="Stream the results of a batch",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A result a line.",
            "headers": STREAM,
            "content": {
                NDJSON: {
                    "schema": {"$ref": "#/components/schemas/BatchResult"},
                    "example": answers.RESULTS,
                }
            },
        },
        **problem_responses(
            MISSING, invalid("order", "Input should be 'input' or 'finished'"), 503
        ),
    },
)
async def get_batch_results(
    batch: BatchDep,
    stores: StoresDep,
    resources: ResourcesDep,
    order: Annotated[
        Order, Query(description="In the order of the questions, or as their jobs have ended.")
    ] = Order.INPUT,
    follow: Annotated[
        bool, Query(description="Whether to wait for what has not ended yet.")
    ] = False,
    include: Annotated[
        list[Include], Query(description="What each result is to have of its model.")
    ] = [],  # noqa: B006  # FastAPI copies it
) -> StreamingResponse:
    """NDJSON, a line for each question: what became of it, and its model's id.

    Without `follow` it has what has ended by now. With it a line may have spaces before it, which
    were sent while it was waited for; fewer lines than the batch has questions say that the process
    had to leave meanwhile: ask again.
    """
    lines = results_of(
        batch,
        stores,
        resources.changes,
        resources.leaving,
        order=order,
        follow=follow,
        include=include,
    )
    return StreamingResponse(lines, media_type=NDJSON, headers=UNBUFFERED)
