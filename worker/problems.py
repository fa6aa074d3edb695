"""What a client is told of a fit that failed."""

from schemas.errors import InvalidInput, StoreFull
from schemas.problems import FieldProblem, Problem, ProblemType


def problem_of(error: Exception) -> Problem:
    """The problem document; never the error's own text, except where it was written for people."""
    if isinstance(error, InvalidInput):
        return Problem.of(
            ProblemType.INVALID_INPUT,
            status=422,
            detail=str(error),
            errors=[
                FieldProblem(field=e.field, pointer=e.pointer, detail=e.detail)
                for e in error.errors
            ],
        )
    if isinstance(error, StoreFull):
        return Problem.of(
            ProblemType.STORE_FULL,
            status=507,
            detail="There was no room to keep the model. Ask again once there is.",
        )
    detail = "The fit failed for a reason of ours; the worker's log has it, under the job's id."
    return Problem.of(ProblemType.INTERNAL, status=500, detail=detail)
