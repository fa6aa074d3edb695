"""What a delivery says."""

import json
from typing import Any

from storage.outbox import Delivery
from storage.ports import JobLedger


def data_of(ledger: JobLedger, subject: str, tenant: str) -> dict[str, Any]:
    """What there is to say of a subject.

    Args:
        ledger: where the subject is.
        subject: the id of a job.
        tenant: whose it is.

    Raises:
        NotFound: it is gone.
        Unavailable: the ledger does not answer.
    """
    return ledger.get(subject).model_dump(mode="json")


def body_of(delivery: Delivery, data: dict[str, Any]) -> str:
    """The body of a delivery, the same at every try."""
    document = {
        "type": delivery.event,
        "timestamp": delivery.created_at.isoformat(),
        "data": data,
    }
    return json.dumps(document, separators=(",", ":"))
