"""What somebody who waits sees."""

import io

import pytest

from foldline_client.documents.batches import Batch
from foldline_client.documents.jobs import Job
from foldline_client.progress import Bar, reporting
from tests.client.answers import batch, job


class Terminal(io.StringIO):
    def isatty(self):
        return True


def at(fraction, **more):
    progress = {"fraction": fraction, "iteration": 3, "error": 0.012345}
    return Job.model_validate(job("running", progress=progress, **more))


def test_a_bar_is_one_line_that_is_written_anew():
    terminal = Terminal()
    bar = Bar(terminal)
    bar.show(at(0.25, phase="certificate"))
    bar.show(at(0.25, phase="certificate"))
    bar.show(at(0.5, phase="phase2"))
    bar.close()
    nothing, first, second = terminal.getvalue().split("\r")
    assert nothing == ""
    assert first == "██████░░░░░░░░░░░░░░░░░░  25%  certificate, error 0.0123"
    assert second == "████████████░░░░░░░░░░░░  50%  phase2, error 0.0123     \n"


def test_a_batch_is_counted():
    terminal = Terminal()
    counts = {"total": 4, "refused": 1, "queued": 1, "running": 1, "succeeded": 1}
    Bar(terminal).show(Batch.model_validate(batch(4, counts=counts)))
    assert terminal.getvalue() == "\r████████████░░░░░░░░░░░░  50%  2 of 4"


@pytest.mark.parametrize(
    ("stderr", "progress", "shown"),
    [
        (Terminal(), None, True),
        (Terminal(), False, False),
        (io.StringIO(), None, False),
        (io.StringIO(), True, True),
    ],
)
def test_there_is_a_bar_where_somebody_looks_or_wants_it(monkeypatch, stderr, progress, shown):
    monkeypatch.setattr("sys.stderr", stderr)
    with reporting(progress) as report:
        report(at(0.5))
    assert bool(stderr.getvalue()) == shown
    assert stderr.getvalue().endswith("\n") == shown


def test_a_program_without_a_console_waits_in_silence(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with reporting(None) as report:
        report(at(0.5))
