"""``foldline export``: a network or its table, taken along."""

import io
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import outputs
from cli.asking import service
from cli.complaints import bad_input_told, wrong
from cli.exits import OF_SERVICE, epilog
from cli.model_files import ExtrapolateOption, ModelArgument, directory_of, subject_in
from cli.options import DEFAULT_URL, AsJson, Url
from exports.forms import CChoice, network_file, table_file
from schemas.exports import Arithmetic, NetworkFormat, TableFormat
from schemas.network import Extrapolation
from service.torch_programs import torch_program

app = typer.Typer(add_completion=False)


class Form(StrEnum):
    """The forms of networks and tables."""

    JSON = "json"
    ONNX = "onnx"
    SAFETENSORS = "safetensors"
    PT2 = "pt2"
    C = "c"
    CSV = "csv"
    NPY = "npy"


class Of(StrEnum):
    """What of a model is exported."""

    NETWORK = "network"
    BREAKPOINTS = "breakpoints"


ID_SHOWN = 12


@app.command(
    epilog=epilog(
        "foldline export MODEL --format c --arithmetic fixed --name thermistor -o src",
        "foldline export out --format onnx -o curve.onnx",
        also=OF_SERVICE,
    )
)
def export(
    model: ModelArgument,
    form: Annotated[Form, typer.Option("--format", "-f", help="The form.")],
    of: Annotated[
        Of | None, typer.Option(help="Of what; by default what the form is for, or the network.")
    ] = None,
    extrapolate: ExtrapolateOption = None,
    arithmetic: Annotated[
        Arithmetic | None, typer.Option(help="Of C code: that of the network, or integers.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of C code: what to call the function and its files.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file, - for standard output; for C the directory of both."
        ),
    ] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Write a model's network or breakpoint table to a file.

    C code is a header and a source, NAME.h and NAME.c.
    """
    with bad_input_told():
        subject = of or (Of.BREAKPOINTS if form in (Form.CSV, Form.NPY) else Of.NETWORK)
        _check(form, subject, output, as_json=as_json)
        directory = directory_of(model)
        choice = CChoice(arithmetic, name)
        if directory is not None:
            content = _made(directory, form, subject, extrapolate, choice)
        else:
            content = _asked(url, model, form, subject, extrapolate, choice)
        if str(output) == outputs.STDOUT:
            typer.echo(content, nl=False)
            return
        if form is Form.C:
            written = _unpacked(content, output or Path())
        else:
            file = output or Path(_default_name(model, directory, form, subject))
            written = [outputs.write(file, content)]
    outputs.tell_written(written, as_json=as_json)


def _check(form: Form, of: Of, output: Path | None, *, as_json: bool) -> None:
    forms = {Of.NETWORK: NetworkFormat, Of.BREAKPOINTS: TableFormat}[of]
    if form not in {known.value for known in forms}:
        known = ", ".join(known.value for known in forms)
        raise wrong("format", f"there is no form {form} of the {of}; there is {known}")
    if str(output) == outputs.STDOUT:
        if form is Form.C:
            raise wrong("output", "is a directory for C code, which is two files")
        if as_json:
            raise wrong("json", "has no room on standard output, where the file goes")


def _asked(
    url: str,
    model: str,
    form: Form,
    of: Of,
    extrapolate: Extrapolation | None,
    choice: CChoice,
) -> bytes:
    with service(url) as client:
        return client.models.export(
            model,
            form,
            of=of.value,
            extrapolate=extrapolate,
            arithmetic=choice.arithmetic,
            name=choice.name,
        )


def _made(
    directory: Path, form: Form, of: Of, extrapolate: Extrapolation | None, choice: CChoice
) -> bytes:
    """The same here, from the files of a model."""
    if of is Of.BREAKPOINTS:
        subject = subject_in(directory, extrapolate or Extrapolation.LINEAR)
        return table_file(subject, TableFormat(form), choice)
    subject = subject_in(directory, extrapolate or Extrapolation.NETWORK)
    return network_file(subject, NetworkFormat(form), choice, program=torch_program)


def _unpacked(archive: bytes, directory: Path) -> list[Path]:
    outputs.prepare(directory)
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        # The archive may be another's: only the last part of a name counts.
        return [
            outputs.write(directory / Path(name).name, files.read(name))
            for name in files.namelist()
        ]


def _default_name(model: str, directory: Path | None, form: Form, of: Of) -> str:
    called = model[:ID_SHOWN] if directory is None else directory.resolve().name
    return f"{called}-{of}.{form}"
