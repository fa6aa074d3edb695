"""One attempt at a job: it reports how far it is, and knows when to stop."""

import logging
import time
from collections.abc import Callable

from schemas.errors import Unavailable
from schemas.jobs import Outline, Phase, Progress
from storage.ports import Claim, Heard, JobLedger
from telemetry import logs
from worker.presence import Presence

logger = logging.getLogger(__name__)

# Progress is for people: five writes a second are plenty.
REPORT_EVERY_S = 0.2
# While the ledger is away, every write costs its time-out.
RETRY_AFTER_S = 5.0


class Attempt:
    """One attempt at a job.

    Attributes:
        claim: the job, and which attempt this is.
        iteration: how many iterations training has taken so far.
        cut_short: whether the fit was told to stop, so that what it returns is not the answer.
        is_followed: whether somebody watches the network being trained, as far as we know.
    """

    def __init__(
        self,
        claim: Claim,
        *,
        ledger: JobLedger,
        presence: Presence,
        leaving: Callable[[], bool],
    ) -> None:
        """Begin with nothing reported.

        Args:
            claim: the job, and which attempt this is.
            ledger: where progress goes.
            presence: knows whether the job is still ours.
            leaving: whether the worker has to leave now.
        """
        self.claim = claim
        self.cut_short = False
        self.is_followed = False
        self.iteration = 0
        self._ledger = ledger
        self._presence = presence
        self._leaving = leaving
        self._phase = Phase.PREPARATION
        self._written_at = -float("inf")
        self._quiet_until = -float("inf")

    def on_progress(self, phase: Phase, progress: Progress, outline: Outline | None) -> None:
        """Report how far the fit is; most calls cost nothing."""
        self.iteration = progress.iteration
        now = time.monotonic()
        due_s = 0.0 if phase is not self._phase else REPORT_EVERY_S
        self._phase = phase
        if now < max(self._written_at + due_s, self._quiet_until):
            return
        try:
            heard = self._ledger.report(self.claim, phase=phase, progress=progress, outline=outline)
            self.is_followed = heard is Heard.AND_FOLLOWED
            if heard is Heard.REFUSED:
                self._presence.let_go(self.claim)
        except Unavailable as error_:
            # The fit is worth more than its progress: go on, the broker may be back at the end.
            with logs.about(job_id=self.claim.job_id):
                logger.warning("job %s: progress not written: %s", self.claim.job_id, error_)
            self._quiet_until = time.monotonic() + RETRY_AFTER_S
        self._written_at = time.monotonic()

    def should_stop(self) -> bool:
        """Whether going on is of no use: the job is not ours any more, or the worker leaves."""
        self.cut_short = self.cut_short or not self._presence.holds(self.claim) or self._leaving()
        return self.cut_short
