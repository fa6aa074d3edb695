"""One attempt at a job: it reports how far it is, and knows when to stop."""

import logging
import time
from collections.abc import Callable

from schemas.errors import Unavailable
from schemas.jobs import Outline, Phase, Progress
from storage.ports import Claim, Heard, JobLedger
from telemetry import logs

logger = logging.getLogger(__name__)

# Progress is for people: five writes a second are plenty.
REPORT_EVERY_S = 0.2
# A fit that reports nothing asks so often whether its job is still its own.
ASK_EVERY_S = 0.5
# While the ledger is away, every call costs its time-out.
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
        leaving: Callable[[], bool],
    ) -> None:
        """Begin with nothing reported.

        Args:
            claim: the job, and which attempt this is.
            ledger: where progress goes.
            leaving: whether the process has to leave now.
        """
        self.claim = claim
        self.cut_short = False
        self.is_followed = False
        self.iteration = 0
        self._ledger = ledger
        self._is_ours = True
        self._leaving = leaving
        self._phase = Phase.PREPARATION
        self._written_at = -float("inf")
        self._quiet_until = -float("inf")
        self._asked_at = time.monotonic()

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
            self._is_ours = heard is not Heard.REFUSED
        except Unavailable as error_:
            # The fit is worth more than its progress: go on, the broker may be back at the end.
            self._be_quiet("progress not written", error_)
        self._written_at = self._asked_at = time.monotonic()

    def should_stop(self) -> bool:
        """Whether going on is of no use: the job is not ours any more, or the process leaves."""
        self.cut_short = self.cut_short or self._leaving() or not self._still_ours()
        return self.cut_short

    def _still_ours(self) -> bool:
        """Whether the job is, as far as we know: not cancelled, nor given to another."""
        now = time.monotonic()
        if self._is_ours and now >= max(self._asked_at + ASK_EVERY_S, self._quiet_until):
            try:
                self._is_ours = self._ledger.holds(self.claim)
            except Unavailable as error:
                self._be_quiet("not known whether it is ours", error)
            self._asked_at = time.monotonic()
        return self._is_ours

    def _be_quiet(self, what: str, error: Unavailable) -> None:
        """Ask nothing for a while."""
        with logs.about(job_id=self.claim.job_id):
            logger.warning("job %s: %s: %s", self.claim.job_id, what, error)
        self._quiet_until = time.monotonic() + RETRY_AFTER_S
