"""A worker's signs of life: they keep its claims, show which are lost, and find silent others."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from schemas.errors import Unavailable
from storage.ports import Claim, JobLedger
from telemetry import logs
from worker.settings import WorkerSettings

logger = logging.getLogger(__name__)


class Presence:
    """Signs of life from a thread of their own, whatever the fits are doing; a context manager.

    Attributes:
        name: the worker's.
    """

    def __init__(
        self, ledger: JobLedger, settings: WorkerSettings, *, fits_itself: bool = False
    ) -> None:
        """Say nothing yet.

        Args:
            ledger: hears the signs.
            settings: name and intervals.
            fits_itself: whether the worker fits in its own process, so that a fit can kill it.
        """
        self.name = settings.name
        self._fits_itself = fits_itself
        self._ledger = ledger
        self._settings = settings
        self._lock = threading.Lock()
        # Held while claims are asked for, or taken: nothing is claimed while a beat looks.
        self._asking = threading.Lock()
        self._held: set[Claim] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._live, name="presence", daemon=True)
        # Since when others could speak, as far as we know, in seconds of ``time.monotonic``.
        self._in_touch_since: float | None = None
        self._was_out_of_touch = False

    def __enter__(self) -> Self:
        """Begin to give signs of life."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them."""
        self._done.set()
        self._thread.join()

    def claim(self, count: int) -> list[Claim]:
        """Claim waiting jobs; raises ``Unavailable``."""
        with self._asking:
            claims = self._ledger.claim(self.name, count=count, fits_itself=self._fits_itself)
            with self._lock:
                self._held.update(claims)
        return claims

    def let_go(self, claim: Claim) -> None:
        """This job is done, or no longer ours; if it is neither, the next beat gives it back."""
        with self._lock:
            self._held.discard(claim)

    def holds(self, claim: Claim) -> bool:
        """Whether the job is still ours, as far as we know: not cancelled, nor given to another."""
        return claim in self._held

    def _live(self) -> None:
        swept_at = time.monotonic()
        while not self._done.wait(self._settings.beat_s):
            try:
                self._beat()
                now = time.monotonic()
                if now - swept_at >= self._settings.sweep_s and self._knows_others():
                    swept_at = now
                    self._sweep()
            except Unavailable as error:
                self._in_touch_since, self._was_out_of_touch = None, True
                logger.warning("worker %s: no sign of life given: %s", self.name, error)
            except Exception:  # the door: a worker without signs of life loses all its jobs
                logger.exception("worker %s: an error of ours", self.name)

    def _beat(self) -> None:
        with self._asking:
            known = self._ledger.beat(self.name)
            with self._lock:
                self._held &= known
                # The answer to a claim that was lost, or a job that could not be ended.
                strays = known - self._held
        for claim in strays:
            if self._ledger.give_back(claim) is not None:
                logger.warning("job %s: was ours, but nobody had it: given back", claim.job_id)
        if self._in_touch_since is None:
            # A worker that has just come knows from the ledger that others could speak before.
            before_s = 0.0 if self._was_out_of_touch else self._ledger.up_s()
            self._in_touch_since = time.monotonic() - before_s

    def _knows_others(self) -> bool:
        """Whether the ledger has been there for long enough that others could have spoken."""
        since = self._in_touch_since
        return since is not None and time.monotonic() - since >= self._settings.lost_after_s

    def _sweep(self) -> None:
        for job_id, status in self._ledger.sweep(lost_after_s=self._settings.lost_after_s).items():
            with logs.about(job_id=job_id):
                logger.warning("job %s: its worker fell silent, now %s", job_id, status)
