"""What goes out: files where they were asked for, and what was written."""

import json
from collections.abc import Iterable
from pathlib import Path

import typer

from cli.complaints import wrong
from cli.inputs import STDIN

STDOUT = STDIN


def prepare(directory: Path) -> None:
    """Make a directory, unless it is there.

    Raises:
        InvalidInput: it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise wrong("output", f"{directory} cannot be made: {error.strerror}") from error


def write(path: Path, content: bytes) -> Path:
    """Write a file; returns its path.

    Raises:
        InvalidInput: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise wrong("output", f"{path} cannot be written: {error.strerror}") from error
    return path


def tell_written(paths: Iterable[Path], *, as_json: bool) -> None:
    """Say what was written."""
    names = [str(path) for path in paths]
    typer.echo(json.dumps({"files": names}) if as_json else "\n".join(names))
