"""What a place for bytes must offer, so that inputs and models can be kept in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Blob:
    """What a name stands for.

    Attributes:
        content: its bytes.
        version: a word that changes whenever they do.
        written: when that was, by the clock of the place.
    """

    content: bytes
    version: str
    written: datetime


class Blobs(Protocol):
    """Bytes under names like ``models/default/abc.zip``.

    What is written has reached the disk when the call returns, and is visible whole or not at all.
    Every method raises ``Unavailable`` when the place does not answer, and every write
    ``StoreFull`` when it has no room.
    """

    def put(self, name: str, content: bytes) -> None:
        """Write a blob; one that is there already is replaced."""

    def put_all(self, contents: Mapping[str, bytes]) -> None:
        """Write blobs by name: faster than one by one; those that are there are replaced."""

    def put_new(self, name: str, content: bytes) -> None:
        """Write a blob unless there is one: of many that try at once, one wins."""

    def get(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A blob, or so many of its bytes; raises ``NotFound``."""

    def read(self, name: str, *, known: str | None = None) -> Blob | None:
        """A blob and its version; None if that is the one known already; raises ``NotFound``."""

    def delete(self, names: Iterable[str]) -> None:
        """Remove blobs; what is not there is as good as removed."""

    def names(self, prefix: str) -> list[str]:
        """All names that go on after this prefix, which has a ``/``."""

    def written(self, top: str) -> Iterator[tuple[str, datetime]]:
        """All names below a top, and when each was written; those of a directory at a time.

        The caller may delete some meanwhile.
        """

    def remove_unfinished(self, before: datetime) -> None:
        """Remove what writers left that were killed before this time."""

    def check(self) -> None:
        """Raise ``Unavailable`` unless something can be written."""
