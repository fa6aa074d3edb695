"""Jobs: a question that was accepted, and how far its answer is."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.errors import FieldError, InvalidInput
from schemas.options import FitOptions
from schemas.problems import Problem
from schemas.samples import SamplesIn, SamplesSummary
from schemas.strict import Document
from schemas.target import Target

MAX_LABELS = 16
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]
LabelValue = Annotated[str, StringConstraints(max_length=512)]


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
    """How far a job is, and the best error so far in the target's metric."""

    fraction: float = Field(default=0.0, ge=0.0, le=1.0)
    error: float | None = None


def check_goal(target: Target, options: FitOptions) -> None:
    """Refuse a question without a goal.

    Raises:
        InvalidInput: neither a tolerance nor a budget was given.
    """
    if target.tolerance is None and options.max_parameters is options.max_segments is None:
        raise InvalidInput(
            FieldError(
                path=("target", "tolerance"),
                detail="is missing: give a tolerance, or a budget (max_parameters, max_segments)",
            )
        )


class JobCreate(Document):
    """A question: a sampled function, an accuracy target, and how to look for the answer."""

    samples: SamplesIn
    target: Target = Target()
    options: FitOptions = FitOptions()
    name: Name | None = None
    metadata: dict[LabelKey, LabelValue] = Field(default_factory=dict, max_length=MAX_LABELS)


class JobRecord(Document):
    """A job as it is stored: an accepted question and how far its answer is."""

    id: str
    status: JobStatus
    phase: Phase | None = None
    progress: Progress = Progress()
    model_id: str | None = None
    met: bool | None = Field(
        default=None, description="Whether the model holds the target, once there is one."
    )
    problem: Problem | None = Field(default=None, description="Why the job failed, if it did.")
    name: str | None
    metadata: dict[str, str]
    samples: SamplesSummary
    target: Target
    options: FitOptions
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = Field(default=0, description="How often a worker began this job.")


class JobLinks(Document):
    """Where to go from here."""

    self: str
    model: str | None


class Job(JobRecord):
    """A job as it is answered."""

    links: JobLinks


class JobPage(Document):
    """One page of jobs, newest first."""

    data: list[Job]
    next_cursor: str | None
