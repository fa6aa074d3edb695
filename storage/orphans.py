"""Orphans in the store: inputs of submissions that were never accepted, which nobody asks for.

An API that is killed between writing an input and writing its job leaves one. It is removed two
days later, which is longer than anything takes: a submission that is repeated under an idempotency
key writes its input again, and keys are kept for a day.

A ledger that has been emptied, or is the wrong one, knows no job at all. So only what was written
since store and ledger were bound is ever removed, and nothing where they are not.
"""

import itertools
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import redis

from storage import keys
from storage.binding import Binding
from storage.blobs import Blobs
from storage.connection import translated

logger = logging.getLogger(__name__)

KEPT = timedelta(days=2)
LOOKED_FOR_EVERY_S = 86_400
# So many are looked up in the ledger with one call.
AT_ONCE = 500


class Orphans:
    """Finds and removes them. Every method raises ``Unavailable``."""

    def __init__(self, blobs: Blobs, connection: redis.Redis, binding: Binding) -> None:
        """Look at these inputs of all tenants, with the ledger on this connection."""
        self._blobs = blobs
        self._redis = connection
        self._binding = binding

    def remove_if_due(self) -> None:
        """Remove them if nobody has looked for a day: with many inputs a look takes a while."""
        with translated():
            due = self._redis.set(keys.ORPHANS_SOUGHT, "", nx=True, ex=LOOKED_FOR_EVERY_S)
        if due:
            self.remove(before=datetime.now(UTC) - KEPT)

    def remove(self, *, before: datetime) -> None:
        """Remove what was written before this time, and what killed writers left unfinished."""
        self._blobs.remove_unfinished(before)
        since = self._binding.since()
        if since is None:
            logger.warning(
                "the store is not bound to this broker, so no orphans in it are looked for: see %s",
                keys.OWNER,
            )
            return
        old = (name for name, at in self._blobs.written(keys.INPUTS) if since < at < before)
        while some := list(itertools.islice(old, AT_ONCE)):
            orphans = self._unknown(some)
            self._blobs.delete(orphans)
            for name in orphans:
                logger.info("%s: no job knows it, removed", name)

    def _unknown(self, names: Iterable[str]) -> list[str]:
        """Those of these inputs that are of no job or batch."""
        asked = []
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for name in names:
                subject = name.rpartition("/")[2].partition(".")[0]
                if subject.startswith("job_"):
                    pipeline.exists(keys.job_key(subject))
                elif subject.startswith("batch_"):
                    # One that is still being read has jobs, but no question yet.
                    pipeline.hexists(keys.BATCH_PREFIX + subject, "question")
                else:
                    continue  # not of our making
                asked.append(name)
            known = pipeline.execute()
        return [name for name, is_known in zip(asked, known, strict=True) if not is_known]
