"""Batches: many questions that were sent together, and how far their answers are."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.filters import ListFilter
from schemas.jobs import MAX_LABELS, JobCreate, JobRecord, LabelKey, LabelValue, Name
from schemas.models import Model
from schemas.network import Network
from schemas.plain_text import PLAIN
from schemas.problems import Problem
from schemas.strict import Document
from schemas.table import BreakpointTable
from schemas.webhooks import Webhook, WebhookDelivery

# Of the refusals of a batch so many are shown with it.
SHOWN_REFUSALS = 20

CustomId = Annotated[str, StringConstraints(min_length=1, max_length=200), *PLAIN]
Line = Annotated[
    int | None,
    Field(
        description="Its line in NDJSON, from 1; of a table's column that was refused, the line of "
        "its first cell that is no number. Else null."
    ),
]


class BatchStatus(StrEnum):
    """Where a batch is; the last two are final."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class BatchItem(JobCreate):
    """One question of a batch: what a job is asked with, and a name of the client's for it."""

    custom_id: CustomId | None = Field(
        default=None, description="Comes back with the result; no two of a batch have the same."
    )


class BatchCreate(Document):
    """A batch as one JSON document. Its items are read one by one."""

    items: list[BatchItem] = Field(min_length=1)
    name: Name | None = None
    metadata: dict[LabelKey, LabelValue] = Field(default_factory=dict, max_length=MAX_LABELS)
    webhook: Webhook | None = None


class BatchCounts(Document):
    """How many questions of a batch are where; ``total`` is the sum of the others."""

    total: int
    refused: int = Field(description="Were no valid questions; their results say why.")
    queued: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0


class Refusal(Document):
    """A question of a batch that was not accepted."""

    index: int = Field(description="Its place in the batch, from 0.")
    line: Line
    custom_id: str | None
    problem: Problem


class BatchRecord(Document):
    """A batch as it is stored."""

    id: str
    tenant: str
    name: Name | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    webhook: Webhook | None = None
    webhook_delivery: WebhookDelivery | None = None
    counts: BatchCounts
    refusals: list[Refusal] = Field(
        default_factory=list, description="The first of them; the results have all."
    )
    created_at: datetime
    finished_at: datetime | None = None
    cancelled_at: datetime | None = None

    @property
    def status(self) -> BatchStatus:
        """Where it is."""
        if self.cancelled_at is not None:
            return BatchStatus.CANCELLED
        return BatchStatus.RUNNING if self.finished_at is None else BatchStatus.COMPLETED


class BatchFilter(ListFilter):
    """Which batches are wanted; what is not given does not matter."""

    status: frozenset[BatchStatus] = Field(default=frozenset(), description="Any of these.")

    def holds(self, record: BatchRecord) -> bool:
        """Whether this batch is wanted."""
        return (not self.status or record.status in self.status) and self.fits(
            record.name, record.metadata
        )


class BatchLinks(Document):
    """Where to go from here."""

    self: str
    results: str
    cancel: str


class Batch(Document):
    """A batch as it is answered."""

    id: str
    status: BatchStatus
    name: str | None
    metadata: dict[str, str]
    webhook: Webhook | None
    webhook_delivery: WebhookDelivery | None = Field(
        description="What has become of telling the webhook; null as long as there is nothing to "
        "tell it, and in what it is told."
    )
    counts: BatchCounts
    created_at: datetime
    finished_at: datetime | None
    refusals: list[Refusal] = Field(description="The first of them; the results have all.")
    links: BatchLinks

    @classmethod
    def of(cls, record: BatchRecord, *, root_path: str = "") -> "Batch":
        """A stored batch as it is answered."""
        own = f"{root_path}/v1/batches/{record.id}"
        shown = {name: getattr(record, name) for name in cls.model_fields if hasattr(record, name)}
        links = BatchLinks(self=own, results=f"{own}/results", cancel=f"{own}/cancel")
        return cls.model_validate(shown | {"links": links})


class BatchPage(Document):
    """One page of batches, newest first."""

    data: list[Batch]
    next_cursor: str | None


class ResultStatus(StrEnum):
    """What became of one question of a batch."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class BatchResult(Document):
    """What became of one question of a batch: a line of its results."""

    index: int = Field(description="Its place in the batch, from 0.")
    line: Line
    custom_id: str | None
    status: ResultStatus
    job_id: str | None = None
    model_id: str | None = None
    met: bool | None = None
    cached: bool = Field(
        default=False, description="Whether the question had been answered before."
    )
    error: float | None = Field(default=None, description="Of the model, in the target's metric.")
    problem: Problem | None = None
    model: Model | None = Field(default=None, description="If `include` asks for it.")
    network: Network | None = Field(default=None, description="If `include` asks for it.")
    breakpoints: BreakpointTable | None = Field(
        default=None, description="If `include` asks for it."
    )

    @classmethod
    def of_job(cls, record: JobRecord) -> "BatchResult":
        """The result of a job that has ended."""
        return cls(
            index=record.index or 0,
            line=record.line,
            custom_id=record.custom_id,
            status=ResultStatus(record.status),
            job_id=record.id,
            model_id=record.model_id,
            met=record.met,
            cached=record.cached,
            error=record.progress.error if record.model_id else None,
            problem=record.problem,
        )

    @classmethod
    def of_refusal(cls, refusal: Refusal) -> "BatchResult":
        """The result of a question that was not accepted."""
        return cls(
            index=refusal.index,
            line=refusal.line,
            custom_id=refusal.custom_id,
            status=ResultStatus.REFUSED,
            problem=refusal.problem,
        )


def item_id(batch_id: str, index: int) -> str:
    """The id of the job at a place of a batch."""
    return f"job_{batch_id.removeprefix('batch_')}_{index:05d}"


def place_of_item(job_id: str) -> tuple[str | None, int]:
    """The batch of a job, and its place there; None and 0 for one that came alone."""
    stem, _, index = job_id.removeprefix("job_").partition("_")
    return (f"batch_{stem}", int(index)) if index else (None, 0)
