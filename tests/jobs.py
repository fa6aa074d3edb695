"""Jobs as they are when they were accepted a moment ago."""

from datetime import UTC, datetime
from typing import Any

from schemas.jobs import InputPlace, JobRecord, JobStatus
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from storage import keys
from storage.connection import text
from storage.jobs import RedisJobLedger
from storage.keys import DEFAULT_TENANT
from storage.ports import Claim


def queued(job_id: str, **more: Any) -> JobRecord:
    """A job that waits; what is said of it counts."""
    usual = {
        "tenant": DEFAULT_TENANT,
        "input": InputPlace(name=job_id),
        "status": JobStatus.QUEUED,
        "name": None,
        "metadata": {},
        "samples": canonical_samples([0, 1], [0, 1]).summary(),
        "target": Target(tolerance=0.1),
        "options": FitOptions(),
        "created_at": datetime.now(UTC),
    }
    return JobRecord(id=job_id, **usual | more)


def take(ledger: RedisJobLedger, count: int = 1, *, holder: str = "one") -> list[Claim]:
    """Claim so many of the jobs that wait, the oldest first, as if RQ had handed them out."""
    oldest = ledger._redis.zrange(keys.WAITING, 0, count - 1)
    return ledger.claim([text(job_id) for job_id in oldest], holder=holder) if oldest else []
