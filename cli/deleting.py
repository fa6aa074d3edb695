"""To delete for good, after a question."""

import json
import sys
from collections.abc import Callable
from typing import Annotated, Protocol

import typer

from cli.asking import service
from cli.complaints import bad_input_told, wrong
from foldline_client import Client
from schemas.controls import escape_controls

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Named(Protocol):
    """A job, a batch or a model."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str | None:
        """What people call it."""


class Collection(Protocol):
    """The jobs, batches or models of a service."""

    def get(self, subject: str, /) -> Named:
        """Look at one."""

    def delete(self, subject: str, /) -> None:
        """Delete one."""


def delete_for_good(
    subject: str, choose: Callable[[Client], Collection], *, yes: bool, as_json: bool, url: str
) -> None:
    """Delete one of a collection, after a question unless ``yes``, and say so.

    Args:
        subject: its id.
        choose: the collection of a client.
        yes: whether nobody is to be asked.
        as_json: whether it is said as JSON.
        url: the address of the service.
    """
    with service(url) as client, bad_input_told():
        collection = choose(client)
        found = collection.get(subject)
        if not yes:
            _confirm(found)
        collection.delete(found.id)
    document = {"id": found.id, "deleted": True}
    typer.echo(json.dumps(document) if as_json else f"{found.id} is deleted.")


def _confirm(found: Named) -> None:
    if not sys.stdin.isatty():
        raise wrong("yes", "is needed where nobody can be asked")
    called = f" ({escape_controls(found.name)})" if found.name else ""
    typer.confirm(f"Delete {found.id}{called} for good?", abort=True, err=True)
