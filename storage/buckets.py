"""Blobs as objects in a bucket of S3, or of anything that speaks its language."""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, GenericError, NotModifiedError
from obstore.store import S3Store

from schemas.errors import NotFound, StoreFull, Unavailable
from storage.blobs import Blob

# A store that does not answer costs a request at most both together: after so long no further try
# begins. A part of an upload has to get through in one try.
TRY_S = 10
TRIES_BEGIN_WITHIN_S = 5
CONNECT_S = 2
RETRIES = 2
PART_BYTES = 8 * 1024 * 1024
AT_ONCE = 16

# S3's own buckets are never full; those of others say it like this.
_NO_ROOM = ("507 Insufficient Storage", "StorageFull", "QuotaExceeded")
_BEYOND_THE_END = "416 Range Not Satisfiable"
# The longest word that a log needs: obstore adds pages.
_MOST_WORDS = 300


class BucketBlobs:
    """``Blobs`` in a bucket, below a prefix."""

    def __init__(self, bucket: str, *, prefix: str = "") -> None:
        """Name the bucket; it is asked nothing yet.

        Endpoint, region and credentials come from the environment (``AWS_*``).

        Args:
            bucket: its name.
            prefix: what the names of all blobs are put below; may be empty.

        Raises:
            Unavailable: the environment has settings that make no sense.
        """
        with _translated():
            self._store = S3Store(
                bucket,
                prefix=prefix or None,
                client_options={
                    "allow_http": _endpoint().startswith("http://"),
                    "connect_timeout": timedelta(seconds=CONNECT_S),
                    "timeout": timedelta(seconds=TRY_S),
                },
                retry_config={
                    "max_retries": RETRIES,
                    "retry_timeout": timedelta(seconds=TRIES_BEGIN_WITHIN_S),
                },
            )

    def put(self, name: str, content: bytes) -> None:
        """Write a blob; one that is there already is replaced."""
        with _translated():
            obstore.put(self._store, name, content, chunk_size=PART_BYTES)

    def put_all(self, contents: Mapping[str, bytes]) -> None:
        """Write blobs by name, at the same time; those that are there already are replaced."""
        with ThreadPoolExecutor(AT_ONCE) as executor:
            list(executor.map(self.put, contents, contents.values()))

    def put_new(self, name: str, content: bytes) -> None:
        """Write a blob unless there is one: of many that try at once, one wins.

        With ``AWS_CONDITIONAL_PUT=disabled``, for stores that cannot do that, the last one wins.
        """
        with _translated():
            try:
                obstore.put(self._store, name, content, mode="create")
            except AlreadyExistsError:
                return
            except NotImplementedError:
                obstore.put(self._store, name, content, chunk_size=PART_BYTES)

    def get(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A blob, or so many of its bytes; raises ``NotFound``."""
        if length is None:
            blob = self.read(name)
            assert blob is not None
            return blob.content[offset:]
        if length == 0:
            return b""
        with _translated(name):
            try:
                return bytes(obstore.get_range(self._store, name, start=offset, length=length))
            except GenericError as error:
                if _BEYOND_THE_END not in str(error):
                    raise
                return b""

    def read(self, name: str, *, known: str | None = None) -> Blob | None:
        """A blob and its version; None if that is the one known already; raises ``NotFound``."""
        with _translated(name):
            try:
                answer = obstore.get(
                    self._store, name, options={"if_none_match": known} if known else {}
                )
            except NotModifiedError:
                return None
            meta = answer.meta
            return Blob(bytes(answer.bytes()), meta["e_tag"] or "", meta["last_modified"])

    def delete(self, names: Iterable[str]) -> None:
        """Remove blobs; what is not there is as good as removed."""
        with _translated():
            obstore.delete(self._store, list(names))

    def names(self, prefix: str) -> list[str]:
        """All names that go on after this prefix, which has a ``/``."""
        directory, _, stem = prefix.rpartition("/")
        found = []
        with _translated():
            # A list takes directories only, but begins where one likes; names come in order.
            listed = obstore.list(self._store, directory, offset=prefix if stem else None)
            for entry in (entry for chunk in listed for entry in chunk):
                if not entry["path"].startswith(prefix):
                    break
                found.append(entry["path"])
        return found

    def written(self, top: str) -> Iterator[tuple[str, datetime]]:
        """All names below a top, and when each was written; those of a page at a time."""
        with _translated():
            for page in obstore.list(self._store, top):
                for entry in page:
                    yield entry["path"], entry["last_modified"]

    def remove_unfinished(self, before: datetime) -> None:
        """Do nothing: what is no object yet is the bucket's own, and has no name here."""

    def check(self) -> None:
        """Raise ``Unavailable`` unless something can be written.

        The same object every time, and it stays: a bucket may keep what is deleted.
        """
        self.put("probe", b"?")


def _endpoint() -> str:
    """The endpoint that obstore is going to read."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


@contextmanager
def _translated(name: str | None = None) -> Iterator[None]:
    """Say it in our words.

    Args:
        name: the blob that is to be read, if one is.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        text = str(error)
        # A bucket that is not there is no answer to the question for a blob.
        if name is not None and isinstance(error, FileNotFoundError) and "NoSuchBucket" not in text:
            raise NotFound("blob", name) from None
        reason = text.partition("\n\nDebug source")[0][:_MOST_WORDS]
        if any(word in text for word in _NO_ROOM):
            raise StoreFull(reason) from error
        raise Unavailable("store", reason) from error
