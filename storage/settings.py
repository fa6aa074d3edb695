"""Where things are kept, and how to open them."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.artifacts import BlobArtifactStore
from storage.batches import RedisBatchLedger
from storage.binding import Binding
from storage.blobs import Blobs
from storage.buckets import BucketBlobs
from storage.connection import connect
from storage.durability import Durability
from storage.ended import RedisEndedJobs
from storage.files import FileBlobs
from storage.job_queue import JobQueue
from storage.jobs import RedisJobLedger
from storage.keys import INPUTS, MODELS
from storage.models import RedisModelList
from storage.orphans import Orphans
from storage.ports import ArtifactStore, BatchLedger, EndedJobs, JobLedger, ModelList
from storage.room import Room
from storage.usability import Usability


class StorageSettings(BaseSettings):
    """Where broker and store are; from arguments or the environment (prefix ``FOLDLINE_``)."""

    model_config = SettingsConfigDict(env_prefix="FOLDLINE_")

    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="The Redis or Valkey server: redis://, rediss:// or unix://; or the master "
        "that sentinels name: redis+sentinel:// or rediss+sentinel://.",
    )
    data_dir: Path = Field(
        default=Path("foldline-data"),
        description="The directory of samples and models, shared by all processes.",
    )
    store_url: str | None = Field(
        default=None,
        description="Samples and models elsewhere: s3://bucket/prefix, or file:///directory.",
    )


@dataclass(frozen=True)
class Stores:
    """What storage is made of."""

    queue: JobQueue
    ledger: JobLedger
    batches: BatchLedger
    ended: EndedJobs
    models: ModelList
    artifacts: ArtifactStore
    orphans: Orphans
    durability: Durability
    usability: Usability
    room: Room
    binding: Binding

    def of(self, tenant: str) -> "Stores":
        """The same stores, for one tenant: what is others' is not there."""
        return Stores(
            queue=self.queue,
            ledger=self.ledger.of(tenant),
            batches=self.batches.of(tenant),
            ended=self.ended,
            models=self.models.of(tenant),
            artifacts=self.artifacts.of(tenant),
            orphans=self.orphans,
            durability=self.durability,
            usability=self.usability,
            room=self.room,
            binding=self.binding,
        )


def open_stores(settings: StorageSettings, *, make: bool = False) -> Stores:
    """Open the stores these settings name.

    Args:
        settings: where they are.
        make: whether a directory that is not there is made, as the API does. To all others it is a
            share that is not mounted.

    Raises:
        Unavailable: the store cannot be opened.
        ValueError: an address makes no sense.
    """
    connection = connect(settings.redis_url)
    blobs = _open_blobs(settings, make=make)
    binding = Binding(blobs, connection)
    queue = JobQueue(connection)
    return Stores(
        queue=queue,
        ledger=RedisJobLedger(connection, queue=queue),
        batches=RedisBatchLedger(connection, queue=queue),
        ended=RedisEndedJobs(connection),
        models=RedisModelList(connection),
        artifacts=BlobArtifactStore(blobs),
        orphans=Orphans(blobs, connection, binding),
        durability=Durability(connection),
        usability=Usability(connection),
        room=Room(connection),
        binding=binding,
    )


def _open_blobs(settings: StorageSettings, *, make: bool) -> Blobs:
    tops = (INPUTS, MODELS)
    if settings.store_url is None:
        return FileBlobs(settings.data_dir, tops, make=make)
    url = urlsplit(settings.store_url)
    if url.scheme == "s3" and url.netloc and not (url.query or url.fragment):
        return BucketBlobs(url.netloc, prefix=url.path.strip("/"))
    if url.scheme == "file" and url.netloc in ("", "localhost") and url.path.startswith("/"):
        return FileBlobs(Path(unquote(url.path)), tops, make=make)
    raise ValueError(
        f"{settings.store_url!r} is no address of a store: it must be s3://bucket/prefix "
        "or file:///directory"
    )
