"""Bars on a terminal that say how far it is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

# Told the fraction done, and in words what is being done.
Show = Callable[[float, str], None]


@contextmanager
def bar() -> Iterator[Show]:
    """A bar on stderr, gone at the end; nothing where that is no terminal."""
    # Programs without a console have no stderr.
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda *_: None
        return
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        # Lines on the same terminal go above the bar; those for a file or a pipe go there.
        redirect_stdout=sys.stdout.isatty(),
    ) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda fraction, words: progress.update(task, completed=fraction, description=words)


def error_so_far(error: float | None) -> str:
    """The best error so far, in words."""
    return "" if error is None else f", error so far {error:.3g}"
