"""Jobs, batches and models as people read them; for programs there is JSON."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from cli.complaints import named
from cli.summary import LABEL_WIDTH, summary
from foldline_client import UnexpectedAnswer
from foldline_client.documents.batches import Batch, BatchResult
from foldline_client.documents.jobs import Job, JobEvent
from foldline_client.documents.models import Model
from foldline_client.documents.problems import Problem
from schemas import models as stored
from schemas.controls import escape_controls

D = TypeVar("D", bound=BaseModel)

Limit = Annotated[int, typer.Option(min=0, help="Most to list, newest first; 0 for all.")]
DEFAULT_LIMIT = 20

JOB_HEADER = f"{'id':<32} {'status':<9} {'met':<3} {'created':<16} name"
BATCH_HEADER = f"{'id':<34} {'status':<9} {'ended':>11} {'refused':>7} {'created':<16} name"
MODEL_HEADER = f"{'id':<32} {'met':<3} {'parameters':>10} {'segments':>8} {'created':<16} name"
RESULT_HEADER = (
    f"{'custom_id':<20} {'status':<9} {'met':<3} {'parameters':>10} {'segments':>8} {'error':<10} "
    "model"
)


def tell_one(found: D, text: Callable[[D], str], *, as_json: bool) -> None:
    """Print one document, for people in these words; or for programs."""
    typer.echo(escape_controls(found.model_dump_json(indent=2) if as_json else text(found)))


def tell_list(found: Iterable[D], header: str, row: Callable[[D], str], *, as_json: bool) -> None:
    """Print a list, for people under this header, a row each; or for programs."""
    if as_json:
        typer.echo(json.dumps([document.model_dump(mode="json") for document in found], indent=2))
    else:
        typer.echo("\n".join([header, *(escape_controls(row(document)) for document in found)]))


def first(items: Iterable[D], limit: int) -> list[D]:
    """The first items of a list; if there are more, that is said on stderr."""
    if limit == 0:
        return list(items)
    found = list(islice(items, limit + 1))
    if len(found) > limit:
        typer.echo(f"There are more than {limit}: --limit 0 lists all.", err=True)
    return found[:limit]


def job_row(job: Job) -> str:
    """A job in a line."""
    created = f"{job.created_at:%Y-%m-%d %H:%M}"
    return f"{job.id:<32} {job.status:<9} {yes_no(job.met):<3} {created} {job.name or ''}".rstrip()


def batch_row(batch: Batch) -> str:
    """A batch in a line."""
    counts = batch.counts
    ended = f"{counts.total - counts.queued - counts.running}/{counts.total}"
    created = f"{batch.created_at:%Y-%m-%d %H:%M}"
    return (
        f"{batch.id:<34} {batch.status:<9} {ended:>11} {counts.refused:>7} {created} "
        f"{batch.name or ''}".rstrip()
    )


def model_row(model: Model) -> str:
    """A model in a line."""
    return (
        f"{model.id:<32} {yes_no(model.met):<3} {model.architecture.parameters:>10} "
        f"{model.segments:>8} {model.created_at:%Y-%m-%d %H:%M} {model.name or ''}".rstrip()
    )


def result_row(result: BatchResult) -> str:
    """What became of one question of a batch, in a line."""
    called = result.custom_id or str(result.index)
    parameters = segments = "-"
    if result.model is not None:
        parameters, segments = str(result.model.architecture.parameters), str(result.model.segments)
    error = "-" if result.error is None else f"{result.error:.6g}"
    return (
        f"{called:<20} {result.status:<9} {yes_no(result.met):<3} {parameters:>10} {segments:>8} "
        f"{error:<10} {result.model_id or '-'}"
    )


def cancelled(found: Job | Batch) -> str:
    """That it is cancelled."""
    return f"{found.id} is cancelled."


def event_row(event: JobEvent) -> str:
    """How far a job was at one moment, in a line."""
    error = "" if event.progress.error is None else f"{event.progress.error:.3g}"
    row = f"{event.status:<9} {event.phase or '':<12} {event.progress.fraction:4.0%} {error}"
    return row.rstrip()


def job_details(job: Job) -> str:
    """A job in some lines."""
    return details(
        {
            "id": job.id,
            "status": job.status,
            "phase": job.phase,
            "done": f"{job.progress.fraction:.0%}",
            "error": _short(job.progress.error),
            "target met": None if job.met is None else yes_no(job.met),
            "model": job.model_id,
            "problem": None if job.problem is None else reason(job.problem),
            "name": job.name,
            "metadata": _pairs(job.metadata),
            "batch": job.batch_id,
            "samples": str(job.samples.count),
            "created": f"{job.created_at:%Y-%m-%d %H:%M:%S %Z}",
        }
    )


def batch_details(batch: Batch) -> str:
    """A batch in some lines."""
    return details(
        {
            "id": batch.id,
            "status": batch.status,
            **{name: str(count) for name, count in batch.counts.model_dump().items()},
            "name": batch.name,
            "metadata": _pairs(batch.metadata),
            "created": f"{batch.created_at:%Y-%m-%d %H:%M:%S %Z}",
        }
    )


def summary_of(model: Model) -> str:
    """A model of the service in some lines, as ``fit`` shows its own.

    Raises:
        UnexpectedAnswer: it says what this version does not know.
    """
    try:
        return summary(stored.Model.model_validate_json(model.model_dump_json()))
    except ValidationError as error:
        raise UnexpectedAnswer(
            "the service is of another version, and the model too; --json shows it"
        ) from error


def details(facts: Mapping[str, str | None]) -> str:
    """Facts, a line each; those that are None are left out."""
    return "\n".join(
        f"{label:<{LABEL_WIDTH}} {value}" for label, value in facts.items() if value is not None
    )


def reason(problem: Problem) -> str:
    """What went wrong, with the fields by the names they have on the command line."""
    if not problem.errors:
        return problem.detail
    return "; ".join(f"{named(error.field.split('.'))}: {error.detail}" for error in problem.errors)


def yes_no(value: bool | None) -> str:
    """A fact that may be unknown."""
    return "-" if value is None else "yes" if value else "no"


def _short(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"


def _pairs(labels: Mapping[str, str]) -> str | None:
    return ", ".join(f"{key}:{value}" for key, value in labels.items()) or None
