"""Where things are kept, and how to open them."""

from dataclasses import dataclass
from pathlib import Path

import redis
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis.backoff import NoBackoff
from redis.retry import Retry

from storage.batches import RedisBatchLedger
from storage.files import LocalArtifactStore
from storage.ports import ArtifactStore, BatchLedger, JobLedger
from storage.redis_store import RedisJobLedger

# A request waits at most this long for the broker: better a 503 than a client that hangs.
REQUEST_TIMEOUT_S = 2.0


class StorageSettings(BaseSettings):
    """Where broker and store are; from arguments or the environment (prefix ``FOLDLINE_``)."""

    model_config = SettingsConfigDict(env_prefix="FOLDLINE_")

    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="The Redis or Valkey server: redis://, rediss:// or unix://.",
    )
    data_dir: Path = Field(
        default=Path("foldline-data"),
        description="The directory of samples and models, shared by all processes.",
    )


@dataclass(frozen=True)
class Stores:
    """What storage is made of."""

    ledger: JobLedger
    artifacts: ArtifactStore
    batches: BatchLedger

    def of(self, tenant: str) -> "Stores":
        """The same stores, for one tenant: what is others' is not there."""
        return Stores(self.ledger.of(tenant), self.artifacts.of(tenant), self.batches.of(tenant))


def connect(redis_url: str) -> redis.Redis:
    """Connect for short calls: fails after ``REQUEST_TIMEOUT_S`` rather than waiting."""
    # A connection that the server closed while it was idle deserves a second one. A server that
    # kept us waiting does not: it would only double the wait.
    once_more = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(
        redis_url,
        socket_timeout=REQUEST_TIMEOUT_S,
        socket_connect_timeout=REQUEST_TIMEOUT_S,
        retry=once_more,
    )


def open_stores(settings: StorageSettings) -> Stores:
    """Open the stores these settings name."""
    connection = connect(settings.redis_url)
    return Stores(
        ledger=RedisJobLedger(connection),
        batches=RedisBatchLedger(connection),
        artifacts=LocalArtifactStore(settings.data_dir),
    )
