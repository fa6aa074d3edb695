"""Orphans in the store: inputs of submissions that were never accepted, which nobody asks for.

An API that is killed between writing an input and writing its job leaves one. It is removed two
days later, which is longer than anything takes: a submission that is repeated under an idempotency
key writes its input again, and keys are kept for a day.

A ledger that has been emptied, or is the wrong one, knows no job at all. So a store names the
ledger it belongs to, by a word that is written into both when they first meet. Only what was
written since then is ever removed, and nothing as long as the words differ.
"""

import itertools
import logging
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import redis

from schemas.errors import NotFound
from storage import keys
from storage.blobs import Blobs
from storage.connection import translated

logger = logging.getLogger(__name__)

KEPT = timedelta(days=2)
LOOKED_FOR_EVERY_S = 86_400
# So many are looked up in the ledger with one call.
AT_ONCE = 500


class Orphans:
    """Finds and removes them. Every method raises ``Unavailable``."""

    def __init__(self, blobs: Blobs, connection: redis.Redis) -> None:
        """Look at these inputs of all tenants, with the ledger on this connection."""
        self._blobs = blobs
        self._redis = connection

    def remove_if_due(self) -> None:
        """Remove them if nobody has looked for a day: with many inputs a look takes a while."""
        with translated():
            due = self._redis.set(keys.ORPHANS_SOUGHT, "", nx=True, ex=LOOKED_FOR_EVERY_S)
        if due:
            self.remove(before=datetime.now(UTC) - KEPT)

    def remove(self, *, before: datetime) -> None:
        """Remove what was written before this time, and what killed writers left unfinished."""
        self._blobs.remove_unfinished(before)
        since = self._ours_since()
        if since is None:
            logger.warning(
                "the store belongs to the ledger of another broker: orphans in it are not looked "
                "for. If the other is lost, remove %s from the store",
                keys.OWNER,
            )
            return
        old = (name for name, at in self._blobs.written(keys.INPUTS) if since < at < before)
        while some := list(itertools.islice(old, AT_ONCE)):
            orphans = self._unknown(some)
            self._blobs.delete(orphans)
            for name in orphans:
                logger.info("%s: no job knows it, removed", name)

    def _ours_since(self) -> datetime | None:
        """When the store became this ledger's; None if it is another's."""
        with translated():
            self._redis.set(keys.LEDGER, secrets.token_hex(16), nx=True)
            ours = self._redis.get(keys.LEDGER)
        assert isinstance(ours, bytes)
        try:
            owner = self._blobs.read(keys.OWNER)
        except NotFound:
            self._blobs.put_new(keys.OWNER, ours)
            owner = self._blobs.read(keys.OWNER)
        assert owner is not None
        return owner.written if owner.content == ours else None

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
