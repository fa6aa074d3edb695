"""Blobs as files in a directory that all processes share."""

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import NotFound, StoreFull, Unavailable
from storage.blobs import Blob
from storage.keys import DATA_DIRECTORIES
from storage.private import DIRECTORY_MODE, make_private, open_private

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# What file systems without hard links say.
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
# The names of files that are being written: there are others that begin with a dot.
_TEMPORARY = re.compile(r"\..+\.[0-9]+\.[0-9a-f]{8}")


class FileBlobs:
    """``Blobs`` below a directory.

    What is written gets a temporary name first, is synced, and is moved into place, so that a
    reader sees all of it or nothing, also after a power failure.
    """

    def __init__(self, root: Path, tops: Sequence[str], *, make: bool = False) -> None:
        """Open the directory, or make it.

        Otherwise, and from then on, one that is not there, or is empty, is a share that is not
        mounted: what was written there would be lost from sight when it is back.

        Args:
            root: the directory.
            tops: the first part of every name.
            make: whether it is made if there is none.

        Raises:
            Unavailable: it is not there, or cannot be made.
        """
        self._root = root
        self._tops = [root / top for top in tops]
        if make:
            with _translated():
                make_private(root, known=DATA_DIRECTORIES)
                for top in self._tops:
                    make_private(top)
                _sync_directory(root)
        missing = next((top for top in self._tops if not top.is_dir()), None)
        if missing is not None:
            reason = f"there is no directory {missing}: the API makes it, or it is to be mounted"
            raise Unavailable("store", reason)

    def put(self, name: str, content: bytes) -> None:
        """Write a blob; one that is there already is replaced."""
        self.put_all({name: content})

    def put_all(self, contents: Mapping[str, bytes]) -> None:
        """Write blobs by name; those that are there already are replaced.

        A directory is synced once for all that is new in it.
        """
        paths = {self._root / name: content for name, content in contents.items()}
        with self._written_beside(paths) as beside:
            for path in paths:
                beside[path].replace(path)
                del beside[path]

    def put_new(self, name: str, content: bytes) -> None:
        """Write a blob unless there is one: of many that try at once, one wins."""
        path = self._root / name
        with self._written_beside({path: content}) as beside:
            try:
                path.hardlink_to(beside[path])
            except FileExistsError:
                return
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                # The last one wins here, and whoever reads meanwhile still reads a whole one.
                beside[path].replace(path)
                del beside[path]

    def get(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A blob, or so many of its bytes; raises ``NotFound``."""
        with self._reading(name), (self._root / name).open("rb") as file:
            file.seek(offset)
            return file.read(-1 if length is None else length)

    def read(self, name: str, *, known: str | None = None) -> Blob | None:
        """A blob and its version; None if that is the one known already; raises ``NotFound``."""
        with self._reading(name), (self._root / name).open("rb") as file:
            status = os.fstat(file.fileno())
            version = f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
            return None if version == known else Blob(file.read(), version, _written(status))

    def delete(self, names: Iterable[str]) -> None:
        """Remove blobs; what is not there is as good as removed."""
        touched = set()
        for name in names:
            with suppress(NotFound), self._reading(name):
                (self._root / name).unlink()
                touched.add((self._root / name).parent)
        with _translated():
            for directory in touched:
                _sync_directory(directory)

    def names(self, prefix: str) -> list[str]:
        """All names that go on after this prefix, which has a ``/``."""
        directory, _, stem = prefix.rpartition("/")
        found: list[str] = []
        with suppress(NotFound), self._reading(prefix):
            # What begins with a dot is temporary.
            found = [
                f"{directory}/{name}"
                for name in os.listdir(self._root / directory)
                if name.startswith(stem) and name != stem and not name.startswith(".")
            ]
        return sorted(found)

    def written(self, top: str) -> Iterator[tuple[str, datetime]]:
        """All names below a top, and when each was written; those of a directory at a time."""
        for path, at in self._files(self._root / top):
            if not path.name.startswith("."):
                yield path.relative_to(self._root).as_posix(), at

    def remove_unfinished(self, before: datetime) -> None:
        """Remove what writers left that were killed before this time."""
        for top in self._tops:
            for path, at in self._files(top):
                if at < before and _TEMPORARY.fullmatch(path.name):
                    with _translated():
                        path.unlink(missing_ok=True)

    def _files(self, top: Path) -> Iterator[tuple[Path, datetime]]:
        """The files of a top and of the directories in it."""
        with _translated():
            directories = [top, *(path for path in top.iterdir() if path.is_dir())]
            for directory in directories:
                with os.scandir(directory) as entries:
                    for entry in entries:
                        with suppress(FileNotFoundError):
                            if entry.is_file():
                                yield Path(entry), _written(entry.stat())

    def check(self) -> None:
        """Raise ``Unavailable`` unless something can be written."""
        with self._written_beside({top / "probe": b"?" for top in self._tops}):
            pass

    @contextmanager
    def _written_beside(self, contents: Mapping[Path, bytes]) -> Iterator[dict[Path, Path]]:
        """The content of each path under a temporary name beside it.

        Those that are still in the dict at the end are removed; then the directories are synced.
        """
        suffix = f"{os.getpid()}.{secrets.token_hex(4)}"
        # As in _TEMPORARY.
        beside = {path: path.with_name(f".{path.name}.{suffix}") for path in contents}
        directories = {path.parent for path in contents}
        with _translated():
            for directory in directories.difference(self._tops):
                _make_below_existing(directory)
            try:
                for path, temporary in beside.items():
                    _write_synced(temporary, contents[path])
                yield beside
            finally:
                for temporary in beside.values():
                    with suppress(FileNotFoundError):
                        temporary.unlink()
            for directory in directories:
                _sync_directory(directory)

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Tell a blob that is not there from a directory that is not."""
        with _translated():
            try:
                yield
            except FileNotFoundError:
                top = self._root / name.partition("/")[0]
                if not top.is_dir():
                    raise
                raise NotFound("blob", name) from None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreFull(str(error)) from error
        raise Unavailable("store", str(error)) from error


def _written(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


def _make_below_existing(directory: Path) -> None:
    """Make one directory, if need be, in one that must be there."""
    try:
        directory.mkdir(mode=DIRECTORY_MODE)
    except FileExistsError:
        return
    _sync_directory(directory.parent)


def _write_synced(path: Path, content: bytes) -> None:
    with open(path, "xb", opener=open_private) as file:  # a path has no opener
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
