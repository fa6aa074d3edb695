"""Batches on their way: question by question into a file, from which they can be sent again."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, NamedTuple, Self

from foldline_client.questions import (
    JSON,
    QuestionLike,
    WebhookLike,
    encoded,
    question_of,
    webhook_document,
)

NDJSON = "application/x-ndjson"
# More than this is on disk, not in memory.
MEMORY_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 256 * 1024


class Form(NamedTuple):
    """How questions become a body, and what is said in the address."""

    media_type: str
    params: Mapping[str, str]
    opening: bytes
    separator: bytes
    closing: bytes


def form_of(
    name: str | None, metadata: Mapping[str, str] | None, webhook: WebhookLike | None
) -> Form:
    """A question a line, or one document if it takes that to say this of the batch as a whole."""
    named = {} if name is None else {"name": name}
    if not metadata and webhook is None:
        return Form(NDJSON, named, b"", b"\n", b"\n")
    envelope: dict[str, Any] = {**named, "metadata": dict(metadata or {})}
    if webhook is not None:
        envelope["webhook"] = webhook_document(webhook)
    return Form(JSON, {}, encoded(envelope)[:-1] + b',"items":[', b",\n", b"]}")


class Spool:
    """The body of a batch. It may be larger than memory, and can be read again."""

    def __init__(self, file: IO[bytes], form: Form, usual: Mapping[str, Any]) -> None:
        """Begin it in an empty file.

        Args:
            file: the file.
            form: how questions become a body.
            usual: what holds for all questions that do not say otherwise.
        """
        self.form = form
        self._usual = usual
        self._file = file
        self._file.write(form.opening)
        self._count = 0

    def add(self, item: QuestionLike) -> None:
        """Add a question.

        Raises:
            TypeError, ValueError: it is none; with its place.
        """
        try:
            line = encoded(question_of(item, self._usual))
        except (TypeError, ValueError) as error:
            error.add_note(f"in function {self._count} of the batch, counted from 0")
            raise
        if self._count:
            self._file.write(self.form.separator)
        self._file.write(line)
        self._count += 1

    def finish(self) -> Self:
        """Nothing is added any more."""
        self._file.write(self.form.closing)
        return self

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._file.seek(0, 2)

    def __iter__(self) -> Iterator[bytes]:
        """The pieces, from the beginning."""
        self._file.seek(0)
        while piece := self._file.read(PIECE_BYTES):
            yield piece


@contextmanager
def spool(
    usual: Mapping[str, Any],
    *,
    name: str | None,
    metadata: Mapping[str, str] | None,
    webhook: WebhookLike | None,
) -> Iterator[Spool]:
    """An empty batch, of which nothing is left at the end.

    Args:
        usual: what holds for all questions that do not say otherwise.
        name: of the batch.
        metadata: labels of the batch.
        webhook: where the end of the batch is told.
    """
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES) as file:
        yield Spool(file, form_of(name, metadata, webhook), usual)
