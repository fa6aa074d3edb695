"""``foldline jobs``: what was asked."""

from typing import Annotated

import typer

from cli.asking import service
from cli.deleting import Yes, delete_for_good
from cli.exits import GOES_ON, OF_SERVICE, OF_WAITING, epilog
from cli.filters import ANY_OF_THESE, Labels, Met, Name, Search, Time, labels_in
from cli.options import DEFAULT_URL, AsJson, Timeout, Url, some_id
from cli.rows import (
    DEFAULT_LIMIT,
    JOB_HEADER,
    Limit,
    cancelled,
    event_row,
    first,
    job_details,
    job_row,
    tell_list,
    tell_one,
)
from cli.waiting import ended_job, exit_as
from foldline_client.documents.jobs import JobStatus

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List, show, follow, cancel and delete the jobs of a service.",
)

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The id of a job.", callback=some_id)]


@app.command(
    "list", epilog=epilog("foldline jobs list --status failed --json --limit 0", also=OF_SERVICE)
)
def list_jobs(
    status: Annotated[list[JobStatus] | None, typer.Option(help=ANY_OF_THESE)] = None,
    name: Name = None,
    search: Search = None,
    metadata: Labels = None,
    met: Met = None,
    created_from: Time = None,
    created_before: Time = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """List jobs, newest first; those of batches are told of by ``foldline batches results``."""
    with service(url) as client:
        wanted = client.jobs.list(
            status=status,
            name=name,
            search=search,
            metadata=labels_in(metadata),
            met=met,
            created_from=created_from,
            created_before=created_before,
        )
        found = first(wanted, limit)
    tell_list(found, JOB_HEADER, job_row, as_json=as_json)


@app.command(epilog=epilog("foldline jobs show JOB --json", also=OF_SERVICE))
def show(job: JobId, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """Show how far a job is."""
    with service(url) as client:
        found = client.jobs.get(job)
    tell_one(found, job_details, as_json=as_json)


@app.command(epilog=epilog("foldline jobs wait JOB --timeout 60", also=(*OF_WAITING, GOES_ON)))
def wait(
    job: JobId, timeout: Timeout = None, as_json: AsJson = False, url: Url = DEFAULT_URL
) -> None:
    """Wait until a job has ended, and show it."""
    with service(url) as client:
        found = client.jobs.get(job)
    ended = ended_job(url, found, timeout=timeout)
    tell_one(ended, job_details, as_json=as_json)
    exit_as(ended)


@app.command(epilog=epilog("foldline jobs cancel JOB", also=OF_SERVICE))
def cancel(job: JobId, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """End a job that has not ended."""
    with service(url) as client:
        found = client.jobs.cancel(job)
    tell_one(found, cancelled, as_json=as_json)


@app.command(epilog=epilog("foldline jobs delete JOB --yes", also=OF_SERVICE))
def delete(job: JobId, yes: Yes = False, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """Delete a job with its samples, for good; models stay."""
    delete_for_good(job, lambda client: client.jobs, yes=yes, as_json=as_json, url=url)


@app.command(epilog=epilog("foldline jobs events JOB --json", also=OF_SERVICE))
def events(job: JobId, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """Follow a job until it ends: a line for each event, or NDJSON."""
    with service(url, patient=True) as client:
        for event in client.jobs.events(job):
            typer.echo(event.model_dump_json() if as_json else event_row(event))
