"""Models in directories, as ``foldline fit -o`` writes them."""

import os
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from cli.complaints import wrong
from exports.subject import Subject
from schemas.errors import InvalidInput
from schemas.models import Model
from schemas.network import Extrapolation, Network
from schemas.samples import Samples
from schemas.table import BreakpointTable
from storage.keys import MANIFEST, NETWORK, SAMPLES, TABLE_JSON

D = TypeVar("D", bound=BaseModel)

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="The id of a model of the service, or a directory that foldline fit -o wrote.",
    ),
]
ExtrapolateOption = Annotated[
    Extrapolation | None,
    typer.Option(
        help="What there is outside the interval of the samples: what the network gives, the "
        "outer segments go on, or the values at the ends stay."
    ),
]


def directory_of(model: str) -> Path | None:
    """The directory of a model; None if it is an id.

    Raises:
        InvalidInput: it looks like a directory, but there is no model in it.
    """
    path = Path(model)
    if path.is_dir():
        if not (path / MANIFEST).exists():
            raise _wrong(f"{model} holds no model: there is no {MANIFEST} in it")
        return path
    if os.sep in model or model.startswith("."):
        raise _wrong(f"{model} is no directory, and no id")
    return None


def subject_in(directory: Path, extrapolate: Extrapolation) -> Subject:
    """The model in a directory, to be exported.

    Raises:
        InvalidInput: files of it are missing or damaged.
    """
    return Subject.of(
        _document(directory / MANIFEST, Model),
        _document(directory / NETWORK, Network),
        _document(directory / TABLE_JSON, BreakpointTable),
        _samples(directory / SAMPLES),
        extrapolate=extrapolate,
    )


def _document(path: Path, kind: type[D]) -> D:
    try:
        return kind.model_validate_json(_content(path))
    except ValidationError as error:
        raise _wrong(f"{path} is no {kind.__name__} as this version writes it") from error


def _samples(path: Path) -> Samples:
    content = _content(path)
    try:
        return Samples.from_npy(content)
    except (ValueError, EOFError, TypeError) as error:
        raise _wrong(f"{path} holds no samples as this version writes them") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _wrong(f"{path} cannot be read: {error.strerror}") from error


def _wrong(detail: str) -> InvalidInput:
    return wrong("MODEL", detail)
