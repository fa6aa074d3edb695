"""The results of a batch, as they are or as they come."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum

from starlette.concurrency import run_in_threadpool

from schemas.batches import BatchRecord, BatchResult
from schemas.errors import NotFound
from schemas.jobs import FINAL
from service.leaving import Leaving, next_change
from storage import keys
from storage.changes import Changes
from storage.settings import Stores

# Results that are read, and written, at once.
PAGE = 256
# After so many seconds without a line a proxy, or the client, might think that nobody is there.
KEEP_ALIVE_S = 10.0
# White space before a line of JSON says nothing to any reader of it.
KEEP_ALIVE = " "


class Order(StrEnum):
    """In which order results come."""

    INPUT = "input"
    FINISHED = "finished"


class Include(StrEnum):
    """What a result has of its model."""

    MODEL = "model"
    NETWORK = "network"
    BREAKPOINTS = "breakpoints"


_FILES = {
    Include.MODEL: keys.MANIFEST,
    Include.NETWORK: keys.NETWORK,
    Include.BREAKPOINTS: keys.TABLE_JSON,
}


async def results_of(
    batch: BatchRecord,
    stores: Stores,
    changes: Changes,
    leaving: Leaving,
    *,
    order: Order,
    follow: bool,
    include: Sequence[Include],
) -> AsyncIterator[str]:
    """The results of a batch, a line each; and before a line that is long in coming, spaces.

    Args:
        batch: the batch.
        stores: where its jobs and models are.
        changes: tells when the batch has ended.
        leaving: whether the process is to leave, and so to wait no longer.
        order: of the questions, or of the ends of their jobs.
        follow: whether to wait for what has not ended.
        include: what each result has of its model.
    """
    indices = _in_order if order is Order.INPUT else _as_they_end
    quiet_since = time.monotonic()
    async for page in indices(batch, stores, changes, leaving, follow=follow):
        lines = await run_in_threadpool(_lines, page, stores, include)
        for line in lines:
            yield line
        if lines:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= KEEP_ALIVE_S:
            yield KEEP_ALIVE
            quiet_since = time.monotonic()


async def _in_order(
    batch: BatchRecord, stores: Stores, changes: Changes, leaving: Leaving, *, follow: bool
) -> AsyncIterator[list[BatchResult]]:
    total = batch.counts.total
    start = 0
    with changes.of(batch.id) as changed:
        while start < total:
            page = range(start, min(start + PAGE, total))
            # Of a batch that is over nothing is waited for: what is missing is being deleted.
            over = not follow or await _is_over(batch.id, stores)
            found = await run_in_threadpool(_results, batch.id, page, stores)
            # To follow is to wait for the first that is missing.
            missing = None if over else next((i for i in page if found[i - start] is None), None)
            stop = page.stop if missing is None else missing
            yield [result for result in found[: stop - start] if result is not None]
            start = stop
            if missing is not None:
                if leaving.begun:
                    return
                await next_change(changed, leaving, within_s=0.5)


async def _as_they_end(
    batch: BatchRecord, stores: Stores, changes: Changes, leaving: Leaving, *, follow: bool
) -> AsyncIterator[list[BatchResult]]:
    refusals = await run_in_threadpool(stores.batches.refusals, batch.id)
    yield [BatchResult.of_refusal(refusal) for refusal in refusals]
    sent = 0
    with changes.of(batch.id) as changed:
        while True:
            # Looked at before what has ended: what ends in between is not missed.
            over = await _is_over(batch.id, stores)
            ended = await run_in_threadpool(stores.batches.ended, batch.id, start=sent, count=PAGE)
            found = await run_in_threadpool(_results, batch.id, ended, stores)
            yield [result for result in found if result is not None]
            sent += len(ended)
            if not ended:
                if over or not follow or leaving.begun:
                    return
                await next_change(changed, leaving, within_s=0.5)


async def _is_over(batch_id: str, stores: Stores) -> bool:
    """Whether nothing more comes of a batch: it has ended, or was deleted."""
    try:
        record = await run_in_threadpool(stores.batches.get, batch_id)
    except NotFound:
        return True
    return record.finished_at is not None


def _results(batch_id: str, indices: Sequence[int], stores: Stores) -> list[BatchResult | None]:
    """What has become of these questions; None where that is not known yet."""
    jobs = stores.batches.jobs(batch_id, indices)
    unknown = [index for index, job in zip(indices, jobs, strict=True) if job is None]
    refusals = {}
    if unknown:
        refusals = {r.index: r for r in stores.batches.refusals(batch_id, unknown)}
    found: list[BatchResult | None] = []
    for index, job in zip(indices, jobs, strict=True):
        if job is not None:
            found.append(BatchResult.of_job(job) if job.status in FINAL else None)
        else:
            found.append(BatchResult.of_refusal(refusals[index]) if index in refusals else None)
    return found


def _lines(results: Sequence[BatchResult], stores: Stores, include: Sequence[Include]) -> list[str]:
    return [_line(result, stores, include) for result in results]


def _line(result: BatchResult, stores: Stores, include: Sequence[Include]) -> str:
    asked = {part.value for part in include}
    left_out = {part.value for part in Include} - asked
    document = result.model_dump(mode="json", exclude=left_out)
    if result.model_id is not None:
        for part in include:
            try:
                content = stores.artifacts.get_artifact(result.model_id, _FILES[part])
            except NotFound:
                # Deleted since: the result stays, without it.
                continue
            document[part.value] = json.loads(content)
    return json.dumps(document, separators=(",", ":")) + "\n"
