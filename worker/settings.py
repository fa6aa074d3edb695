"""How a worker process behaves."""

import os
import secrets
import socket

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
        description="The worker's name in RQ and in the log; must be new at every start.",
    )
    beat_s: float = Field(
        default=5.0, gt=0, description="Seconds between two signs of life while it fits."
    )
    lost_after_s: int = Field(
        default=15,
        ge=1,
        description="Seconds without a sign of life after which its job goes to another worker.",
    )
    sweep_s: int = Field(
        default=5, ge=1, description="Seconds between two looks after lost jobs while it is idle."
    )
