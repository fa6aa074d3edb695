"""A model as one file: a zip of its documents, with their checksums."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping

# Among the documents in the zip: the sha256 of every other one. A document that is lost leaves no
# trace in a zip, and its own checksums are short.
CHECKSUMS = "checksums.json"
# The usual level takes large models 0.7 s more, and makes them a tenth smaller.
LEVEL = 1


class Damaged(Exception):
    """The file is not what was written; the message says what is wrong."""


def pack(documents: Mapping[str, bytes]) -> bytes:
    """The file of these documents; the same documents give the same file."""
    checksums = json.dumps(_checksums(documents), indent=1).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**documents, CHECKSUMS: checksums}.items():
            # By itself it would have the time of writing.
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=LEVEL)
    return file.getvalue()


def unpack(file: bytes) -> dict[str, bytes]:
    """The documents of a file, as they were.

    Raises:
        Damaged: they are not all there, or not as they were.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            documents = {name: archive.read(name) for name in archive.namelist()}
        expected = json.loads(documents.pop(CHECKSUMS))
    except Exception as error:  # whatever zipfile, zlib and json say to bytes they do not expect
        raise Damaged(f"{type(error).__name__}: {error}") from error
    found = _checksums(documents)
    if not isinstance(expected, dict) or found.keys() != expected.keys():
        raise Damaged(f"it has {sorted(found)}, and its checksums are of others")
    if wrong := [name for name in found if found[name] != expected[name]]:
        raise Damaged(f"the content of {', '.join(wrong)} has changed")
    return documents


def _checksums(documents: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in documents.items()}
