"""Inputs and models in a directory: ``inputs/<tenant>/<name>``, ``models/<tenant>/<id>/<file>``."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from schemas.errors import NotFound, Unavailable
from storage.keys import DEFAULT_TENANT


class LocalArtifactStore:
    """An ``ArtifactStore`` in a directory that all processes share.

    What is written gets a temporary name first, is synced, and is renamed into place, so that a
    reader sees all of it or nothing, also after a power failure.
    """

    def __init__(self, root: Path, tenant: str = DEFAULT_TENANT) -> None:
        """Open the store below ``root``; directories are made as they are needed."""
        self._root = root
        self._inputs = root / "inputs" / tenant
        self._models = root / "models" / tenant

    def of(self, tenant: str) -> Self:
        """The same store, for another tenant."""
        return type(self)(self._root, tenant)

    def put_input(self, name: str, content: bytes) -> None:
        """Keep an input; one that is there already under this name is replaced."""
        path = self._inputs / name
        with _translated():
            self._inputs.mkdir(parents=True, exist_ok=True)
            temporary = _temporary_beside(path)
            _write_synced(temporary, content)
            temporary.replace(path)
            _sync_directory(self._inputs)

    def get_input(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """An input, or so many of its bytes."""
        content = _read(self._inputs / name, NotFound("input", name))
        return content[offset : None if length is None else offset + length]

    def delete_inputs(self, name: str) -> None:
        """Remove the input of this name and all whose names begin with it and a ``.``."""
        with _translated():
            for path in (self._inputs / name, *self._inputs.glob(f"{name}.*")):
                path.unlink(missing_ok=True)

    def put_model(self, model_id: str, artifacts: Mapping[str, bytes]) -> None:
        """Keep all artifacts of a model at once; does nothing when the model is there already."""
        final = self._models / model_id
        with _translated():
            if final.exists():
                return
            self._models.mkdir(parents=True, exist_ok=True)
            temporary = _temporary_beside(final)
            temporary.mkdir()
            for name, data in artifacts.items():
                _write_synced(temporary / name, data)
            _sync_directory(temporary)
            try:
                temporary.rename(final)
            except OSError:
                # Another worker answered the same question first: a directory that is not empty
                # cannot be replaced, and its content answers as well as ours.
                shutil.rmtree(temporary)
                if not final.exists():
                    raise
            _sync_directory(self._models)

    def has_model(self, model_id: str) -> bool:
        """Whether this model is there."""
        with _translated():
            return _plain(model_id) and (self._models / model_id).is_dir()

    def get_artifact(self, model_id: str, name: str) -> bytes:
        """One artifact of a model, by file name."""
        missing = NotFound("model", model_id)
        if not (_plain(model_id) and _plain(name)):
            raise missing
        return _read(self._models / model_id / name, missing)

    def delete_model(self, model_id: str) -> None:
        """Remove a model; does nothing if it is not there."""
        if not _plain(model_id):
            return
        gone = _temporary_beside(self._models / model_id)
        with _translated():
            try:
                # Out of sight in one step, then piece by piece.
                (self._models / model_id).rename(gone)
            except FileNotFoundError:
                return
            _sync_directory(self._models)
            shutil.rmtree(gone)

    def check(self) -> None:
        """Raise ``Unavailable`` unless something can be written."""
        with _translated():
            self._inputs.mkdir(parents=True, exist_ok=True)
            probe = _temporary_beside(self._inputs / "probe")
            probe.write_bytes(b"")
            probe.unlink()


def _plain(name: str) -> bool:
    """Whether a name stays inside its directory and is not one of our temporary ones."""
    # 200 bytes leave room for what a temporary name adds within the 255 of most file systems.
    length = len(name.encode("utf-8", "replace"))
    return 0 < length < 200 and name.isprintable() and "/" not in name and not name.startswith(".")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("store", str(error)) from error


def _read(path: Path, missing: NotFound) -> bytes:
    with _translated():
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise missing from None


def _temporary_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
