"""``foldline plot``: a picture of a model."""

from pathlib import Path
from typing import Annotated

import typer

from cli import outputs
from cli.asking import service
from cli.complaints import bad_input_told, wrong
from cli.exits import OF_SERVICE, epilog
from cli.model_files import ModelArgument, directory_of, subject_in
from cli.options import DEFAULT_URL, AsJson, Url
from exports.plot import draw
from schemas.exports import Theme
from schemas.network import Extrapolation

DEFAULT = Path("plot.svg")

app = typer.Typer(add_completion=False)


@app.command(epilog=epilog("foldline plot MODEL -o pump.svg", also=OF_SERVICE))
def plot(
    model: ModelArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The SVG file; - for standard output.")
    ] = DEFAULT,
    theme: Annotated[Theme, typer.Option(help="What it is to be seen on.")] = Theme.LIGHT,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Draw samples, network and breakpoints, and the error below them."""
    with bad_input_told():
        to_stdout = str(output) == outputs.STDOUT
        if to_stdout and as_json:
            raise wrong("json", "has no room on standard output, where the file goes")
        if not to_stdout and output.suffix.lower() != ".svg":
            raise wrong("output", f"{output} must end in .svg: pictures are SVG")
        picture = _drawn(model, theme, url)
        if to_stdout:
            typer.echo(picture, nl=False)
            return
        written = outputs.write(output, picture)
    outputs.tell_written([written], as_json=as_json)


def _drawn(model: str, theme: Theme, url: str) -> bytes:
    directory = directory_of(model)
    if directory is None:
        with service(url) as client:
            return client.models.export(model, "svg", theme=theme.value)
    subject = subject_in(directory, Extrapolation.LINEAR)
    return draw(subject.model, subject.samples, subject.table, theme).encode()
