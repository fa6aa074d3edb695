"""Jobs: a question that was accepted, and how far its answer is."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, PrivateAttr, StringConstraints

from schemas.errors import FieldError, InvalidInput
from schemas.filters import ListFilter
from schemas.identity import model_id
from schemas.options import FitOptions
from schemas.origins import Origin, told_by_origin
from schemas.plain_text import PLAIN
from schemas.problems import Problem
from schemas.samples import Samples, SamplesIn, SamplesSummary, canonical_samples
from schemas.strict import Document
from schemas.target import Target, TargetIn, check_target
from schemas.webhooks import Webhook, WebhookDelivery

MAX_LABELS = 16
MAX_OUTLINE = 256
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), *PLAIN]
_FIRST = (
    "The model has what the job said that was first to ask the same question, and is listed by "
    "that; a job that is answered with it later (`cached`) has its own to itself."
)
LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=64), *PLAIN]
LabelValue = Annotated[str, StringConstraints(max_length=512), *PLAIN]


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
    """How far a job is, and the best error so far."""

    fraction: float = Field(default=0.0, ge=0.0, le=1.0)
    iteration: int = Field(
        default=0,
        ge=0,
        description="Levenberg-Marquardt iterations that the training of networks has done, over "
        "all starts and candidates.",
    )
    error: float | None = Field(
        default=None,
        description="In the target's metric; with a tolerance for each sample the largest share "
        "that a sample's error is of its tolerance.",
    )


class Outline(Document):
    """A network as it is drawn: its function by breakpoints, straight between them."""

    x: list[float] = Field(
        min_length=2,
        max_length=MAX_OUTLINE,
        description="Increasing, from the first sample to the last.",
    )
    y: list[float] = Field(min_length=2, max_length=MAX_OUTLINE)


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
    target: TargetIn = TargetIn()
    options: FitOptions = FitOptions()
    name: Name | None = Field(default=None, description=f"What the job is called. {_FIRST}")
    metadata: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, max_length=MAX_LABELS, description=f"Labels of the job. {_FIRST}"
    )
    webhook: Webhook | None = None
    # Where the samples were read from, if not from this document.
    _origin: Origin | None = PrivateAttr(default=None)

    def read_from(self, origin: Origin | None) -> Self:
        """The same, which tells what is wrong with a sample by where it was."""
        self._origin = origin
        return self

    def canonical(self) -> tuple[Samples, Target]:
        """The samples and the target as they are stored and fitted.

        Raises:
            InvalidInput: the question has no answer as it stands.
        """
        samples = self.sampled()
        target = self.target.stored_for(samples)
        check_target(target, samples)
        check_goal(target, self.options)
        return samples, target

    def sampled(self) -> Samples:
        """The samples as they are stored and fitted, whatever is asked about them.

        Raises:
            InvalidInput: no question about them has an answer.
        """
        count, tolerances = len(self.samples.x), None
        if isinstance(self.target.tolerance, list):
            tolerances = self.target.tolerance
            if len(tolerances) != count:
                detail = (
                    f"has {len(tolerances)} values but samples.x has {count}; give one number, or "
                    "one for each sample"
                )
                raise InvalidInput(FieldError(path=("target", "tolerance"), detail=detail))
        columns = self.samples
        with told_by_origin(self._origin):
            return canonical_samples(
                columns.x, columns.y, weight=columns.weight, tolerance=tolerances
            )


class _JobFields(Document):
    """What a job is, stored or answered."""

    id: str
    status: JobStatus
    phase: Phase | None = None
    progress: Progress = Progress()
    model_id: str | None = None
    met: bool | None = Field(
        default=None, description="Whether the model holds the target, once there is one."
    )
    problem: Problem | None = Field(default=None, description="Why the job failed, if it did.")
    cached: bool = Field(
        default=False, description="Whether the model was there already, and nothing was fitted."
    )
    name: str | None
    metadata: dict[str, str]
    webhook: Webhook | None = None
    webhook_delivery: WebhookDelivery | None = Field(
        default=None,
        description="What has become of telling the webhook; null as long as there is nothing to "
        "tell it, and in what it is told.",
    )
    batch_id: str | None = Field(default=None, description="The batch it came in, if it did.")
    custom_id: str | None = Field(default=None, description="The client's name for it there.")
    samples: SamplesSummary
    target: Target
    options: FitOptions
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = Field(default=0, description="How often a worker began this job.")


class InputPlace(Document):
    """Where the samples of a job are in the store: bytes of an input, an NPY file in themselves."""

    name: str
    offset: int = Field(default=0, ge=0)
    length: int | None = Field(default=None, ge=1, description="In bytes; null: to the end.")


class JobRecord(_JobFields):
    """A job as it is stored: an accepted question and how far its answer is."""

    tenant: str = Field(description="Whose job it is: nobody else sees it.")
    input: InputPlace
    index: int | None = Field(default=None, description="Its place in its batch, from 0.")
    line: int | None = Field(default=None, description="Its line there, from 1, if it has one.")

    @property
    def answer_id(self) -> str:
        """The id of the model that answers the question, whether it is there or not."""
        return model_id(self.samples.sha256, self.target, self.options)


class JobFacts(Document):
    """What a list of jobs is filtered by."""

    status: JobStatus
    met: bool | None
    name: str | None
    metadata: dict[str, str]


class JobFilter(ListFilter):
    """Which jobs are wanted; what is not given does not matter."""

    status: frozenset[JobStatus] = Field(default=frozenset(), description="Any of these.")
    met: bool | None = None

    def holds(self, facts: JobFacts) -> bool:
        """Whether a job with these facts is wanted."""
        return (
            (not self.status or facts.status in self.status)
            and self.met in (None, facts.met)
            and self.fits(facts.name, facts.metadata)
        )


class JobEvent(Document):
    """How far a job was at one moment; the data of its server-sent events."""

    status: JobStatus
    phase: Phase | None = None
    progress: Progress = Progress()
    model_id: str | None = None
    met: bool | None = None
    problem: Problem | None = None
    current: Outline | None = Field(
        default=None,
        description="Breakpoints of the network in training, in the units of x and y, at most "
        f"{MAX_OUTLINE}: where there are more, those that show most of it. In progress events, as "
        "they happen; of those that are past only the latest may have it.",
    )

    @classmethod
    def of(cls, record: JobRecord) -> "JobEvent":
        """How far a job is."""
        told = cls.model_fields.keys() & JobRecord.model_fields.keys()
        return cls.model_validate({name: getattr(record, name) for name in told})


class JobLinks(Document):
    """Where to go from here."""

    self: str
    events: str
    model: str | None


class Job(_JobFields):
    """A job as it is answered."""

    waiting_before: int | None = Field(
        default=None,
        description="How many jobs wait that are to be begun before it, about so many where "
        "batches wait: told of a job that is asked for by its id, as long as it is queued.",
    )
    links: JobLinks

    @classmethod
    def of(
        cls, record: JobRecord, *, root_path: str = "", waiting_before: int | None = None
    ) -> "Job":
        """A stored job as it is answered: with links, without what is ours alone."""
        own, model_id = f"{root_path}/v1/jobs/{record.id}", record.model_id
        model = None if model_id is None else f"{root_path}/v1/models/{model_id}"
        links = JobLinks(self=own, events=f"{own}/events", model=model)
        shown = {name: getattr(record, name) for name in _JobFields.model_fields}
        return cls.model_validate(shown | {"links": links, "waiting_before": waiting_before})


class JobPage(Document):
    """One page of jobs, newest first."""

    data: list[Job]
    next_cursor: str | None
