"""The models that were read last, so that each need not be read and checked again and again."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """The documents of a model, and the version of the blob they were in."""

    version: str
    documents: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """The bytes they take."""
        return sum(map(len, self.documents.values()))


class Recent:
    """What was used last, up to so many bytes; for any number of threads."""

    def __init__(self, max_bytes: int) -> None:
        """Keep nothing yet."""
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> Kept | None:
        """What is kept under this name."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def keep(self, name: str, kept: Kept) -> None:
        """Keep this, and forget what has not been used for longest as there is no room for it."""
        with self._lock:
            self._drop(name)
            self._kept[name] = kept
            self._bytes += kept.size
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def drop(self, name: str) -> None:
        """Forget what is kept under this name."""
        with self._lock:
            self._drop(name)

    def _drop(self, name: str) -> None:
        if dropped := self._kept.pop(name, None):
            self._bytes -= dropped.size
