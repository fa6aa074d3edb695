"""The limits of the service."""

from pydantic import Field

from storage.settings import StorageSettings

MEBIBYTE = 1024 * 1024


class ServiceSettings(StorageSettings):
    """Settings of the service; from arguments or the environment (prefix ``FOLDLINE_``)."""

    max_points: int = Field(
        default=100_000,
        ge=2,
        description="Most points of one request: samples of a job, or x of an evaluation.",
    )
    max_body_bytes: int = Field(
        # 100,000 points in full precision take about 5 MB of JSON.
        default=16 * MEBIBYTE,
        ge=1024,
        description="Largest request body in bytes; more is answered with 413.",
    )
    max_batch_items: int = Field(
        default=10_000, ge=1, le=100_000, description="Most questions of one batch."
    )
    max_batch_bytes: int = Field(
        default=256 * MEBIBYTE, ge=1024, description="Largest body of a batch in bytes."
    )
    max_waiting: int = Field(
        default=100_000,
        ge=1,
        description="Most jobs that may wait for a worker; more are answered with 429.",
    )
