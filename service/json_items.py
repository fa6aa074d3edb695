"""A JSON document whose member ``items`` is an array larger than memory may be.

Only the ends of the elements are looked for here, by brackets, commas and texts. What is between
them is read by ``json.loads``, one element after the other; and the document without them as well.
If all of these pieces are JSON, then so is the whole.

Parsers of streams were tried instead: yajl ends the process at an integer of 5,000 digits, takes
memory by the square of the depth, and refuses integers of more than 64 bits.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from schemas.errors import FieldError, InvalidInput
from service.json_values import TWICE, check_members, load_json

ITEMS = "items"
# Of the document without its elements; metadata and a webhook take some 20,000.
MAX_ENVELOPE_BYTES = 1024 * 1024
# Of one element. A question has ten of them; each of millions would take time and memory.
MAX_BRACKETS = 1_000
CHUNK_BYTES = 64 * 1024

# A text that ends; one that does not is left over as a quotation mark.
_TEXT = rb'"(?:[^"\\]++|\\.)*+"'
# What is between two brackets, or between brackets and commas.
_WITHIN = re.compile(rb'(?s)(?:[^"\[\]{}]++|' + _TEXT + rb")*+")
_AMONG = re.compile(rb'(?s)(?:[^"\[\]{},]++|' + _TEXT + rb")*+")
# The end of a piece that a member's array follows.
_MEMBER = re.compile(rb"(?s)(" + _TEXT + rb")[ \t\r\n]*+:[ \t\r\n]*+\Z")
_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?+[ \t\r\n]*+\{")
_OPEN = b"[{"
_LARGE = FieldError(
    path=("body",), detail=f"has more than {MAX_ENVELOPE_BYTES} bytes besides its items"
)


class NotJson(ValueError):
    """What was sent is not JSON; the message says why, and where."""


@dataclass(frozen=True)
class Element:
    """One element of the array.

    Attributes:
        index: its place in the array, from 0.
        offset: its first byte in the file.
        content: its bytes, white space around it included.
    """

    index: int
    offset: int
    content: bytes

    def document(self) -> Any:  # noqa: ANN401
        """The element.

        Raises:
            NotJson: it is none.
        """
        return _loaded(self.content, self.offset)


@dataclass(frozen=True)
class Rest:
    """The document without the elements of its array.

    Attributes:
        content: its bytes; the array is there, and empty.
        place: where in them the elements were; None if there is no such array.
        left_out: how many bytes they had.
    """

    content: bytes
    place: int | None
    left_out: int

    def document(self) -> Any:  # noqa: ANN401
        """The document, its array empty.

        Raises:
            NotJson: it is none.
            InvalidInput: see ``check_members``.
        """
        place = len(self.content) if self.place is None else self.place
        document = _loaded(self.content, 0, place, self.left_out)
        check_members(document)
        return document


def pieces(content: IO[bytes], *, max_bytes: int) -> Iterator[Element | Rest]:
    """The elements of a document's array, one after the other, and in the end its rest.

    Args:
        content: the file, at its beginning.
        max_bytes: most bytes of one element.

    Raises:
        InvalidInput: an element, or the rest, is larger or more nested than it may be; or there are
            two such arrays.
    """
    source = _Source(content)
    rest = bytearray()
    place: int | None = None
    left_out = depth = 0
    while True:
        piece, bracket = source.upto(_WITHIN, most=MAX_ENVELOPE_BYTES - len(rest), what=_LARGE)
        rest += piece + bracket
        if not bracket:
            break
        depth += 1 if bracket in _OPEN else -1
        if depth == 2 and bracket == b"[" and _is_items(rest):
            if place is not None:
                raise InvalidInput(FieldError(path=(ITEMS,), detail=TWICE))
            place, before = len(rest), source.offset
            yield from _elements(source, max_bytes)
            rest += b"]"
            left_out = source.offset - before - 1
            depth -= 1
    yield Rest(bytes(rest), place, left_out)


def _is_items(rest: bytearray) -> bool:
    """Whether what ends here, with a bracket, is the beginning of the array of the document."""
    if not _OBJECT.match(rest):
        return False
    # The name is short, however it is escaped.
    found = _MEMBER.search(rest, max(0, len(rest) - 1_000), len(rest) - 1)
    try:
        return found is not None and json.loads(found[1]) == ITEMS
    except ValueError:
        return False


def _elements(source: "_Source", max_bytes: int) -> Iterator[Element]:
    """The elements of the array that begins here; afterwards the source is behind its end."""
    index, ended = 0, False
    while not ended:
        start, parts, depth, brackets = source.offset, bytearray(), 0, 0
        path = (ITEMS, index)
        large = FieldError(path=path, detail=f"has more than {max_bytes} bytes, the most of one")
        while True:
            run = _AMONG if depth == 0 else _WITHIN
            piece, mark = source.upto(run, most=max_bytes - len(parts), what=large)
            parts += piece
            if not mark:
                raise NotJson(f"it ends within its {ITEMS}, at byte {source.offset}")
            if depth == 0 and mark in b",]":
                ended = mark == b"]"
                break
            parts += mark
            depth += 1 if mark in _OPEN else -1
            brackets += 1
            if brackets > 2 * MAX_BRACKETS:
                detail = f"has more than {MAX_BRACKETS} lists and objects in it; a question has ten"
                raise InvalidInput(FieldError(path=path, detail=detail))
            if depth < 0:
                raise NotJson(f"there is a bracket too much at byte {source.offset - 1}")
        if ended and index == 0 and not parts.strip(b" \t\r\n"):
            return
        yield Element(index, start, bytes(parts))
        index += 1


class _Source:
    """A file that is read up to marks."""

    def __init__(self, content: IO[bytes]) -> None:
        """Read nothing yet."""
        self._content = content
        self._read = bytearray()
        self._at = 0
        self.offset = 0

    def upto(self, run: re.Pattern[bytes], *, most: int, what: FieldError) -> tuple[bytes, bytes]:
        """What this pattern takes, and the byte behind it; none at the end of the file.

        Raises:
            InvalidInput: with this error, there are more bytes than that.
        """
        start = scanned = self._at
        while True:
            found = run.match(self._read, scanned)
            assert found is not None
            scanned = found.end()
            left = self._read[scanned : scanned + 1]
            if scanned - start > most or (left == b'"' and len(self._read) - start > most):
                raise InvalidInput(what)
            if left and left != b'"':
                self._at = scanned + 1
                self.offset += self._at - start
                return bytes(self._read[start:scanned]), bytes(left)
            # As much again as there is of a text without end: it is looked at anew.
            more = self._content.read(max(CHUNK_BYTES, len(self._read) - scanned))
            if not more:
                piece = bytes(self._read[start:])
                self._at = len(self._read)
                self.offset += len(piece)
                return piece, b""
            del self._read[:start]
            scanned, start = scanned - start, 0
            self._read += more


def _loaded(content: bytes, offset: int, place: int | None = None, left_out: int = 0) -> Any:  # noqa: ANN401
    """What ``load_json`` makes of a piece of the file.

    Args:
        content: the piece.
        offset: its first byte in the file.
        place: behind this byte of it something was left out, of so many bytes.
        left_out: so many.
    """

    def where(at: int) -> int:
        return offset + at + (left_out if place is not None and at >= place else 0)

    try:
        text = content.decode("utf-8-sig")
        return load_json(text)
    except UnicodeDecodeError as error:
        said = f"byte {where(error.start)} is not UTF-8"
        raise NotJson(said) from error
    except json.JSONDecodeError as error:
        at = len(text[: error.pos].encode()) + len(content) - len(text.encode())
        raise NotJson(f"{error.msg} at byte {where(at)}") from error
    except RecursionError as error:
        raise NotJson(f"it is nested too deep: {error}") from error
    except ValueError as error:
        raise NotJson(str(error)) from error
