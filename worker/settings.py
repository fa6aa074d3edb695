"""How a worker process behaves."""

import os
import secrets
import socket
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def unique_name() -> str:
    """A name no other worker has: RQ refuses the name of a worker that died a moment ago."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


class WorkerSettings(BaseSettings):
    """Settings of a worker, from the environment (prefix ``FOLDLINE_WORKER_``)."""

    model_config = SettingsConfigDict(env_prefix="FOLDLINE_WORKER_")

    name: str = Field(
        default_factory=unique_name,
        description="What the names of its workers in RQ and in the log begin with.",
    )
    processes: int | None = Field(
        default=None,
        ge=1,
        description="RQ's workers, each of which fits one job at a time; one for each core, or one "
        "on a GPU.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where fits are computed; auto is a GPU where there is one."
    )
    lost_after_s: int = Field(
        default=8,
        ge=2,
        description="Seconds without a sign of life, given every second, after which a worker's "
        "job is handed out again.",
    )
    sweep_s: int = Field(
        default=2, ge=1, description="Seconds between two looks for lost jobs, by idle workers."
    )
    grace_s: float = Field(
        default=5.0,
        ge=0,
        description="Seconds that fits have to end when a worker is asked to leave; those that "
        "do not are given back.",
    )
    jobs_kept_days: float | None = Field(
        default=30.0,
        gt=0,
        description="Days that a job or batch, and its samples, are kept after its end; null for "
        "ever. Its model stays.",
    )
    models_kept_days: float | None = Field(
        default=None, gt=0, description="Days that a model is kept; for ever unless it is set."
    )
