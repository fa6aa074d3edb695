"""The questions of a batch, one after the other, whatever it was sent as.

What is wrong with one question is noted with its place and does not concern the others.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from pydantic import ValidationError

from schemas.batches import BatchItem
from schemas.csv_lines import bad_line, check_passed_over, lines_of
from schemas.errors import InvalidInput
from schemas.origins import Origin
from service.batch_bodies import NDJSON, OF_BATCH, Body, told_of_json
from service.bodies import CSV, TARGET_FIELDS, QuestionByQuery
from service.csv_table import Unreadable, read_table
from service.json_items import Element, pieces
from service.json_values import check_members, check_values, load_json
from service.problems import encodable
from service.settings import ServiceSettings

# Of a line that is too long so many are read at once, to find its end.
SKIPPED_BYTES = 64 * 1024


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
        yield from _of_lines(body.content, settings)
    else:
        yield from _of_items(body.content, settings)


def _of_items(content: IO[bytes], settings: ServiceSettings) -> Iterator[Question]:
    with told_of_json():
        for piece in pieces(content, max_bytes=settings.max_body_bytes):
            if not isinstance(piece, Element):
                continue
            place = ("items", piece.index)
            try:
                check_values(piece.content, settings.max_points)
            except InvalidInput as error:
                yield Question(None, place, None, error)
            else:
                yield _question(None, place, piece.document())


def _of_lines(content: IO[bytes], settings: ServiceSettings) -> Iterator[Question]:
    most, blank = settings.max_body_bytes, 0
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
            check_values(line, settings.max_points)
            document = load_json(line)
        except InvalidInput as error:
            yield Question(number, ("line", number), None, error)
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
        origin = Origin("line", column.lines)
        yield _question(None, place, {**document, "custom_id": column.name}, origin)


def _question(
    line: int | None,
    place: tuple[str | int, ...],
    document: Any,  # noqa: ANN401
    origin: Origin | None = None,
) -> Question:
    named = document.get("custom_id") if isinstance(document, dict) else None
    custom_id = encodable(named[:200]) if isinstance(named, str) else None
    try:
        check_members(document)
        return Question(
            line, place, custom_id, BatchItem.model_validate(document).read_from(origin)
        )
    except (InvalidInput, ValidationError) as error:
        return Question(line, place, custom_id, error)
