"""A batch as it is sent: one JSON document, NDJSON with a question a line, or a CSV table."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from fastapi import Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from schemas.batches import BatchCreate
from schemas.errors import FieldError, InvalidInput
from schemas.jobs import MAX_LABELS, LabelKey, LabelValue, Name
from schemas.strict import Document
from schemas.webhooks import Webhook
from service.bodies import (
    ABOUT,
    CSV,
    JSON,
    QuestionByQuery,
    check_address,
    media_type_of,
    validated,
)
from service.examples import JOB_EXAMPLES, TABLE_EXAMPLE
from service.json_items import NotJson, Rest, pieces
from service.json_values import no_json
from service.settings import ServiceSettings
from service.spooling import spooled, telling_full

NDJSON = "application/x-ndjson"
# All of them are in use for the same thing.
_NDJSON = (NDJSON, "application/jsonl", "application/jsonlines", "application/ndjson")
OFFERED = f"{NDJSON}, {JSON}, {CSV}"
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
    with told_of_json():
        for piece in pieces(body.content, max_bytes=settings.max_body_bytes):
            if isinstance(piece, Rest):
                document = piece.document() if piece.content else None
            else:
                count += 1
                check_size(count, settings.max_batch_items)
    if isinstance(document, dict) and count:
        document["items"] = [None]
    return validated(Envelope, document, place="body")


@contextmanager
def told_of_json() -> Iterator[None]:
    """Answer what turns out to be no JSON with 400."""
    try:
        yield
    except NotJson as error:
        raise no_json(str(error)) from error


def check_size(total: int, most: int) -> None:
    """Refuse more questions than a batch may have.

    Raises:
        InvalidInput: with the limit.
    """
    if total > most:
        detail = f"has more than {most} questions, the most of a batch: send several batches"
        raise InvalidInput(FieldError(path=("items",), detail=detail))
