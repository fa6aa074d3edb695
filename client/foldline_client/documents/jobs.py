"""Jobs: questions that were accepted, and how far their answers are."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from foldline_client.documents.base import KNOWN_FIRST, Document
from foldline_client.documents.problems import Problem
from foldline_client.documents.questions import FitOptions, SamplesSummary, Target
from foldline_client.documents.webhooks import Webhook, WebhookDelivery


class JobStatus(StrEnum):
    """Where a job is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})


class Phase(StrEnum):
    """What a running job is doing."""

    PREPARATION = "preparation"
    PHASE1 = "phase1"
    PHASE2 = "phase2"
    CERTIFICATE = "certificate"


class Progress(Document):
    """How far a job is, and the best error so far, in the target's metric."""

    fraction: float = 0.0
    iteration: int = 0
    error: float | None = None


class Outline(Document):
    """A network as it is drawn: its function by breakpoints, straight between them."""

    x: list[float]
    y: list[float]


class JobEvent(Document):
    """How far a job was at one moment."""

    status: Annotated[JobStatus | str, KNOWN_FIRST]
    phase: Annotated[Phase | str, KNOWN_FIRST] | None = None
    progress: Progress = Progress()
    model_id: str | None = None
    met: bool | None = None
    problem: Problem | None = None
    current: Outline | None = None


class JobLinks(Document):
    """Where to go from a job."""

    self: str
    events: str
    model: str | None


class Job(Document):
    """A question that was accepted, and how far its answer is."""

    id: str
    status: Annotated[JobStatus | str, KNOWN_FIRST]
    phase: Annotated[Phase | str, KNOWN_FIRST] | None = None
    progress: Progress = Progress()
    model_id: str | None = None
    met: bool | None = None
    problem: Problem | None = None
    cached: bool = False
    name: str | None
    metadata: dict[str, str]
    webhook: Webhook | None = None
    webhook_delivery: WebhookDelivery | None = None
    batch_id: str | None = None
    custom_id: str | None = None
    samples: SamplesSummary
    target: Target
    options: FitOptions
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    waiting_before: int | None = None
    links: JobLinks

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.finished_at is not None


class JobPage(Document):
    """One page of jobs."""

    data: list[Job]
    next_cursor: str | None
