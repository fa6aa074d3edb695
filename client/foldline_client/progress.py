"""Saying how far it is, while somebody waits."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, TypeVar

from foldline_client.documents.batches import Batch
from foldline_client.documents.jobs import Job

P = TypeVar("P", Job, Batch)
# None: a bar where people look at a terminal. A function is called with what is waited for.
ProgressLike = bool | Callable[[P], None] | None

WIDTH = 24


@contextmanager
def reporting(progress: ProgressLike[P]) -> Iterator[Callable[[P], None]]:
    """What is to be told how far it is."""
    if callable(progress):
        yield progress
    # Programs without a console have no stderr.
    elif progress or (progress is None and sys.stderr is not None and sys.stderr.isatty()):
        bar = Bar(sys.stderr)
        try:
            yield bar.show
        finally:
            bar.close()
    else:
        yield lambda _: None


class Bar:
    """One line of a terminal, written again and again."""

    def __init__(self, terminal: TextIO) -> None:
        """Begin with nothing."""
        self._terminal = terminal
        self._shown = ""

    def show(self, subject: Job | Batch) -> None:
        """Show how far it is."""
        fraction, words = _of_job(subject) if isinstance(subject, Job) else _of_batch(subject)
        filled = round(WIDTH * fraction)
        line = f"{'█' * filled}{'░' * (WIDTH - filled)} {fraction:4.0%}  {words}"
        if line != self._shown:
            self._terminal.write("\r" + line.ljust(len(self._shown)))
            self._terminal.flush()
            self._shown = line

    def close(self) -> None:
        """Go on to the next line."""
        if self._shown:
            self._terminal.write("\n")


def _of_job(job: Job) -> tuple[float, str]:
    error = "" if job.progress.error is None else f", error {job.progress.error:.3g}"
    return job.progress.fraction, f"{job.phase or job.status}{error}"


def _of_batch(batch: Batch) -> tuple[float, str]:
    counts = batch.counts
    ended = counts.total - counts.queued - counts.running
    return ended / max(1, counts.total), f"{ended} of {counts.total}"
