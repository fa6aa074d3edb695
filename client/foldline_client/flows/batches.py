"""Batches: to send many questions, to look, to wait, to take the results, to cancel, to delete."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from foldline_client.answers import parsed
from foldline_client.documents.batches import Batch, BatchPage, BatchResult, BatchStatus
from foldline_client.effects import Call, Emit, Flow, NoAnswer, next_piece, opened, send
from foldline_client.flows.addresses import query, quoted_id
from foldline_client.flows.deleting import delete_at
from foldline_client.flows.pages import ListFilter, entries
from foldline_client.questions import WebhookLike, making, webhook_document
from foldline_client.spooling import FileBody
from foldline_client.streams import Breaks, Lines
from foldline_client.waiting import until_final

PATH = "/v1/batches"
NDJSON = "ndjson"
MEDIA_TYPES = {NDJSON: "application/x-ndjson", "csv": "text/csv"}
# Ten thousand questions are looked at before the answer.
SUBMIT_PATIENCE_S = 600.0
# Between two results there may be nothing for long; then the stream is opened anew.
RESULTS_PATIENCE_S = 60.0


def path_of(batch: str | Batch) -> str:
    """The address of a batch."""
    return f"{PATH}/{quoted_id(batch, Batch)}"


def submit(
    body: FileBody,
    *,
    name: str | None,
    metadata: Mapping[str, str] | None,
    webhook: WebhookLike | None,
    all_or_nothing: bool,
    form: str = NDJSON,
    choices: Mapping[str, Any] | None = None,
) -> Flow[Batch]:
    """Send a batch; choices are for all functions of a table.

    Raises:
        ValueError: there is no such form of a batch.
    """
    if form not in MEDIA_TYPES:
        raise ValueError(f"the form must be one of {', '.join(MEDIA_TYPES)}, unlike {form!r}")
    told = {} if webhook is None else webhook_document(webhook)
    said = {
        "name": name,
        "metadata": metadata,
        **{f"webhook_{key}": value for key, value in told.items()},
        "all_or_nothing": all_or_nothing or None,
        **(choices or {}),
    }
    headers = {"Content-Type": MEDIA_TYPES[form], "Content-Length": str(body.size)}
    call = Call("POST", PATH, query(said), headers, body, patience_s=SUBMIT_PATIENCE_S)
    return parsed(Batch, (yield from send(making(call))).content)


def get(batch: str | Batch) -> Flow[Batch]:
    """Look at a batch."""
    return parsed(Batch, (yield from send(Call("GET", path_of(batch)))).content)


def cancel(batch: str | Batch) -> Flow[Batch]:
    """Cancel a batch."""
    return parsed(Batch, (yield from send(Call("POST", f"{path_of(batch)}/cancel"))).content)


def redeliver(batch: str | Batch) -> Flow[Batch]:
    """Tell the webhook of a batch again."""
    return parsed(Batch, (yield from send(Call("POST", f"{path_of(batch)}/redeliver"))).content)


def delete(batch: str | Batch) -> Flow[None]:
    """Delete a batch.

    Raises:
        NotFound: there was none before.
    """
    return delete_at(path_of(batch))


def wait(
    batch: str | Batch, *, timeout: float | None, report: Callable[[Batch], None]
) -> Flow[Batch]:
    """A batch when all of its jobs have ended."""
    now = yield from get(batch)
    return (yield from until_final(now, lambda: get(now.id), timeout=timeout, report=report))


class BatchFilter(ListFilter, total=False):
    """Which batches are wanted: by what ``ListFilter`` has, and besides.

    Attributes:
        status: one, or several of which it has any.
    """

    status: BatchStatus | str | Collection[BatchStatus | str] | None


def list_batches(wanted: BatchFilter) -> Flow[None]:
    """Emit every batch that is wanted."""
    return entries(PATH, BatchPage, query(wanted))


def results(batch: str | Batch, *, order: str, follow: bool, include: Sequence[str]) -> Flow[None]:
    """Emit every result of a batch once; a stream that breaks off is taken up again."""
    params = query({"order": order, "follow": follow, "include": include})
    call = Call("GET", f"{path_of(batch)}/results", params, patience_s=RESULTS_PATIENCE_S)
    seen: set[int] = set()
    breaks = Breaks()
    while True:
        yield from opened(call)
        lines = Lines()
        while isinstance(piece := (yield from next_piece()), bytes):
            for line in filter(None, lines.of(piece)):
                result = parsed(BatchResult, line)
                # The service begins again at the first.
                if result.index not in seen:
                    seen.add(result.index)
                    breaks.over()
                    yield Emit(result)
        broken = piece if isinstance(piece, NoAnswer) else None
        if broken is None and not follow:
            return
        if len(seen) == (yield from get(batch)).counts.total:
            return
        yield from breaks.after(broken, path_of(batch))
