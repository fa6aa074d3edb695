"""What is wrong with what a command was given: a line each, by its names on a command line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from cli.exits import AWAY, BAD_INPUT
from schemas.controls import escape_controls
from schemas.errors import FieldError, InvalidInput

# These have no option: they are in a file.
_IN_FILES = ("samples", "line", "row", "column")


def complain(text: str) -> None:
    """Say what is wrong, in a line on stderr."""
    typer.echo(f"Error: {escape_controls(text)}", err=True)


def wrong(option: str, detail: str) -> InvalidInput:
    """What is wrong with an option, by its name in Python; or with an argument, in capitals."""
    return InvalidInput(FieldError(path=(option,), detail=detail))


@contextmanager
def bad_input_told() -> Iterator[None]:
    """Say what is wrong with the input, and exit."""
    try:
        yield
    except InvalidInput as error:
        for problem in error.errors:
            complain(f"{named(problem.path)}: {problem.detail}")
        raise typer.Exit(BAD_INPUT) from error


@contextmanager
def misuse_told() -> Iterator[None]:
    """Say in a line what a command line lacks or has too much of, and exit."""
    try:
        yield
    except typer.TyperException as error:
        # It has no words where help was shown instead.
        if said := " ".join(error.format_message().split()):
            complain(f"{said.rstrip('.')}{_help_of(error)}")
        raise SystemExit(error.exit_code) from error
    except typer.Abort as error:
        complain("not confirmed")
        raise SystemExit(AWAY) from error


def _help_of(error: typer.TyperException) -> str:
    """Where to read on, if it is known which command was meant."""
    context = getattr(error, "ctx", None)
    return "" if context is None else f"; see {context.command_path} --help"


def named(path: Sequence[str | int]) -> str:
    """A field by the name it has on the command line: ``target.floor`` is ``--floor``."""
    words = [str(part) for part in path]
    if words[:1] in (["target"], ["options"]):
        words = words[1:]
    if not words or words[0] in _IN_FILES or words[0].isupper():
        return " ".join(words)
    if words[0] == "webhook":
        words = ["_".join(words[:2]), *words[2:]]
    return " ".join(["--" + words[0].replace("_", "-"), *words[1:]])
