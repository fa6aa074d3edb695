"""What is kept for how long: jobs go some time after their end, models when they are told to.

What belongs to no job goes by itself: see ``storage.orphans``.
"""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from schemas.errors import NotFound, Unavailable
from storage.removal import remove
from storage.settings import Stores
from worker.settings import WorkerSettings

logger = logging.getLogger(__name__)

DAY_S = 86_400.0
# So many of each are removed at a look; the next look comes soon.
AT_ONCE = 100
LOOKS_EVERY_S = 10.0


class Retention:
    """Removes what has been kept for long enough; a context manager that does so now and then.

    In a thread of its own: a store may take its time, and signs of life must not wait for it.
    Several workers may do so side by side.
    """

    def __init__(self, stores: Stores, settings: WorkerSettings) -> None:
        """Keep what the settings say."""
        self._stores = stores
        self._jobs_kept_days = settings.jobs_kept_days
        self._models_kept_days = settings.models_kept_days
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._live, name="retention", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look no more; a look that is under way is left to the end of the process."""
        self._done.set()

    def look(self) -> None:
        """Remove what is due.

        Raises:
            Unavailable: broker or store does not answer; the rest is removed another time.
        """
        if self._jobs_kept_days is not None:
            before_ms = (time.time() - self._jobs_kept_days * DAY_S) * 1000
            for subject in self._stores.ended.before(before_ms, limit=AT_ONCE):
                self._remove(subject)
        if self._models_kept_days is not None:
            before_ms = (time.time() - self._models_kept_days * DAY_S) * 1000
            for tenant in self._stores.models.tenants():
                self._remove_models(self._stores.of(tenant), before_ms)
        self._stores.orphans.remove_if_due()

    def _live(self) -> None:
        while not self._done.wait(LOOKS_EVERY_S):
            try:
                self.look()
            except Unavailable as error:
                logger.warning("what is due was not removed: %s", error)
            except Exception:  # the door: one record that cannot be read must not end it all
                logger.exception("what is due was not removed, for an error of ours")

    def _remove(self, subject: str) -> None:
        is_batch = subject.startswith("batch_")
        look_up = self._stores.batches.get if is_batch else self._stores.ledger.get
        try:
            tenant = look_up(subject).tenant
        except NotFound:
            tenant = None
        if tenant is None:
            self._stores.ended.forget(subject)
        else:
            remove(subject, self._stores.of(tenant))
        logger.info("%s: its time is over, forgotten", subject)

    def _remove_models(self, stores: Stores, before_ms: float) -> None:
        for model_id, created_ms in stores.models.oldest(AT_ONCE):
            if created_ms >= before_ms:
                return
            stores.artifacts.delete_model(model_id)
            stores.models.remove(model_id, created_ms=created_ms)
            logger.info("model %s: its time is over, deleted", model_id)
