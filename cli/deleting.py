"""To delete for good: asked first, and said."""

import json
import sys
from typing import Annotated

import typer

from cli.complaints import wrong
from schemas.controls import escaped

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def confirm_deletion(subject: str, name: str | None, *, yes: bool) -> None:
    """Ask whether something is to be deleted, unless that was said.

    Args:
        subject: its id.
        name: what people call it.
        yes: whether it was said.

    Raises:
        InvalidInput: it was not, and nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise wrong("yes", "is needed where nobody can be asked")
    called = f" ({escaped(name)})" if name else ""
    typer.confirm(f"Delete {subject}{called} for good?", abort=True, err=True)


def tell_deleted(subject: str, *, as_json: bool) -> None:
    """That it is deleted."""
    document = {"id": subject, "deleted": True}
    typer.echo(json.dumps(document) if as_json else f"{subject} is deleted.")
