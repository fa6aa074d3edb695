"""Waiting for a job or a batch, with a bar."""

import typer

from cli.asking import going_on, service
from cli.bars import bar, error_so_far
from cli.exits import NO_MODEL, TARGET_NOT_MET
from foldline_client.documents.batches import Batch
from foldline_client.documents.jobs import Job


def ended_job(url: str, job: Job, *, timeout: float | None) -> Job:
    """A job when it has ended, in whichever way."""
    with (
        service(url, patient=True) as client,
        going_on(job.id, f"foldline jobs wait {job.id}") as check_interrupt,
        bar() as shown,
    ):

        def show(now: Job) -> None:
            check_interrupt()
            words = f"{now.phase or now.status}{error_so_far(now.progress.error)}"
            shown.show(now.progress.fraction, words)

        return client.jobs.wait(job, timeout=timeout, progress=show)


def ended_batch(url: str, batch: Batch, *, timeout: float | None) -> Batch:
    """A batch when all of its jobs have ended."""
    with (
        service(url, patient=True) as client,
        going_on(batch.id, f"foldline batches wait {batch.id}") as check_interrupt,
        bar() as shown,
    ):

        def show(now: Batch) -> None:
            check_interrupt()
            shown.show(*so_far(now))

        return client.batches.wait(batch, timeout=timeout, progress=show)


def so_far(batch: Batch) -> tuple[float, str]:
    """The share of a batch that has ended, and that in words."""
    counts = batch.counts
    ended = counts.total - counts.queued - counts.running
    return ended / max(1, counts.total), f"{ended} of {counts.total}"


def exit_as(job: Job) -> None:
    """Exit as a job that has ended has."""
    if job.model_id is None:
        raise typer.Exit(NO_MODEL)
    if not job.met:
        raise typer.Exit(TARGET_NOT_MET)
