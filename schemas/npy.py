"""Samples written as NPY or NPZ: an array of two columns or rows, or one of named fields.

An NPZ file is a ZIP of NPY files: it may have one such array, or arrays named as the columns are.
"""

import ast
import io
import math
import re
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy

from schemas.errors import FieldError, InvalidInput
from schemas.samples import FloatArray

NPY_MAGIC = npy.MAGIC_PREFIX
# The beginning of a ZIP file that holds something.
NPZ_MAGIC = b"PK\x03\x04"
COLUMNS = ("x", "y")
FURTHER = ("weight", "tolerance")
_SHAPES = "an array [2, N] or [N, 2], x then y, or a structured one with the fields x and y"

# Of each version: the bytes that the length of its header takes.
_VERSIONS = {b"\x01\x00": 2, b"\x02\x00": 4}
# Arrays of two columns have some 100 bytes, and numpy itself reads no more than these.
MAX_HEADER_BYTES = 10_000
# Of an NPZ file: a file for each column. And what a sample takes at most: four numbers of 16 bytes,
# and room between them.
MAX_MEMBERS = len((*COLUMNS, *FURTHER))
_MOST_BYTES_A_POINT = 128
# A header is a Python literal. What nests, or escapes, is in none of an array of numbers, and
# Python's parser takes memory and stack for it.
_S = r"[ \t\n]*+"
_TEXT = r"""(?:'[^'\\\x00-\x1f]*+'|"[^"\\\x00-\x1f]*+")"""
_LENGTH = r"(?:0|[1-9][0-9]{0,18})"
_FIELD = rf"\({_S}{_TEXT}{_S},{_S}{_TEXT}{_S}\){_S}"
_FIELDS = rf"\[{_S}{_FIELD}(?:,{_S}{_FIELD})*+(?:,{_S})?+\]"
_SHAPE = rf"\({_S}(?:{_LENGTH}{_S}(?:,{_S}{_LENGTH}{_S})*+(?:,{_S})?+)?+\)"
_MEMBER = rf"{_TEXT}{_S}:{_S}(?:{_TEXT}|{_FIELDS}|{_SHAPE}|True|False){_S}"
_HEADER = re.compile(rf"{_S}\{{{_S}{_MEMBER}(?:,{_S}{_MEMBER})*+(?:,{_S})?+\}}{_S}")
_MEMBERS = {"descr", "fortran_order", "shape"}
_REAL = re.compile(r"[<>=|]?[fiu][0-9]{1,2}")
_PADDING = re.compile(r"\|V[1-9][0-9]{0,4}")


def read_arrays(data: bytes, *, max_points: int | None = None) -> dict[str, FloatArray]:
    """Read the columns of samples from an NPY or an NPZ file, as ``read_npy`` does.

    Args:
        data: the file's content.
        max_points: most samples.

    Returns:
        The columns x and y, and weight and tolerance if there are any, each [N] float64.

    Raises:
        InvalidInput: this is neither, or has no such array; or it has too many samples.
    """
    if not data.startswith(NPZ_MAGIC):
        return read_npy(data, max_points=max_points)
    members = _members(data, max_points)
    if len(members) == 1:
        (content,) = members.values()
        return read_npy(content, max_points=max_points)
    if not set(COLUMNS) <= set(members) or not set(members) <= {*COLUMNS, *FURTHER}:
        names = ", ".join(members)[:200]
        raise _wrong(f"has the arrays {names}; give one, {_SHAPES}, or x and y", "NPZ")
    columns = {
        name: _column(name, members[name], max_points)
        for name in (*COLUMNS, *FURTHER)
        if name in members
    }
    counts = {name: column.size for name, column in columns.items()}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise _wrong(f"has columns of different lengths: {said}", "NPZ")
    return columns


def _members(data: bytes, max_points: int | None) -> dict[str, bytes]:
    """The NPY files in an NPZ file, by name."""
    most = None if max_points is None else MAX_HEADER_BYTES + _MOST_BYTES_A_POINT * max_points
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            if not all(member.filename.endswith(".npy") for member in listed):
                detail = "is a ZIP archive of other files than arrays; save it with np.savez"
                raise _wrong(detail, "NPZ")
            if len(listed) > MAX_MEMBERS:
                raise _wrong(f"has {len(listed)} arrays; a curve has at most {MAX_MEMBERS}", "NPZ")
            found = {}
            for member in listed:
                # What an archive says of a size is what it is read to, and no further.
                if most is not None and member.file_size > most:
                    detail = f"has an array of {member.file_size} bytes; at most {most} are taken"
                    raise _wrong(detail, "NPZ")
                found[member.filename.removesuffix(".npy")] = archive.read(member)
            return found
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _wrong(f"cannot be read: {error}", "NPZ") from error


def _column(name: str, data: bytes, max_points: int | None) -> FloatArray:
    """An array of one dimension."""
    flat, shape, _ = _values(data)
    if len(shape) != 1 or flat.dtype.names:
        raise _wrong(f"has an array {name} of the shape {list(shape)[:9]}; give [N]", "NPZ")
    _check_count(shape[0], max_points)
    return _float64(flat)


def read_npy(data: bytes, *, max_points: int | None = None) -> dict[str, FloatArray]:
    """Read the columns of samples from an NPY file.

    An array [2, 2] counts as two rows. A structured array may have the fields weight and tolerance
    besides. Nothing is unpickled, and no memory is taken for what a file says it has and has not.

    Args:
        data: the file's content.
        max_points: most samples; what is made of a number of one byte takes a hundred.

    Returns:
        The columns x and y, and weight and tolerance if there are any, each [N] float64.

    Raises:
        InvalidInput: this is no NPY file, or none of real numbers in one of these shapes; or it has
            too many samples.
    """
    flat, shape, by_columns = _values(data)
    names = flat.dtype.names
    if not (len(shape) == 1 if names else len(shape) == 2 and 2 in shape):
        raise _wrong(f"has the shape {list(shape)[:9]}; give {_SHAPES}")
    _check_count(shape[-1] if shape[0] == 2 else shape[0], max_points)
    if names:
        return {name: _float64(flat[name]) for name in (*COLUMNS, *FURTHER) if name in names}
    values = _float64(flat.reshape(shape, order="F" if by_columns else "C"))
    x, y = values if shape[0] == 2 else values.T
    return {"x": x, "y": y}


def _check_count(points: int, most: int | None) -> None:
    if most is not None and points > most:
        raise _wrong(f"has {points} samples; at most {most} are taken")


def _values(data: bytes) -> tuple[np.ndarray, tuple[int, ...], bool]:
    """The values of an array, one after the other; its shape, and whether they go by columns."""
    header, start = _header(data)
    dtype, shape, by_columns = _described(header)
    count, rest = math.prod(shape), len(data) - start
    if dtype.itemsize * count != rest:
        raise _wrong(f"says it has {count} values of {dtype.itemsize} bytes; {rest} bytes follow")
    flat = np.frombuffer(data, dtype, count, start) if count else np.empty(0, dtype)
    return flat, shape, by_columns


def _header(data: bytes) -> tuple[str, int]:
    """The header of a file, and where what it describes begins."""
    prefix = len(NPY_MAGIC)
    if not data.startswith(NPY_MAGIC):
        raise _wrong("is none: it does not begin as one does; save it with np.save")
    length_bytes = _VERSIONS.get(data[prefix : prefix + 2])
    if length_bytes is None:
        raise _wrong("is of another version than 1.0 and 2.0; save it with np.save")
    begin = prefix + 2 + length_bytes
    length = int.from_bytes(data[prefix + 2 : begin], "little")
    if length > MAX_HEADER_BYTES or begin + length > len(data):
        raise _wrong(f"says that its header has {length} bytes, which it has not")
    return data[begin : begin + length].decode("latin-1"), begin + length


def _described(header: str) -> tuple[np.dtype, tuple[int, ...], bool]:
    """What a header says: the type, the shape, and whether columns are stored one by one."""
    said = ast.literal_eval(header.strip()) if _HEADER.fullmatch(header) else {}
    shape, by_columns = said.get("shape"), said.get("fortran_order")
    if set(said) != _MEMBERS or not isinstance(shape, tuple) or not isinstance(by_columns, bool):
        raise _wrong(f"cannot be read: its header describes no array of numbers; give {_SHAPES}")
    return _dtype(said["descr"]), shape, by_columns


def _dtype(described: Any) -> np.dtype:  # noqa: ANN401
    fields = [("", described)]
    if isinstance(described, list):
        fields = [field for field in described if not _is_padding(*field)]
        names = [name for name, _ in fields]
        if not set(COLUMNS) <= set(names) or not set(names) <= {*COLUMNS, *FURTHER}:
            possible = "give x and y, and weight and tolerance besides if there are any"
            raise _wrong(f"has the fields {', '.join(names)[:200]}; {possible}")
    for _, kind in fields:
        if not isinstance(kind, str) or not _REAL.fullmatch(kind):
            raise _wrong(
                f"holds {str(kind)[:20]!r}; only real numbers are read, for example float64 "
                "('<f8'), and never Python objects"
            )
    try:
        return npy.descr_to_dtype(described)
    except (TypeError, ValueError) as error:
        raise _wrong(f"cannot be read: {error}") from error


def _is_padding(name: str, kind: str) -> bool:
    """Whether a field is none, but the room that numpy leaves between two."""
    return not name and _PADDING.fullmatch(kind) is not None


def _float64(array: np.ndarray) -> FloatArray:
    # What is too large becomes infinite, and is refused as such.
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype=np.float64)


def _wrong(detail: str, kind: str = "NPY") -> InvalidInput:
    return InvalidInput(FieldError(path=("body",), detail=f"the {kind} file {detail}"))
