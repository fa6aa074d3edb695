"""What a client is told of a fit that failed."""

from schemas.errors import InvalidInput, NotFound, StoreFull
from schemas.problems import FieldProblem, Problem, ProblemType


def problem_of(error: Exception) -> Problem:
    """The problem document; never the error's own text, except where it was written for people."""
    if isinstance(error, InvalidInput):
        return Problem(
            type=ProblemType.INVALID_INPUT,
            title="The input is not valid",
            status=422,
            detail=str(error),
            errors=[
                FieldProblem(field=e.field, pointer=e.pointer, detail=e.detail)
                for e in error.errors
            ],
        )
    if isinstance(error, StoreFull):
        return Problem(
            type=ProblemType.STORE_FULL,
            title="The store is full",
            status=507,
            detail="There was no room to keep the model. Ask again once there is.",
        )
    if isinstance(error, NotFound):
        detail = (
            f"The {error.kind} of this job is gone from the store. Service and workers need the "
            "same one."
        )
    else:
        detail = "The fit failed for a reason of ours; the worker's log has it, under the job's id."
    return Problem(
        type=ProblemType.INTERNAL, title="Something went wrong here", status=500, detail=detail
    )
