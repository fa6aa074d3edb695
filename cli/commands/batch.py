"""``foldline batch``: many questions in one file."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer

from cli.asking import going_on, service
from cli.bars import bar
from cli.complaints import bad_input_told, complain
from cli.exits import OF_WAITING, epilog
from cli.inputs import STDIN, unreadable
from cli.options import DEFAULT_URL, AsJson, Url
from cli.question_options import LabelOptions, QuestionOptions, WebhookOptions
from cli.results import INCLUDED, tell_problem, tell_results
from cli.spread import spread
from foldline_client.documents.batches import Batch

# So much is looked at to tell the form.
HEAD_BYTES = 4096
MARK = "\ufeff".encode()
# More than this is on disk, not in memory.
MEMORY_BYTES = 8 * 1024 * 1024

app = typer.Typer(add_completion=False)


class Form(StrEnum):
    """What a batch may be."""

    CSV = "csv"
    NDJSON = "ndjson"


@app.command(
    epilog=epilog(
        "foldline batch table.csv --tolerance 1e-3 --relative-to range",
        "foldline batch - --json < questions.ndjson",
        also=OF_WAITING,
    )
)
@spread
def batch(
    file: Annotated[
        str,
        typer.Argument(
            help="CSV with a column x and one for each curve, or NDJSON with a question a line, as "
            "the API documents it. - is standard input."
        ),
    ],
    asked: QuestionOptions,
    labels: LabelOptions,
    webhook: WebhookOptions,
    form: Annotated[
        Form | None, typer.Option("--format", help="What the file is; by default what it looks.")
    ] = None,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Refuse all if one cannot be fitted.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Show results as they end, or only the batch.")
    ] = True,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Ask the service to fit many curves; prints a line for each as it ends.

    Target and options are for all curves of a table; questions of NDJSON say them themselves.
    """
    with bad_input_told(), _opened(file) as content:
        about = {**dict(labels.checked()), "webhook": webhook.document()}
        form = form or _form_of(content)
        if form is Form.NDJSON:
            asked.refuse_beside_questions()
        with service(url) as client:
            sent = client.batches.send(
                content,
                form,
                all_or_nothing=all_or_nothing,
                **about,
                **asked.said(),
            )
    if wait:
        _follow(url, sent, by_line=form is Form.NDJSON, as_json=as_json)
    else:
        _tell_refusals(sent)
        typer.echo(sent.model_dump_json(indent=2) if as_json else sent.id)


def _follow(url: str, sent: Batch, *, by_line: bool, as_json: bool) -> None:
    command = f"foldline batches results {sent.id} --follow"
    total = sent.counts.total
    with service(url, patient=True) as client, going_on(sent.id, command), bar() as shown:
        shown.show(0.0, f"0 of {total}")
        status = tell_results(
            client.batches.results(sent, include=INCLUDED),
            by_line=by_line,
            as_json=as_json,
            shown=shown,
            total=total,
        )
    raise typer.Exit(status)


def _tell_refusals(sent: Batch) -> None:
    for found in sent.refusals:
        tell_problem(found.problem, found, "refused", line=found.line)
    unsaid = sent.counts.refused - len(sent.refusals)
    if unsaid > 0:
        complain(f"{unsaid} more were refused: foldline batches results {sent.id} has all")


@contextmanager
def _opened(source: str) -> Iterator[IO[bytes]]:
    """A file that can be read from anywhere: a pipe is put into one."""
    with ExitStack() as stack:
        try:
            content: IO[bytes] = sys.stdin.buffer
            if source != STDIN:
                content = stack.enter_context(Path(source).open("rb"))
            if source == STDIN or not content.seekable():
                spool = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES))
                shutil.copyfileobj(content, spool)
                content = spool
        except OSError as error:
            raise unreadable(source, error) from error
        yield content


def _form_of(content: IO[bytes]) -> Form:
    """NDJSON if any line looks like a question: the first may be one that is wrong."""
    content.seek(0)
    head = content.read(HEAD_BYTES).removeprefix(MARK)
    is_json = any(line.lstrip().startswith(b"{") for line in head.splitlines())
    return Form.NDJSON if is_json else Form.CSV
