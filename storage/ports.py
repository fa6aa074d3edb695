"""What the rest of Foldline may ask of storage."""

from collections.abc import Mapping
from typing import Protocol

from schemas.jobs import JobRecord, Phase, Progress
from schemas.problems import Problem
from schemas.samples import Samples


class ArtifactStore(Protocol):
    """Samples and models: written once, never changed, found by the hash of their content.

    A write has reached the disk when the call returns, and is visible whole or not at all.
    Every method raises ``Unavailable`` when the store does not answer.
    """

    def put_samples(self, samples: Samples) -> None:
        """Keep the samples under their sha256."""

    def get_samples(self, sha256: str) -> Samples:
        """The samples with this hash; raises ``NotFound``."""

    def put_model(self, model_id: str, artifacts: Mapping[str, bytes]) -> None:
        """Keep all artifacts of a model at once; does nothing when the model is there already."""

    def has_model(self, model_id: str) -> bool:
        """Whether this model is there."""

    def get_artifact(self, model_id: str, name: str) -> bytes:
        """One artifact of a model, by file name; raises ``NotFound``."""

    def check(self) -> None:
        """Raise ``Unavailable`` unless something can be written."""


class JobLedger(Protocol):
    """The record of every job, and the order of jobs and models.

    Writes of a worker carry the attempt that ``begin`` gave it: once another worker has begun the
    same job, or the job is final, they are refused. Every method raises ``Unavailable`` when the
    ledger does not answer.
    """

    def add(self, record: JobRecord) -> None:
        """Keep a new job."""

    def get(self, job_id: str) -> JobRecord:
        """The job with this id; raises ``NotFound``."""

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[JobRecord], str | None]:
        """Jobs, newest first, from after the cursor; and the cursor of the next page."""

    def open_jobs(self) -> list[str]:
        """Ids of all jobs that are not final."""

    def begin(self, job_id: str) -> int | None:
        """Mark the job running and return the number of this attempt; None if it is final."""

    def report(self, job_id: str, attempt: int, *, phase: Phase, progress: Progress) -> bool:
        """Write how far the job is; False if this attempt has lost the job."""

    def succeed(self, job_id: str, attempt: int, *, model_id: str, met: bool, error: float) -> bool:
        """End the job with its model and the model's error; False if this attempt lost the job."""

    def fail(self, job_id: str, attempt: int, *, problem: Problem) -> bool:
        """End the job with the reason of its failure; False if this attempt has lost the job."""

    def add_model(self, model_id: str, *, created_ms: int) -> None:
        """Enter a stored model in the list of models."""

    def model_page(self, *, limit: int, cursor: str | None) -> tuple[list[str], str | None]:
        """Model ids, newest first, from after the cursor; and the cursor of the next page."""

    def ping(self) -> None:
        """Raise ``Unavailable`` unless the ledger answers."""
