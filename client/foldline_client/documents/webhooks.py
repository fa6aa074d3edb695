"""Who is told when something has ended, and what became of that."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from foldline_client.documents.base import KNOWN_FIRST, Document


class WebhookEvent(StrEnum):
    """What a webhook can be told of."""

    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    BATCH_COMPLETED = "batch.completed"
    BATCH_CANCELLED = "batch.cancelled"


class Webhook(Document):
    """Whom to tell, and of what; None stands for everything."""

    url: str
    events: list[Annotated[WebhookEvent | str, KNOWN_FIRST]] | None = None


class DeliveryStatus(StrEnum):
    """Where a delivery to a webhook is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class WebhookDelivery(Document):
    """What has become of telling a webhook."""

    status: Annotated[DeliveryStatus | str, KNOWN_FIRST]
    attempts: int = 0
    last_error: str | None = None
    last_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None


class WebhookSecret(Document):
    """What deliveries are signed with."""

    secret: str
    former_until: datetime | None = None
