"""Inputs and models in blobs: ``inputs/<tenant>/<name>`` and ``models/<tenant>/<id>.zip``."""

import logging
from collections.abc import Iterable, Mapping
from typing import Self

from schemas.errors import NotFound
from storage.archives import Damaged, pack, unpack
from storage.blobs import Blobs
from storage.keys import DEFAULT_TENANT, INPUTS, MODELS
from storage.recent import Kept, Recent

logger = logging.getLogger(__name__)

KEPT_BYTES = 32 * 1024 * 1024


class BlobArtifactStore:
    """An ``ArtifactStore`` in any place for blobs.

    A model is one blob, so that nobody sees a part of it. One that is damaged is as good as none:
    the log names it, and the next who asks its question has it fitted again.
    """

    def __init__(
        self, blobs: Blobs, tenant: str = DEFAULT_TENANT, *, recent: Recent | None = None
    ) -> None:
        """Keep everything in these blobs.

        Args:
            blobs: where everything is.
            tenant: whose it is.
            recent: the models that were read last, of all tenants; by default none yet.
        """
        self._blobs = blobs
        self._tenant = tenant
        self._recent = Recent(KEPT_BYTES) if recent is None else recent

    def of(self, tenant: str) -> Self:
        """The same store, for another tenant."""
        return type(self)(self._blobs, tenant, recent=self._recent)

    def put_inputs(self, contents: Mapping[str, bytes]) -> None:
        """Keep inputs by name; those that are there already are replaced."""
        self._blobs.put_all({self._input(name): content for name, content in contents.items()})

    def get_input(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """An input, or so many of its bytes; raises ``NotFound``."""
        try:
            return self._blobs.get(self._input(name), offset=offset, length=length)
        except NotFound:
            raise NotFound("input", name) from None

    def delete_inputs(self, names: Iterable[str]) -> None:
        """Remove inputs; what is not there is as good as removed."""
        self._blobs.delete([self._input(name) for name in names])

    def input_names(self, prefix: str = "") -> list[str]:
        """The names of inputs that go on after this prefix, in order."""
        top = self._input("")
        return [name.removeprefix(top) for name in self._blobs.names(top + prefix)]

    def put_model(self, model_id: str, artifacts: Mapping[str, bytes]) -> None:
        """Keep all artifacts of a model at once; does nothing when a sound one is there already."""
        name = self._model(model_id)
        try:
            self._read(name)
        except NotFound:
            self._blobs.put_new(name, pack(artifacts))
        except Damaged as damage:
            logger.warning("%s is damaged and is replaced: %s", name, damage)
            self._blobs.put(name, pack(artifacts))

    def get_artifact(self, model_id: str, name: str) -> bytes:
        """One artifact of a model, by file name; raises ``NotFound``."""
        try:
            return self._documents(model_id)[name]
        except KeyError:
            raise NotFound("model", model_id) from None

    def delete_model(self, model_id: str) -> None:
        """Remove a model; does nothing if it is not there."""
        if _plain(model_id):
            self._blobs.delete([self._model(model_id)])
            self._recent.drop(self._model(model_id))

    def check(self) -> None:
        """Raise ``Unavailable`` unless something can be written."""
        self._blobs.check()

    def _documents(self, model_id: str) -> Mapping[str, bytes]:
        """What a model consists of; raises ``NotFound``, also if it is damaged."""
        missing = NotFound("model", model_id)
        if not _plain(model_id):
            raise missing
        name = self._model(model_id)
        try:
            return self._read(name)
        except NotFound:
            raise missing from None
        except Damaged as damage:
            logger.error("%s is damaged and counts as absent: %s", name, damage)
            raise missing from damage

    def _read(self, name: str) -> Mapping[str, bytes]:
        """The documents in a blob; raises ``NotFound`` and ``Damaged``.

        The place is asked each time whether the blob is still the one that was read before: it may
        have been deleted, or replaced, by another process.
        """
        kept = self._recent.get(name)
        try:
            blob = self._blobs.read(name, known=kept.version if kept else None)
        except NotFound:
            self._recent.drop(name)
            raise
        if blob is None:
            assert kept is not None
            return kept.documents
        documents = unpack(blob.content)
        self._recent.keep(name, Kept(blob.version, documents))
        return documents

    def _input(self, name: str) -> str:
        return f"{INPUTS}/{self._tenant}/{name}"

    def _model(self, model_id: str) -> str:
        return f"{MODELS}/{self._tenant}/{model_id}.zip"


def _plain(name: str) -> bool:
    """Whether a client's name is safe in the name of a blob, and none of our temporary ones."""
    # 200 bytes leave room for what is added to them within the 255 of most file systems.
    length = len(name.encode("utf-8", "replace"))
    return 0 < length < 200 and name.isprintable() and "/" not in name and not name.startswith(".")
