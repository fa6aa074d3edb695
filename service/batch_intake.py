"""Accepting a batch: every question is checked and kept, then all of them wait at once."""

import contextlib
from dataclasses import dataclass, field

from pydantic import ValidationError
from starlette.exceptions import HTTPException

from schemas.batches import SHOWN_REFUSALS, BatchCounts, BatchItem, BatchRecord, Refusal, item_id
from schemas.errors import (
    BrokerFull,
    FieldError,
    InvalidInput,
    NotFound,
    QueueFull,
)
from schemas.ids import created_at
from schemas.jobs import InputPlace, JobRecord
from service.batch_bodies import BatchByQuery, Body, check_size, envelope_of
from service.batch_questions import Question, questions
from service.intake import answered_before, check_webhook, recorded
from service.problems import errors_of_question, placed, problem_of_question
from service.resources import Resources
from service.settings import ServiceSettings
from storage.settings import Stores

# Questions are kept in files of so many, or of so many bytes: to sync one file for each would take
# a second for every thousand.
PART_QUESTIONS = 256
PART_BYTES = 8 * 1024 * 1024
# If all questions were to be right, so many errors are kept to be counted; fewer are shown.
MOST_WRONG = 1_000


def accept_batch(
    body: Body,
    by_query: BatchByQuery,
    resources: Resources,
    *,
    tenant: str,
    batch_id: str,
    all_or_nothing: bool,
) -> BatchRecord:
    """Turn a batch into jobs that wait; all of them do so in the same step.

    Raises:
        RequestValidationError, HTTPException: it is no batch.
        InvalidInput: it is none, or too large; or a question is wrong and all were to be right.
        QueueFull: so many jobs would wait that none is taken.
        BrokerFull: the broker has no memory for all of them.
        Unavailable: broker or store does not answer.
    """
    stores = resources.stores.of(tenant)
    with contextlib.suppress(NotFound):
        # An earlier try under the same idempotency key got this far.
        return stores.batches.get(batch_id)
    stores.binding.bind()
    settings = resources.settings
    envelope = envelope_of(body, by_query, settings)
    check_webhook(envelope.webhook, settings)
    writer = _Writer(stores, batch_id, tenant, settings)
    try:
        for question in questions(body, by_query, settings):
            check_size(writer.total + 1, settings.max_batch_items)
            writer.take(question)
        writer.write()
        if not writer.total:
            raise InvalidInput(FieldError(path=("body",), detail="has no questions"))
        if all_or_nothing and writer.wrong:
            raise InvalidInput(*writer.wrong)
        record = BatchRecord(
            id=batch_id,
            tenant=tenant,
            name=envelope.name,
            metadata=envelope.metadata,
            webhook=envelope.webhook,
            counts=BatchCounts(total=writer.total, refused=writer.refused),
            refusals=writer.refusals,
            created_at=created_at(batch_id),
        )
        stores.room.check(noted=writer.kept)
        stores.batches.accept(record, max_waiting=settings.max_waiting)
    except (BrokerFull, InvalidInput, QueueFull, HTTPException):
        if stores.batches.discard(batch_id, writer.total):
            stores.artifacts.delete_inputs(stores.artifacts.input_names(f"{batch_id}."))
        raise
    return stores.batches.get(batch_id)


@dataclass
class _Writer:
    """Keeps the questions of a batch, part by part.

    Attributes:
        total: how many there were.
        refused: how many of them were not taken.
        refusals: the first of these.
        wrong: the first things wrong with them, by their place in the body.
        kept: how many are in the broker.
    """

    stores: Stores
    batch_id: str
    tenant: str
    settings: ServiceSettings
    total: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    wrong: list[FieldError] = field(default_factory=list)
    kept: int = 0
    _custom_ids: set[str] = field(default_factory=set)
    _records: list[JobRecord] = field(default_factory=list)
    _new_refusals: list[Refusal] = field(default_factory=list)
    _part: bytearray = field(default_factory=bytearray)
    _parts: int = 0

    def take(self, question: Question) -> None:
        """Take the next question in, or note why not."""
        try:
            if not isinstance(question.asked, BatchItem):
                raise question.asked
            self._keep(question.asked, question.line)
        except (InvalidInput, ValidationError) as error:
            self._refuse(question, error)
        self.total += 1
        full = len(self._records) + len(self._new_refusals) >= PART_QUESTIONS
        if full or len(self._part) >= PART_BYTES:
            self.write()

    def _refuse(self, question: Question, error: InvalidInput | ValidationError) -> None:
        refusal = Refusal(
            index=self.total,
            line=_line_of(error) if question.line is None else question.line,
            custom_id=question.custom_id,
            problem=problem_of_question(error, question.place),
        )
        self.refused += 1
        self._new_refusals.append(refusal)
        if len(self.refusals) < SHOWN_REFUSALS:
            self.refusals.append(refusal)
        if len(self.wrong) < MOST_WRONG:
            found, _ = errors_of_question(error)
            self.wrong += [placed(entry, question.place) for entry in found]

    def write(self) -> None:
        """Put down what has been taken in since the last time: the samples first."""
        self.stores.room.check(new=len(self._records), noted=self.kept)
        self.kept += len(self._records)
        if self._part:
            self.stores.artifacts.put_inputs({self._part_name: bytes(self._part)})
        records = answered_before(self._records, self.stores)
        self.stores.batches.write(self.batch_id, records, self._new_refusals)
        self._records.clear()
        self._new_refusals.clear()
        self._part.clear()
        self._parts += 1

    @property
    def _part_name(self) -> str:
        return f"{self.batch_id}.{self._parts}"

    def _keep(self, item: BatchItem, line: int | None) -> None:
        if item.custom_id is not None and item.custom_id in self._custom_ids:
            detail = f"is {item.custom_id!r} again; no two questions of a batch may have the same"
            raise InvalidInput(FieldError(path=("custom_id",), detail=detail))
        record, samples = recorded(
            item,
            settings=self.settings,
            id=item_id(self.batch_id, self.total),
            tenant=self.tenant,
            # Its length is known in a moment.
            input=InputPlace(name=self._part_name, offset=len(self._part)),
            batch_id=self.batch_id,
            index=self.total,
            line=line,
            custom_id=item.custom_id,
            created_at=created_at(self.batch_id),
        )
        content = samples.to_npy()
        place = record.input.model_copy(update={"length": len(content)})
        self._records.append(record.model_copy(update={"input": place}))
        self._part += content
        if item.custom_id is not None:
            self._custom_ids.add(item.custom_id)


def _line_of(error: InvalidInput | ValidationError) -> int | None:
    """The line that is wrong, of a question that is a column of a table."""
    path = error.errors[0].path if isinstance(error, InvalidInput) else ()
    match path:
        case ("line", int(number)):
            return number
    return None
