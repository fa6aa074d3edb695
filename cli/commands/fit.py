"""``foldline fit``: the engine on one file, without a server."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from cli import outputs
from cli.bars import bar, error_so_far
from cli.complaints import bad_input_told
from cli.exits import TARGET_NOT_MET, epilog
from cli.inputs import read_curve
from cli.options import AsJson
from cli.question_options import Curve, LabelOptions, QuestionOptions
from cli.spread import spread
from cli.summary import summary
from schemas.exports import Theme
from schemas.models import Model
from schemas.samples import Samples
from worker.artifacts import describe, render
from worker.numerics.fit import Fit
from worker.numerics.fit import fit as run_engine

PLOT = "plot.svg"

app = typer.Typer(add_completion=False)


@app.command(
    epilog=epilog(
        "foldline fit curve.csv --tolerance 1e-3 --relative-to range -o out",
        "foldline fit - --tolerance 0.01 --json < curve.npy",
        also=(TARGET_NOT_MET,),
    )
)
@spread
def fit(
    curve: Curve,
    asked: QuestionOptions,
    labels: LabelOptions,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Directory for manifest, network, table and plot."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit one curve here and now, without a service.

    If the target is not met, the best network found is the answer.
    """
    with bad_input_told():
        samples = read_curve(curve)
        target, options = asked.checked(samples)
        called = labels.checked()
        if output is not None:
            # Before the work, not after it.
            outputs.prepare(output)
        with bar() as shown:
            answer = run_engine(
                samples,
                target,
                options,
                on_progress=lambda phase, progress, _: shown.show(
                    progress.fraction, f"{phase}{error_so_far(progress.error)}"
                ),
            )
        model = describe(
            answer, samples, target, options, name=called.name, metadata=called.metadata
        )
        written = [] if output is None else _write(output, samples, model, answer)
    typer.echo(model.model_dump_json(indent=2) if as_json else summary(model))
    for path in written:
        # Standard output is for the manifest alone when it is asked for.
        typer.echo(str(path), err=as_json)
    if not model.met:
        raise typer.Exit(TARGET_NOT_MET)


def _write(output: Path, samples: Samples, model: Model, answer: Fit) -> list[Path]:
    # Not before there is a picture to draw: matplotlib takes longer to load than a small fit takes.
    plot: str = import_module("exports.plot").draw(model, samples, answer.table, Theme.LIGHT)
    files = {**render(model, answer, samples), PLOT: plot.encode()}
    return [outputs.write(output / name, content) for name, content in files.items()]
