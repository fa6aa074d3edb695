"""``foldline evaluate``: a network at points."""

from typing import Annotated

import numpy as np
import typer

from cli.asking import service
from cli.complaints import bad_input_told, wrong
from cli.exits import OF_SERVICE, epilog
from cli.inputs import STDIN, content_of, given_points, read_points
from cli.model_files import ExtrapolateOption, ModelArgument, directory_of, subject_in
from cli.options import DEFAULT_URL, AsJson, Url
from schemas.evaluation import Evaluation
from schemas.network import Extrapolation, Network, check_outside
from schemas.network import evaluate as value_at
from schemas.samples import FloatArray

app = typer.Typer(add_completion=False)


@app.command(
    epilog=epilog(
        "foldline evaluate MODEL 0.25 0.5 -1",
        "foldline evaluate out - --extrapolate clamp < points.csv",
        also=OF_SERVICE,
    ),
    # Negative numbers look like options.
    context_settings={"ignore_unknown_options": True},
)
def evaluate(
    model: ModelArgument,
    x: Annotated[
        list[str],
        typer.Argument(
            metavar="X...",
            help="Numbers; or - for standard input: a number a line, CSV (its column x, else the "
            "first), or NPY.",
        ),
    ],
    extrapolate: ExtrapolateOption = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Evaluate a network, in its own number format; prints x and y as CSV."""
    with bad_input_told():
        directory = directory_of(model)
        points = read_points(content_of(STDIN)) if x == [STDIN] else given_points(x)
        beyond = extrapolate or Extrapolation.NETWORK
        if directory is not None:
            network = subject_in(directory, beyond).network
            check_outside(network)
        else:
            network = _asked(url, model, beyond)
        evaluation = _evaluation(network, points)
    if as_json:
        typer.echo(evaluation.model_dump_json())
        return
    rows = zip(evaluation.x, evaluation.y, strict=True)
    typer.echo("\n".join(["x,y", *(f"{at!r},{value!r}" for at, value in rows)]))


def _asked(url: str, model: str, extrapolate: Extrapolation) -> Network:
    with service(url) as client:
        content = client.models.export(model, "json", of="network", extrapolate=extrapolate)
    return Network.model_validate_json(content)


def _evaluation(network: Network, x: FloatArray) -> Evaluation:
    # An x beyond the range of float32 overflows; it is found below and named.
    with np.errstate(over="ignore", invalid="ignore"):
        y = value_at(network, x)
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        detail = f"{x[bad[0]]} is where the network leaves the range of {network.dtype.value}"
        raise wrong("X", detail)
    return Evaluation(x=x.tolist(), y=y.tolist(), dtype=network.dtype)
