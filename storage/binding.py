"""Which broker a store belongs to: a word that is written into both when they first meet.

A process with another store than the one that belongs to its broker would look for samples that
were never there, or take all that is there for orphans. So the API binds them at its first start,
and nobody goes on whose store and broker do not know the same word.
"""

import secrets
from datetime import datetime

import redis

from schemas.errors import NotFound, Unavailable, WrongStore
from storage import keys
from storage.blobs import Blob, Blobs
from storage.connection import translated


class Binding:
    """The word that broker and store share. Every method raises ``Unavailable``."""

    def __init__(self, blobs: Blobs, connection: redis.Redis) -> None:
        """Look at nothing yet."""
        self._blobs = blobs
        self._redis = connection
        self._is_known = False

    def bind(self) -> None:
        """Bind the store to the broker, if it belongs to none; quick once that is done.

        Raises:
            WrongStore: it belongs to another.
        """
        if self._is_known:
            return
        if self._owner() is None:
            with translated():
                self._redis.set(keys.LEDGER, secrets.token_hex(16), nx=True)
            word = self._word()
            assert word is not None
            self._blobs.put_new(keys.OWNER, word)
        self.check()
        self._is_known = True

    def check(self) -> None:
        """Look whether they belong to each other.

        Raises:
            Unavailable: they have not met yet.
            WrongStore: the store belongs to another broker.
        """
        owner, word = self._owner(), self._word()
        if owner is None:
            reason = "it belongs to no broker yet: the first start of an API binds it to its own"
            raise Unavailable("store", reason)
        if owner.content != word:
            raise WrongStore(keys.OWNER)

    def since(self) -> datetime | None:
        """When they met; None if they do not belong to each other."""
        owner, word = self._owner(), self._word()
        return owner.written if owner is not None and owner.content == word else None

    def _owner(self) -> Blob | None:
        """What the store says of its broker."""
        try:
            return self._blobs.read(keys.OWNER)
        except NotFound:
            return None

    def _word(self) -> bytes | None:
        with translated():
            found = self._redis.get(keys.LEDGER)
        assert found is None or isinstance(found, bytes)
        return found
