"""A batch as it is sent: one JSON document, NDJSON with a question a line, or a CSV table.

What is wrong with one question is noted with its place and does not concern the others.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from fastapi import Request
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from schemas.batches import BatchCreate, BatchItem
from schemas.csv_text import bad_line, check_passed_over, lines_of
from schemas.errors import FieldError, InvalidInput
from schemas.jobs import MAX_LABELS, LabelKey, LabelValue, Name
from schemas.strict import Document
from schemas.webhooks import Webhook
from service.bodies import (
    ABOUT,
    CSV,
    JSON,
    TARGET_FIELDS,
    QuestionByQuery,
    check_address,
    check_members,
    media_type_of,
    validated,
)
from service.csv_table import Unreadable, read_table
from service.examples import JOB_EXAMPLES, TABLE_EXAMPLE
from service.json_items import Element, NotJson, Rest, pieces
from service.problems import encodable
from service.settings import ServiceSettings
from service.spooling import spooled, telling_full

NDJSON = "application/x-ndjson"
# All of them are in use for the same thing.
_NDJSON = (NDJSON, "application/jsonl", "application/jsonlines", "application/ndjson")
OFFERED = f"{NDJSON}, {JSON}, {CSV}"
# Of a line that is too long so many are read at once, to find its end.
SKIPPED_BYTES = 64 * 1024
REQUEST_BODY = {
    "required": True,
    "content": {
        JSON: {
            "schema": {"$ref": "#/components/schemas/BatchCreate-Input"},
            "example": {
                "items": [{**JOB_EXAMPLES["tolerance"]["value"], "custom_id": "first"}],
                "name": "nightly",
            },
        },
        NDJSON: {
            "schema": {"type": "string"},
            "example": json.dumps({**JOB_EXAMPLES["budget"]["value"], "custom_id": "a"}) + "\n",
        },
        CSV: {"schema": {"type": "string"}, "example": TABLE_EXAMPLE},
    },
}


class BatchByQuery(QuestionByQuery):
    """What the address of a batch may say."""

    all_or_nothing: bool = Field(
        default=False,
        description="Whether one question that is not valid sinks the whole batch (422).",
    )


# What the address says of the batch, rather than of each of its questions.
OF_BATCH = {*ABOUT, "all_or_nothing"}


@dataclass(frozen=True)
class Body:
    """A body that has been received, and may be larger than memory.

    Attributes:
        media_type: JSON, NDJSON or CSV.
        content: the file, at its beginning.
        sha256: of the content.
    """

    media_type: str
    content: IO[bytes]
    sha256: str


@dataclass(frozen=True)
class Question:
    """One question of a batch, or what is wrong with it.

    Attributes:
        line: its line in the file, from 1, or of a table the line that cannot be read; None where
            a question has no line of its own.
        place: where it is in the body, as a path.
        custom_id: the client's name for it, as far as it can be told.
        asked: the question.
    """

    line: int | None
    place: tuple[str | int, ...]
    custom_id: str | None
    asked: BatchItem | InvalidInput | ValidationError


class Envelope(Document):
    """What is said of a batch as a whole; the questions are looked at one by one."""

    items: list[Any] = Field(min_length=1)
    name: Name | None = None
    metadata: dict[LabelKey, LabelValue] = Field(default_factory=dict, max_length=MAX_LABELS)
    webhook: Webhook | None = None


assert set(Envelope.model_fields) == set(BatchCreate.model_fields)


async def received(request: Request) -> Body:
    """Take the body in, however large; the limit of bodies is another layer's.

    Raises:
        HTTPException: 415, it is of a kind that batches do not come in.
        StoreFull: the disk has no room for it.
    """
    media_type = media_type_of(request)
    if media_type in _NDJSON:
        media_type = NDJSON
    elif media_type not in (JSON, CSV):
        raise HTTPException(
            415,
            f"send a batch as {NDJSON} (a question a line), {JSON} or {CSV} (x and a column for "
            "each function), and say which in Content-Type",
            headers={"Accept": OFFERED},
        )
    digest = hashlib.sha256()
    content = spooled()
    with telling_full():
        async for chunk in request.stream():
            digest.update(chunk)
            await run_in_threadpool(content.write, chunk)
        # This writes the rest.
        content.seek(0)
    return Body(media_type, content, digest.hexdigest())


def envelope_of(body: Body, by_query: BatchByQuery, settings: ServiceSettings) -> Envelope:
    """What a batch says of itself as a whole; its items are looked at one by one, later.

    Raises:
        RequestValidationError, InvalidInput, HTTPException: a JSON body that is no batch, or an
            address that says of it what makes no sense.
    """
    if body.media_type == JSON:
        check_address(by_query, belongs_into="the JSON body", besides={"all_or_nothing"})
        return _envelope_in(body, settings)
    if body.media_type == NDJSON:
        check_address(by_query, belongs_into="each question", besides=OF_BATCH)
    return validated(Envelope, {"items": [None], **by_query.about()}, place="query")


def _envelope_in(body: Body, settings: ServiceSettings) -> Envelope:
    count, document = 0, None
    with _told_of_json():
        for piece in pieces(body.content, max_bytes=settings.max_body_bytes):
            if isinstance(piece, Rest):
                document = piece.document() if piece.content else None
            else:
                count += 1
                check_size(count, settings.max_batch_items)
    check_members(document)
    if isinstance(document, dict) and count:
        document["items"] = [None]
    return validated(Envelope, document, place="body")


@contextmanager
def _told_of_json() -> Iterator[None]:
    try:
        yield
    except NotJson as error:
        raise HTTPException(400, str(error)) from error


def check_size(total: int, most: int) -> None:
    """Refuse more questions than a batch may have.

    Raises:
        InvalidInput: with the limit.
    """
    if total > most:
        detail = f"has more than {most} questions, the most of a batch: send several batches"
        raise InvalidInput(FieldError(path=("items",), detail=detail))


def questions(
    body: Body, by_query: QuestionByQuery, settings: ServiceSettings
) -> Iterator[Question]:
    """The questions of a batch, one after the other: no more than one of them is in memory.

    Args:
        body: the batch.
        by_query: what its address says.
        settings: the limits, of a line and of an item that of a body.

    Raises:
        InvalidInput, HTTPException: the body as a whole is not what it says it is.
        StoreFull: the disk has no room for the numbers of a table.
    """
    body.content.seek(0)
    if body.media_type == CSV:
        yield from _of_table(body.content, by_query, settings)
    elif body.media_type == NDJSON:
        yield from _of_lines(body.content, settings.max_body_bytes)
    else:
        yield from _of_items(body.content, settings.max_body_bytes)


def _of_items(content: IO[bytes], most: int) -> Iterator[Question]:
    with _told_of_json():
        for piece in pieces(content, max_bytes=most):
            if isinstance(piece, Element):
                yield _question(None, ("items", piece.index), piece.document())


def _of_lines(content: IO[bytes], most: int) -> Iterator[Question]:
    blank = 0
    for number, line in enumerate(_lines(content, most), start=1):
        if line is None:
            detail = f"has more than {most} bytes, the most of one question"
            yield _bad_line(number, detail)
            continue
        if not line.strip():
            blank += 1
            check_passed_over(number, blank)
            continue
        try:
            document = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            detail = f"is not a JSON object on a line of its own: {reason}"
            yield _bad_line(number, detail)
        else:
            yield _question(number, ("line", number), document)


def _bad_line(number: int, detail: str) -> Question:
    return Question(number, ("line", number), None, bad_line(number, detail))


def _lines(content: IO[bytes], most: int) -> Iterator[bytes | None]:
    """The lines of a file; None for one with more bytes than these, its end apart."""
    while line := content.readline(most + 1):
        whole = len(line) <= most or line.endswith(b"\n")
        yield line if whole else None
        while not whole:
            rest = content.readline(SKIPPED_BYTES)
            whole = not rest or rest.endswith(b"\n")


def _of_table(
    content: IO[bytes], by_query: QuestionByQuery, settings: ServiceSettings
) -> Iterator[Question]:
    given = by_query.model_dump(exclude_none=True, exclude=OF_BATCH)
    target = {name: given.pop(name) for name in TARGET_FIELDS if name in given}
    columns = read_table(
        lines_of(content, max_bytes=settings.max_body_bytes),
        max_points=settings.max_points,
        max_functions=settings.max_batch_items,
    )
    for column in columns:
        place = ("column", column.name)
        if isinstance(column, Unreadable):
            error = bad_line(column.line, column.detail)
            yield Question(column.line, place, encodable(column.name[:200]), error)
            continue
        samples = {"x": column.x, "y": column.y}
        document = {"samples": samples, "target": target, "options": given}
        yield _question(None, place, {**document, "custom_id": column.name})


def _question(
    line: int | None,
    place: tuple[str | int, ...],
    document: Any,  # noqa: ANN401
) -> Question:
    named = document.get("custom_id") if isinstance(document, dict) else None
    custom_id = encodable(named[:200]) if isinstance(named, str) else None
    try:
        check_members(document)
        return Question(line, place, custom_id, BatchItem.model_validate(document))
    except (InvalidInput, ValidationError) as error:
        return Question(line, place, custom_id, error)
