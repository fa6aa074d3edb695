"""``foldline fit``: the engine on one file, without a server."""

import sys
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from cli.summary import summary
from exports.plot import draw
from schemas.csv_text import read_csv
from schemas.errors import FieldError, InvalidInput
from schemas.jobs import Phase, Progress
from schemas.models import Model
from schemas.options import ArchitectureChoice, DtypeChoice, Effort, FitOptions, Minimise
from schemas.samples import Samples
from schemas.target import BetweenSamples, Metric, RelativeTo, TargetIn
from worker.artifacts import describe, render
from worker.numerics.fit import Fit
from worker.numerics.fit import fit as run_engine

PLOT = "plot.svg"
BAD_INPUT = 2
TARGET_NOT_MET = 3
STDIN = "-"

D = TypeVar("D", TargetIn, FitOptions)

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Exit status: 0 target met, 3 not met (the best network found is written), 2 bad input. "
    "Example: foldline fit curve.csv --tolerance 1e-3 --relative-to range -o out/"
)
def fit(
    curve: Annotated[
        str,
        typer.Argument(
            help="CSV with columns x and y, and weight or tolerance; - for standard input."
        ),
    ],
    metric: Annotated[Metric, typer.Option(help="How the error is measured.")] = Metric.MAX_ABS,
    tolerance: Annotated[float | None, typer.Option(help="Largest allowed error.")] = None,
    relative_to: Annotated[
        RelativeTo, typer.Option(help="The unit of the tolerance: that of y, or its range.")
    ] = RelativeTo.ABSOLUTE,
    floor: Annotated[
        float | None, typer.Option(help="For max_rel: |y| below it counts as this.")
    ] = None,
    between_samples: Annotated[
        BetweenSamples, typer.Option(help="What is promised between the samples.")
    ] = BetweenSamples.SMOOTH,
    minimise: Annotated[
        Minimise, typer.Option(help="What the smallest network has fewest of.")
    ] = Minimise.PARAMETERS,
    max_parameters: Annotated[
        int | None, typer.Option(help="Budget of weights and biases.")
    ] = None,
    max_segments: Annotated[int | None, typer.Option(help="Budget of segments.")] = None,
    architecture: Annotated[
        ArchitectureChoice, typer.Option(help="Which networks may be the answer.")
    ] = ArchitectureChoice.AUTO,
    dtype: Annotated[
        DtypeChoice, typer.Option(help="Auto: float32 where it holds the target, else float64.")
    ] = DtypeChoice.AUTO,
    effort: Annotated[Effort, typer.Option(help="How hard to look.")] = Effort.STANDARD,
    seed: Annotated[int, typer.Option(help="Of the random starts.")] = 0,
    time_limit: Annotated[float | None, typer.Option(help="Seconds to spend at most.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the manifest as JSON instead of a table.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Directory for manifest, network, table and plot."),
    ] = None,
) -> None:
    """Fit one curve here and now: the smallest certified network for a CSV file."""
    try:
        asked = _document(
            TargetIn,
            metric=metric,
            tolerance=tolerance,
            relative_to=relative_to,
            floor=floor,
            between_samples=between_samples,
        )
        options = _document(
            FitOptions,
            architecture=architecture,
            minimise=minimise,
            max_parameters=max_parameters,
            max_segments=max_segments,
            effort=effort,
            dtype=dtype,
            seed=seed,
            time_limit=time_limit,
        )
        samples = _read(curve)
        target = asked.stored_for(samples)
        if output is not None:
            _prepare(output)
        answer = run_engine(samples, target, options, on_progress=_show_progress)
    except InvalidInput as error:
        for problem in error.errors:
            typer.echo(f"Error: {_option_of(problem)}: {problem.detail}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    finally:
        _clear_progress()
    model = describe(answer, samples, target, options)
    typer.echo(model.model_dump_json(indent=2) if as_json else summary(model))
    if output is not None:
        for path in _write(output, samples, model, answer):
            # Standard output is for the manifest alone when it is asked for.
            typer.echo(str(path), err=as_json)
    if not model.met:
        raise typer.Exit(TARGET_NOT_MET)


def _document(kind: type[D], **values: object) -> D:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InvalidInput(
            *(FieldError(path=item["loc"], detail=item["msg"]) for item in error.errors())
        ) from error


def _option_of(problem: FieldError) -> str:
    """The field by the name it has on the command line."""
    name = str(problem.path[-1]) if problem.path else ""
    if problem.path[:1] in (("samples",), ("line",)):
        return " ".join(str(part) for part in problem.path)
    return "--" + name.replace("_", "-")


def _read(curve: str) -> Samples:
    try:
        text = sys.stdin.read() if curve == STDIN else Path(curve).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        raise InvalidInput(
            FieldError(path=("samples", curve), detail=f"cannot be read: {reason}")
        ) from error
    return read_csv(text)


def _prepare(output: Path) -> None:
    """Make the directory before the work, not after it."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            FieldError(path=("output",), detail=f"cannot be made: {error.strerror}")
        ) from error


def _write(output: Path, samples: Samples, model: Model, answer: Fit) -> list[Path]:
    plot = draw(samples, answer.table, tolerance=model.target.limits(samples))
    files = {**render(model, answer, samples), PLOT: plot.encode()}
    for name, data in files.items():
        (output / name).write_bytes(data)
    return [output / name for name in files]


def _show_progress(phase: Phase, progress: Progress) -> None:
    if sys.stderr.isatty():
        so_far = "" if progress.error is None else f"error so far {progress.error:.3g}"
        sys.stderr.write(f"\r{phase:<12} {progress.fraction:4.0%}  {so_far:<30}")
        sys.stderr.flush()


def _clear_progress() -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{'':<60}\r")


command = typer.main.get_command(app)
