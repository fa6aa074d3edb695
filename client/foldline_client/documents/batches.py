"""Batches: many questions that were sent together, and what became of them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from foldline_client.documents.base import KNOWN_FIRST, Document
from foldline_client.documents.models import BreakpointTable, Model, Network
from foldline_client.documents.problems import Problem
from foldline_client.documents.webhooks import Webhook, WebhookDelivery


class BatchStatus(StrEnum):
    """Where a batch is; the last two are final."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class BatchCounts(Document):
    """How many questions of a batch are where; ``total`` is the sum of the others."""

    total: int
    refused: int
    queued: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0


class Refusal(Document):
    """A question of a batch that was not accepted: its place from 0, its line from 1, and why."""

    index: int
    line: int | None
    custom_id: str | None
    problem: Problem


class BatchLinks(Document):
    """Where to go from a batch."""

    self: str
    results: str
    cancel: str


class Batch(Document):
    """Many questions that were sent together; ``refusals`` has the first of them."""

    id: str
    status: Annotated[BatchStatus | str, KNOWN_FIRST]
    name: str | None
    metadata: dict[str, str]
    webhook: Webhook | None
    webhook_delivery: WebhookDelivery | None
    counts: BatchCounts
    created_at: datetime
    finished_at: datetime | None
    refusals: list[Refusal]
    links: BatchLinks

    @property
    def is_final(self) -> bool:
        """Whether all of its jobs have ended."""
        return self.finished_at is not None


class BatchPage(Document):
    """One page of batches."""

    data: list[Batch]
    next_cursor: str | None


class ResultStatus(StrEnum):
    """What became of one question of a batch."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class BatchResult(Document):
    """What became of one question of a batch; ``index`` is its place there, from 0.

    ``line`` is where it stands in a body of lines: NDJSON or CSV.
    """

    index: int
    line: int | None
    custom_id: str | None
    status: Annotated[ResultStatus | str, KNOWN_FIRST]
    job_id: str | None = None
    model_id: str | None = None
    met: bool | None = None
    cached: bool = False
    error: float | None = None
    problem: Problem | None = None
    model: Model | None = None
    network: Network | None = None
    breakpoints: BreakpointTable | None = None
