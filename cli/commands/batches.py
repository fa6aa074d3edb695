"""``foldline batches``: what was asked together."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.asking import going_on, service
from cli.bars import bar
from cli.deleting import Yes, delete_for_good
from cli.exits import GOES_ON, OF_SERVICE, OF_WAITING, epilog
from cli.filters import ANY_OF_THESE, Labels, Name, Search, Time, labels_in
from cli.options import DEFAULT_URL, AsJson, Timeout, Url, some_id
from cli.results import INCLUDED, tell_results
from cli.rows import (
    BATCH_HEADER,
    DEFAULT_LIMIT,
    Limit,
    batch_details,
    batch_row,
    cancelled,
    first,
    tell_list,
    tell_one,
)
from cli.waiting import ended_batch
from foldline_client.documents.batches import BatchStatus

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List, show, follow, cancel and delete the batches of a service.",
)

BatchId = Annotated[
    str, typer.Argument(metavar="BATCH", help="The id of a batch.", callback=some_id)
]


class Order(StrEnum):
    """In what order results come."""

    FINISHED = "finished"
    INPUT = "input"


@app.command("list", epilog=epilog("foldline batches list --status running", also=OF_SERVICE))
def list_batches(
    status: Annotated[list[BatchStatus] | None, typer.Option(help=ANY_OF_THESE)] = None,
    name: Name = None,
    search: Search = None,
    metadata: Labels = None,
    created_from: Time = None,
    created_before: Time = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """List batches, newest first."""
    with service(url) as client:
        wanted = client.batches.list(
            status=status,
            name=name,
            search=search,
            metadata=labels_in(metadata),
            created_from=created_from,
            created_before=created_before,
        )
        found = first(wanted, limit)
    tell_list(found, BATCH_HEADER, batch_row, as_json=as_json)


@app.command(epilog=epilog("foldline batches show BATCH --json", also=OF_SERVICE))
def show(batch: BatchId, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """Show how many questions of a batch are where."""
    with service(url) as client:
        found = client.batches.get(batch)
    tell_one(found, batch_details, as_json=as_json)


@app.command(epilog=epilog("foldline batches wait BATCH", also=(*OF_SERVICE, GOES_ON)))
def wait(
    batch: BatchId, timeout: Timeout = None, as_json: AsJson = False, url: Url = DEFAULT_URL
) -> None:
    """Wait until all jobs of a batch have ended, in whichever way, and show it."""
    with service(url) as client:
        found = client.batches.get(batch)
    tell_one(ended_batch(url, found, timeout=timeout), batch_details, as_json=as_json)


@app.command(epilog=epilog("foldline batches results BATCH --order input --json", also=OF_WAITING))
def results(
    batch: BatchId,
    order: Annotated[Order, typer.Option(help="As they ended, or as they were asked.")] = (
        Order.FINISHED
    ),
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for those that have not ended.")
    ] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Show what became of each question that has ended: a line each, or NDJSON."""
    with service(url) as client:
        asked = client.batches.get(batch)
    command = f"foldline batches results {batch} --follow"
    with service(url, patient=follow) as client, going_on(batch, command), bar() as shown:
        status = tell_results(
            client.batches.results(asked, order=order, follow=follow, include=INCLUDED),
            by_line=True,
            as_json=as_json,
            shown=shown,
            total=asked.counts.total,
        )
    raise typer.Exit(status)


@app.command(epilog=epilog("foldline batches cancel BATCH", also=OF_SERVICE))
def cancel(batch: BatchId, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """End every job of a batch that has not ended."""
    with service(url) as client:
        found = client.batches.cancel(batch)
    tell_one(found, cancelled, as_json=as_json)


@app.command(epilog=epilog("foldline batches delete BATCH --yes", also=OF_SERVICE))
def delete(
    batch: BatchId, yes: Yes = False, as_json: AsJson = False, url: Url = DEFAULT_URL
) -> None:
    """Delete a batch with all its jobs and their samples, for good; models stay."""
    delete_for_good(batch, lambda client: client.batches, yes=yes, as_json=as_json, url=url)
