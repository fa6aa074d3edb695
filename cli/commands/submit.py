"""``foldline submit``: a question to the service."""

from typing import Annotated, Any

import typer

from cli.asking import service
from cli.complaints import bad_input_told, wrong
from cli.exits import GOES_ON, OF_WAITING, epilog
from cli.inputs import read_curve
from cli.options import DEFAULT_URL, AsJson, Timeout, Url
from cli.question_options import Curve, LabelOptions, QuestionOptions, WebhookOptions
from cli.rows import summary_of, tell_one
from cli.spread import spread
from cli.waiting import ended_job, exit_as
from foldline_client import JobCancelled, JobFailed
from foldline_client.documents.jobs import Job, JobStatus
from schemas.options import FitOptions
from schemas.samples import Samples
from schemas.target import Target

app = typer.Typer(add_completion=False)


@app.command(
    epilog=epilog(
        "foldline submit curve.csv --tolerance 1e-3 --relative-to range --name pump --wait",
        "foldline submit - --tolerance 0.01 --metadata line:7 < curve.csv",
        also=(*OF_WAITING, GOES_ON),
    )
)
@spread
def submit(
    curve: Curve,
    asked: QuestionOptions,
    labels: LabelOptions,
    webhook: WebhookOptions,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the model, and show it as fit does.")
    ] = False,
    timeout: Timeout = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Ask the service to fit one curve; prints the id of the job."""
    with bad_input_told():
        samples = read_curve(curve)
        target, options = asked.checked(samples)
        about = {**dict(labels.checked()), "webhook": webhook.document()}
        if timeout is not None and not wait:
            raise wrong("timeout", "is for --wait")
    with service(url) as client:
        job = client.submit(samples.x, samples.y, **_said(samples, target, options), **about)
    if wait:
        _show_model(url, ended_job(url, job, timeout=timeout), as_json=as_json)
    else:
        typer.echo(job.model_dump_json(indent=2) if as_json else job.id)


def _said(samples: Samples, target: Target, options: FitOptions) -> dict[str, Any]:
    """Target and options as the client takes them."""
    return {
        **target.model_dump(mode="json"),
        **({"tolerance": samples.tolerance} if target.is_per_sample else {}),
        "weight": samples.weight,
        **options.model_dump(mode="json"),
    }


def _show_model(url: str, job: Job, *, as_json: bool) -> None:
    with service(url) as client:
        if job.status == JobStatus.CANCELLED:
            raise JobCancelled(job)
        if job.model_id is None:
            raise JobFailed(job)
        model = client.models.get(job.model_id)
        tell_one(model, summary_of, as_json=as_json)
    exit_as(job)
