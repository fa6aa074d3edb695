"""One attempt at a job: it reports how far it is, and knows when to stop."""

import logging
import time
from collections.abc import Callable

from schemas.errors import Unavailable
from schemas.jobs import Phase, Progress
from storage.ports import JobLedger

logger = logging.getLogger(__name__)

# Progress is for people: five writes a second are plenty.
REPORT_EVERY_S = 0.2
# A fit that says nothing still has to notice that its job was cancelled.
CHECK_EVERY_S = 1.0
# While the ledger is away, every write costs its time-out.
RETRY_AFTER_S = 5.0


class Attempt:
    """One attempt at a job.

    Attributes:
        stopped: whether the fit was told to stop, so that what it returns is not the answer.
    """

    def __init__(
        self, ledger: JobLedger, job_id: str, number: int, *, stopping: Callable[[], bool]
    ) -> None:
        """Begin with nothing reported.

        Args:
            ledger: where progress goes.
            job_id: the job.
            number: what ``ledger.begin`` returned.
            stopping: whether the worker has been asked to leave.
        """
        self.stopped = False
        self._ledger = ledger
        self._job_id = job_id
        self._number = number
        self._stopping = stopping
        self._phase = Phase.PREPARATION
        self._progress = Progress()
        self._written_at = -float("inf")
        self._quiet_until = -float("inf")
        self._lost = False

    def on_progress(self, phase: Phase, fraction: float, error: float | None) -> None:
        """Report how far the fit is; most calls cost nothing."""
        changed = phase is not self._phase
        self._phase = phase
        self._progress = Progress(fraction=min(max(fraction, 0.0), 1.0), error=error)
        self._report(after_s=0.0 if changed else REPORT_EVERY_S)

    def should_stop(self) -> bool:
        """Whether going on is of no use: the job is another's, or final, or the worker leaves."""
        self._report(after_s=CHECK_EVERY_S)
        self.stopped = self.stopped or self._lost or self._stopping()
        return self.stopped

    def _report(self, *, after_s: float) -> None:
        now = time.monotonic()
        if self._lost or now < max(self._written_at + after_s, self._quiet_until):
            return
        try:
            self._lost = not self._ledger.report(
                self._job_id, self._number, phase=self._phase, progress=self._progress
            )
        except Unavailable as error:
            # The fit is worth more than its progress: go on, the broker may be back at the end.
            logger.warning("job %s: progress not written: %s", self._job_id, error)
            self._quiet_until = time.monotonic() + RETRY_AFTER_S
        self._written_at = time.monotonic()
