"""The results of a batch as they come: a line each, and the status that they lead to."""

from collections.abc import Iterable

import typer

from cli.bars import Bar
from cli.complaints import complain
from cli.exits import DONE, NO_MODEL, TARGET_NOT_MET
from cli.rows import RESULT_HEADER, reason, result_row
from foldline_client.documents.batches import BatchResult, Refusal, ResultStatus
from foldline_client.documents.problems import Problem
from schemas.controls import escape_controls

# What each result brings along.
INCLUDED = ("model",)


def tell_results(
    results: Iterable[BatchResult],
    *,
    by_line: bool,
    as_json: bool,
    shown: Bar,
    total: int,
) -> int:
    """Print results as they come, and on stderr what was wrong with those that have no model.

    Args:
        results: of a batch.
        by_line: whether questions are known by their lines, where they have some.
        as_json: whether to print NDJSON.
        shown: shows how many there were.
        total: how many there will be.

    Returns:
        The status to exit with.
    """
    if not as_json:
        with shown.aside():
            typer.echo(RESULT_HEADER)
    worst = DONE
    for count, result in enumerate(results, start=1):
        with shown.aside():
            typer.echo(_line(result) if as_json else escape_controls(result_row(result)))
            if result.problem is not None:
                line = result.line if by_line else None
                tell_problem(result.problem, result, result.status, line=line)
        worst = max(worst, _status(result))
        shown.show(count / total, f"{count} of {total}")
    return worst


def tell_problem(
    problem: Problem, question: BatchResult | Refusal, status: str, *, line: int | None
) -> None:
    """Say on stderr what is wrong with a question, by its line or else its name or index."""
    called = question.custom_id
    where, said = called or f"question {question.index}", reason(problem)
    if line is not None:
        where = f"line {line}" if called is None else f"line {line} ({called})"
        said = said.removeprefix(f"line {line}: ")
    complain(f"{where} {status}: {said}")


def _line(result: BatchResult) -> str:
    return escape_controls(result.model_dump_json(exclude={"network", "breakpoints"}))


def _status(result: BatchResult) -> int:
    if result.status != ResultStatus.SUCCEEDED:
        return NO_MODEL
    return DONE if result.met else TARGET_NOT_MET
