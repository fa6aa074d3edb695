"""Webhooks: where to tell that something has ended."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from schemas.strict import Document


class WebhookEvent(StrEnum):
    """What can be told."""

    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    BATCH_COMPLETED = "batch.completed"
    BATCH_CANCELLED = "batch.cancelled"


class Webhook(Document):
    """An address of the client's, and what it wants to hear of there."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    events: list[WebhookEvent] | None = None
