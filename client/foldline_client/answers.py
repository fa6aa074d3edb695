"""Reading answers: as the document they should be, or as the error they are."""

from typing import TypeVar

from pydantic import ValidationError

from foldline_client.documents.base import Document
from foldline_client.documents.problems import Problem
from foldline_client.effects import Answer
from foldline_client.errors import FoldlineError, UnexpectedAnswer, of_status

D = TypeVar("D", bound=Document)

PROBLEM = "application/problem+json"


def parsed(kind: type[D], content: bytes) -> D:
    """A document of this kind.

    Raises:
        UnexpectedAnswer: it is none.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the answer"
        raise UnexpectedAnswer(
            f"the answer is no {kind.__name__} as this client knows it: {place}: {first['msg']}"
        ) from error


def error_of(answer: Answer, *, repeated: bool) -> FoldlineError | None:
    """The error that an answer is; None if it is none.

    Args:
        answer: the answer.
        repeated: whether an earlier try may have been carried out.
    """
    if 200 <= answer.status < 300:
        return None
    if answer.status < 400:
        where = answer.headers.get("location", "nowhere")
        return UnexpectedAnswer(
            f"status {answer.status} leads to {where}: give the address that answers itself"
        )
    return of_status(answer.status)(
        answer.status,
        _problem_of(answer),
        request_id=answer.headers.get("x-request-id"),
        repeated=repeated,
    )


def _problem_of(answer: Answer) -> Problem | None:
    if not answer.headers.get("content-type", "").startswith(PROBLEM):
        return None
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return None
