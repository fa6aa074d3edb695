"""What a delivery says."""

import json
from typing import Any

from schemas.batches import Batch
from schemas.jobs import Job
from storage.outbox import Delivery
from storage.ports import BatchLedger, JobLedger


def data_of(
    subject: str, tenant: str, *, ledger: JobLedger, batches: BatchLedger, root_path: str = ""
) -> dict[str, Any]:
    """What there is to say of a subject: the job or the batch, as the API answers it.

    Only what has become of its deliveries is left out: that changes from one try to the next.

    Args:
        subject: the id of a job or a batch that has ended, and so changes no more.
        tenant: whose it is.
        ledger: where jobs are.
        batches: where batches are.
        root_path: the prefix of links.

    Raises:
        NotFound: it is gone.
        Unavailable: the ledger does not answer.
    """
    document: Job | Batch
    if subject.startswith("batch_"):
        document = Batch.of(batches.of(tenant).get(subject), root_path=root_path)
    else:
        document = Job.of(ledger.of(tenant).get(subject), root_path=root_path)
    return document.model_dump(mode="json") | {"webhook_delivery": None}


def body_of(delivery: Delivery, data: dict[str, Any]) -> str:
    """The body of a delivery, the same at every try."""
    document = {
        "type": delivery.event,
        "timestamp": delivery.created_at.isoformat(),
        "data": data,
    }
    return json.dumps(document, separators=(",", ":"))
