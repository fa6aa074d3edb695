"""What the rest of Foldline may ask of storage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from schemas.jobs import JobEvent, JobRecord, JobStatus, Phase, Progress
from schemas.problems import Problem


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

    def put_input(self, name: str, content: bytes) -> None:
        """Keep an input; one that is there already under this name is replaced."""

    def get_input(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """An input, or so many of its bytes; raises ``NotFound``."""

    def delete_inputs(self, name: str) -> None:
        """Remove the input of this name and all whose names begin with it and a ``.``."""

    def put_model(self, model_id: str, artifacts: Mapping[str, bytes]) -> None:
        """Keep all artifacts of a model at once; does nothing when a sound one is there already."""

    def has_model(self, model_id: str) -> bool:
        """Whether this model is there, and sound."""

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


class JobLedger(Protocol):
    """The record of every job, who works on which, and the order of jobs and models.

    A job waits, or one worker has claimed it, or it is final: every method that moves it does so in
    one step. Writes carry the claim they are made under; once the job is another worker's, or
    final, they are refused. Every method raises ``Unavailable`` when the ledger does not answer.
    """

    def of(self, tenant: str) -> Self:
        """The same ledger, for one tenant: others' jobs and models are not there."""

    def add(self, record: JobRecord, *, max_waiting: int | None = None) -> None:
        """Keep a new job, and let it wait; raises ``QueueFull`` if so many wait already.

        Does nothing if there is a job with this id.
        """

    def add_answered(self, record: JobRecord) -> None:
        """Keep a new job that is final from the start."""

    def get(self, job_id: str) -> JobRecord:
        """The job with this id; raises ``NotFound``."""

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[JobRecord], str | None]:
        """Jobs, newest first, from after the cursor; and the cursor of the next page."""

    def events(self, job_id: str, *, after: str | None) -> list[tuple[str, JobEvent]]:
        """What happened to a job after the event with this id, each with its own id."""

    def waiting(self) -> int:
        """How many jobs wait for a worker."""

    def workers(self) -> list[str]:
        """Names of the workers that give signs of life, or held jobs when they fell silent."""

    def claim(self, worker: str, *, count: int) -> list[Claim]:
        """Give waiting jobs to a worker, the oldest first."""

    def beat(self, worker: str) -> set[Claim]:
        """Note a sign of life of a worker; the claims that are still its own."""

    def give_back(self, claim: Claim, *, crashed: bool) -> JobStatus | None:
        """Let a claimed job wait again; a job that has crashed too often fails instead.

        Returns:
            What the job is now; None if this claim has lost it.
        """

    def give_back_all(self, worker: str, *, crashed: bool) -> dict[str, JobStatus]:
        """The same for everything a worker has claimed; it is forgotten."""

    def sweep(self, *, lost_after_s: float) -> dict[str, JobStatus]:
        """The same, as crashes, for every worker that has been silent for too long."""

    def cancel(self, job_id: str) -> JobStatus:
        """End a job that is not final; returns what it was before; raises ``NotFound``."""

    def report(self, claim: Claim, *, phase: Phase, progress: Progress) -> bool:
        """Write how far the job is; False if this claim has lost the job."""

    def succeed(self, claim: Claim, *, model_id: str, met: bool, error: float) -> bool:
        """End the job with its model and the model's error; False if this claim lost the job."""

    def fail(self, claim: Claim, *, problem: Problem) -> bool:
        """End the job with the reason of its failure; False if this claim has lost the job."""

    def add_model(self, model_id: str, *, created_ms: int) -> None:
        """Enter a stored model in the list of models."""

    def remove_model(self, model_id: str, *, created_ms: int) -> None:
        """Take a model out of the list of models."""

    def model_page(self, *, limit: int, cursor: str | None) -> tuple[list[str], str | None]:
        """Model ids, newest first, from after the cursor; and the cursor of the next page."""

    def ping(self) -> None:
        """Raise ``Unavailable`` unless the ledger answers."""
