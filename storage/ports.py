"""What the rest of Foldline may ask of storage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, Self

from schemas.batches import BatchFilter, BatchRecord, Refusal
from schemas.jobs import JobEvent, JobFilter, JobRecord, JobStatus, Outline, Phase, Progress
from schemas.models import ModelFacts, ModelFilter
from schemas.problems import Problem
from storage.setbacks import Setback

ANY_JOB, ANY_BATCH, ANY_MODEL = JobFilter(), BatchFilter(), ModelFilter()


class ArtifactStore(Protocol):
    """Inputs and models of one tenant: written once, never changed.

    An input is what was sent: the samples of a job, or of many. A model has all that belongs to it,
    its samples too, so that either can be deleted without a look at the other.

    A write has reached the disk when the call returns, and is visible whole or not at all.
    Every method raises ``Unavailable`` when the store does not answer, and every write
    ``StoreFull`` when it has no room. A model that is damaged is as good as none.
    """

    def of(self, tenant: str) -> Self:
        """The same store, for another tenant."""

    def put_inputs(self, contents: Mapping[str, bytes]) -> None:
        """Keep inputs by name; those that are there already are replaced."""

    def get_input(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """An input, or so many of its bytes; raises ``NotFound``."""

    def delete_inputs(self, names: Iterable[str]) -> None:
        """Remove inputs; what is not there is as good as removed."""

    def input_names(self, prefix: str = "") -> list[str]:
        """The names of inputs that go on after this prefix, in order."""

    def put_model(self, model_id: str, artifacts: Mapping[str, bytes]) -> None:
        """Keep all artifacts of a model at once; does nothing when a sound one is there already."""

    def get_artifact(self, model_id: str, name: str) -> bytes:
        """One artifact of a model, by file name; raises ``NotFound``."""

    def delete_model(self, model_id: str) -> None:
        """Remove a model; does nothing if it is not there."""

    def check(self) -> None:
        """Raise ``Unavailable`` unless something can be written."""


@dataclass(frozen=True)
class Claim:
    """A job that a worker has, and which attempt at it this is."""

    job_id: str
    attempt: int


class Heard(IntEnum):
    """What became of a report."""

    # The claim has lost the job.
    REFUSED = 0
    WRITTEN = 1
    # Somebody follows the job, and may be shown outlines.
    AND_FOLLOWED = 2


@dataclass(frozen=True)
class Histogram:
    """Durations that were counted.

    Attributes:
        counts: for each upper bound in s, as text, and ``+Inf``: how many were no longer. Each
            includes those before it.
        sum_s: all of them together, in s.
    """

    counts: tuple[tuple[str, int], ...]
    sum_s: float


@dataclass(frozen=True)
class Figures:
    """What can be said of the service at one moment.

    Attributes:
        waiting: jobs that wait for a worker.
        running: jobs that are in work.
        silent_s: for each of RQ's workers the seconds since its last sign of life.
        ended: how many jobs have ended, by their final status; ever since the broker was empty.
        crashes: attempts that ended with their process, or for want of memory.
        losses: attempts that ended with their worker.
        wait: from acceptance to the first claim.
        fit: from the last claim to the end.
        deliveries: webhooks that are still to be sent.
        suspended: whether workers are told to begin nothing.
    """

    waiting: int
    running: int
    silent_s: Mapping[str, float]
    ended: Mapping[str, int]
    crashes: int
    losses: int
    wait: Histogram
    fit: Histogram
    deliveries: int
    suspended: bool


class JobLedger(Protocol):
    """The record of every job, and which of them are in work.

    A job waits, or is claimed, or it is final: every method that moves it does so in one step. What
    waits is handed out by RQ, and enqueued there in the same step. Writes carry the claim they are
    made under; once the job is another's, or final, they are refused. Every method raises
    ``Unavailable`` when the ledger does not answer.
    """

    def of(self, tenant: str) -> Self:
        """The same ledger, for one tenant: others' jobs are not there."""

    def add(self, records: Sequence[JobRecord], *, max_waiting: int | None = None) -> list[bool]:
        """Keep new jobs, and have them handed out; one whose id is there already stays as it is.

        Returns:
            Whether each is kept: not if so many wait already.
        """

    def add_answered(self, record: JobRecord) -> None:
        """Keep a new job that is final from the start."""

    def get(self, job_id: str) -> JobRecord:
        """The job with this id; raises ``NotFound``."""

    def page(
        self, *, limit: int, cursor: str | None, wanted: JobFilter = ANY_JOB
    ) -> tuple[list[JobRecord], str | None]:
        """Jobs that are wanted, newest first, from after the cursor; and the next page's cursor.

        A page ends early where many jobs in a row are not wanted, as of ``ModelList``.
        """

    def events(self, job_id: str, *, after: str | None) -> list[tuple[str, JobEvent]]:
        """What happened to a job after the event with this id, each with its own id."""

    def follow(self, job_id: str, *, after: str | None) -> list[tuple[str, JobEvent]]:
        """The same, for somebody who asks again within seconds, with the outline of the latest."""

    def waiting(self) -> int:
        """How many jobs wait for a worker."""

    def waiting_before(self, job_id: str) -> int | None:
        """How many of these are to be begun before this one; None if it does not wait."""

    def claim(self, job_ids: Sequence[str], *, holder: str) -> list[Claim]:
        """Claim those of these jobs that wait.

        Args:
            job_ids: the jobs.
            holder: the job of RQ's that they were handed out by.
        """

    def holds(self, claim: Claim) -> bool:
        """Whether a job is still in work under this claim: not cancelled, nor given to another."""

    def give_back(self, claim: Claim, *, setback: Setback | None = None) -> JobStatus | None:
        """Let a claimed job wait again; a job that has had too many setbacks fails instead.

        Returns:
            What the job is now; None if this claim has lost it.
        """

    def give_back_all(
        self, holder: str | None, *, setback: Setback | None = None
    ) -> dict[str, JobStatus]:
        """The same for all that were handed out by a job of RQ's, which RQ hands out again.

        Args:
            holder: the job of RQ's; None for everybody's.
            setback: what happened, where that counts against them.
        """

    def reopen(self, job_id: str) -> bool:
        """Let a job that has failed wait again, as if it were new; False if it has not failed."""

    def cancel(self, job_id: str) -> JobStatus:
        """End a job that is not final; returns what it was before; raises ``NotFound``."""

    def report(
        self, claim: Claim, *, phase: Phase, progress: Progress, outline: Outline | None = None
    ) -> Heard:
        """Write how far the job is; an outline only for those who follow it, and for seconds."""

    def succeed(
        self,
        claim: Claim,
        *,
        model_id: str,
        met: bool,
        error: float,
        iteration: int = 0,
        cached: bool = False,
    ) -> bool:
        """End the job with its model and the model's error; False if this claim lost the job."""

    def fail(self, claim: Claim, *, problem: Problem) -> bool:
        """End the job with the reason of its failure; False if this claim has lost the job."""

    def figures(self) -> Figures:
        """What can be said of all jobs together at this moment."""

    def ping(self) -> None:
        """Raise ``Unavailable`` unless the ledger answers."""

    def up_s(self) -> float:
        """Seconds for which the ledger has been there: before that nobody could write to it."""


class BatchLedger(Protocol):
    """The record of every batch; its jobs are in the ``JobLedger``.

    Every method raises ``Unavailable`` when the ledger does not answer.
    """

    def of(self, tenant: str) -> Self:
        """The same ledger, for one tenant."""

    def write(
        self, batch_id: str, records: Sequence[JobRecord], refusals: Sequence[Refusal]
    ) -> None:
        """Note jobs and refusals of a batch that is still being read; nobody sees them yet.

        Does nothing once the batch is accepted: another try, under the same id, was faster.
        """

    def discard(self, batch_id: str, total: int) -> bool:
        """Remove what was noted of a batch; False, and nothing is done, if it is accepted."""

    def accept(self, record: BatchRecord, *, max_waiting: int) -> None:
        """Let the jobs of a batch wait, all at once; does nothing if it was accepted before.

        Raises:
            QueueFull: so many jobs would wait that none is taken.
            Unavailable: not everything that was noted is there any more; try again.
        """

    def claim_next(self, batch_id: str, *, holder: str, count: int) -> tuple[list[Claim], int]:
        """Claim the next jobs of a batch that wait; and how many of its places come after these.

        Args:
            batch_id: the batch.
            holder: the job of RQ's that they are handed out by.
            count: how many at most.
        """

    def get(self, batch_id: str) -> BatchRecord:
        """The batch with this id; raises ``NotFound``."""

    def page(
        self, *, limit: int, cursor: str | None, wanted: BatchFilter = ANY_BATCH
    ) -> tuple[list[BatchRecord], str | None]:
        """Batches that are wanted, newest first, from after the cursor; and the next page's cursor.

        A page ends early where many batches in a row are not wanted, as of ``ModelList``.
        """

    def refusals(self, batch_id: str, indices: Sequence[int] | None = None) -> list[Refusal]:
        """The refusals of a batch in order; only those with these indices, if any are given."""

    def jobs(self, batch_id: str, indices: Sequence[int]) -> list[JobRecord | None]:
        """The jobs at these places of a batch; None where the question was refused."""

    def ended(self, batch_id: str, *, start: int, count: int) -> list[int]:
        """The places of jobs that have ended, in the order of their ends, from the start-th on."""

    def cancel(self, batch_id: str) -> bool:
        """End every job of a batch that has not ended; False if the batch had ended already."""


class EndedJobs(Protocol):
    """Jobs and batches that have ended, everybody's, until they are forgotten.

    Every method raises ``Unavailable`` when the ledger does not answer.
    """

    def before(self, time_ms: float, *, limit: int) -> list[str]:
        """Ids of jobs and batches that ended before this time, the longest ago first."""

    def forget(self, subject: str) -> None:
        """Remove a job that has ended, or a batch with all its jobs; their models stay."""


class ModelList(Protocol):
    """The models of one tenant in the order in which they were made; they are in the store.

    Every method raises ``Unavailable`` when the list does not answer.
    """

    def of(self, tenant: str) -> Self:
        """The list of one tenant."""

    def add(self, model_id: str, *, created_ms: int, facts: ModelFacts) -> None:
        """Enter a stored model in the list of models."""

    def remove(self, model_id: str, *, created_ms: int) -> None:
        """Take a model out of the list of models."""

    def listed(self, model_ids: Sequence[str]) -> set[str]:
        """Which of these models are in the list."""

    def page(
        self, *, limit: int, cursor: str | None, wanted: ModelFilter = ANY_MODEL
    ) -> tuple[list[str], str | None]:
        """Ids of the models that are wanted, newest first, from after the cursor.

        Returns:
            The ids, and the cursor of the next page. A page ends early where many models in a row
            are not wanted: it may be short, or empty, and still have a next one.
        """

    def oldest(self, count: int) -> list[tuple[str, int]]:
        """So many of the oldest models: id, and when each was made, in ms since 1970."""

    def tenants(self) -> list[str]:
        """Everybody who has a model."""
