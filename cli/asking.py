"""The service from the command line: where it is, and what it says when something goes wrong."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from cli.complaints import complain, named
from cli.exits import AWAY, BAD_INPUT, DENIED, GOES_ON, INTERRUPTED, NO_MODEL
from foldline_client import Client, errors

# Somebody waits for the first answer. Who waits for a job can as well wait for a service that is
# being started again: a good half minute.
FIRST_RETRIES = 2
WAITING_RETRIES = 8

_STATUS: dict[type[errors.FoldlineError], int] = {
    errors.NotFound: DENIED,
    errors.Unauthenticated: DENIED,
    errors.Forbidden: DENIED,
    errors.Conflict: DENIED,
    errors.InvalidInput: BAD_INPUT,
    errors.BadRequest: BAD_INPUT,
    errors.TooLarge: BAD_INPUT,
    errors.JobFailed: NO_MODEL,
    errors.JobCancelled: NO_MODEL,
    errors.WaitTimeout: GOES_ON,
}


@contextmanager
def service(url: str, *, patient: bool = False) -> Iterator[Client]:
    """The service; what goes wrong with it is said, and ends the command.

    Args:
        url: its address.
        patient: whether to try for long, because something is waited for.
    """
    try:
        client = Client(url, retries=WAITING_RETRIES if patient else FIRST_RETRIES)
    except ValueError as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from error
    try:
        with client:
            yield client
    except errors.FoldlineError as error:
        for line in _said(error, url):
            complain(line)
        raise typer.Exit(_STATUS.get(type(error), AWAY)) from error


@contextmanager
def going_on(what: str, command: str) -> Iterator[Callable[[], None]]:
    """Waiting for something that goes on without us, and saying so if we stop.

    Args:
        what: the id of a job or a batch.
        command: what leads back to it.

    Yields:
        What is to be called now and then: it ends the wait if an interrupt was lost. Python drops
        an exception that is raised while it clears something away.
    """
    hint = f"{what} goes on: {command}"
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.default_int_handler(number, frame)

    def check() -> None:
        if interrupted:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield check
    except KeyboardInterrupt as error:
        typer.echo(hint, err=True)
        raise typer.Exit(INTERRUPTED) from error
    except (errors.ConnectionFailed, errors.ServiceUnavailable):
        typer.echo(hint, err=True)
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def _said(error: errors.FoldlineError, url: str) -> Iterator[str]:
    if isinstance(error, errors.ConnectionFailed):
        yield (
            f"no answer from {url}: {error}. "
            "foldline serve starts a service; --url or FOLDLINE_URL says where it is"
        )
    elif isinstance(error, errors.APIError) and error.errors:
        for field, detail in error.errors.items():
            yield f"{named(field.split('.'))}: {detail}" if field else detail
    elif isinstance(error, errors.Unauthenticated):
        yield f"{error}. It is taken from FOLDLINE_API_KEY"
    elif isinstance(error, errors.ServerError) and error.request_id:
        yield f"{error} (request {error.request_id})"
    else:
        yield str(error)
