"""Bars on a terminal that say how far it is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bar:
    """One line of a terminal, while something goes on; nothing where there is no terminal."""

    def __init__(self, progress: Progress | None) -> None:
        """Begin at nothing."""
        self._progress = progress
        self._task = None if progress is None else progress.add_task("", total=1.0)

    def show(self, fraction: float, words: str) -> None:
        """Show the fraction done, and in words what is being done."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=fraction, description=words)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make room for lines that are to stand above the bar."""
        if self._progress is None:
            yield
            return
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar on stderr if that is a terminal, gone at the end."""
    # Programs without a console have no stderr.
    if sys.stderr is None or not sys.stderr.isatty():
        yield Bar(None)
        return
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("gone, about"),
        TimeRemainingColumn(),
        TextColumn("left"),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        # Lines that it let through would be broken at the width of the terminal.
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        yield Bar(progress)


def error_so_far(error: float | None) -> str:
    """The best error so far, in words."""
    return "" if error is None else f", error so far {error:.3g}"
