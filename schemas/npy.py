"""Samples written as NPY: one array of two columns or rows, or one with named fields."""

import io
import math
import tokenize

import numpy as np
from numpy.lib import format as npy

from schemas.errors import FieldError, InvalidInput
from schemas.samples import FloatArray

COLUMNS = ("x", "y")
FURTHER = ("weight", "tolerance")
_SHAPES = "an array [2, N] or [N, 2], x then y, or a structured one with the fields x and y"
_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}

# A damaged header is a damaged Python literal.
_HEADER_ERRORS = (
    ValueError,
    TypeError,
    SyntaxError,
    OverflowError,
    RecursionError,
    tokenize.TokenError,
)


def read_npy(data: bytes) -> dict[str, FloatArray]:
    """Read the columns of samples from an NPY file.

    An array [2, 2] counts as two rows. A structured array may have the fields weight and tolerance
    besides. Nothing is unpickled, and no more memory is taken than the file has bytes.

    Args:
        data: the file's content.

    Returns:
        The columns x and y, and weight and tolerance if there are any, each [N] float64.

    Raises:
        InvalidInput: this is no NPY file, or none of real numbers in one of these shapes.
    """
    array = _array(data)
    names = array.dtype.names
    if names:
        if array.ndim != 1 or not all(name in names for name in COLUMNS):
            raise _wrong(f"has the fields {', '.join(names)}; give {_SHAPES}")
        return {name: _real(array[name]) for name in (*COLUMNS, *FURTHER) if name in names}
    values = _real(array)
    if values.ndim == 2 and 2 in values.shape:
        x, y = values if values.shape[0] == 2 else values.T
        return {"x": x, "y": y}
    raise _wrong(f"has the shape {list(values.shape)}; give {_SHAPES}")


def _array(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    try:
        version = npy.read_magic(stream)
        if version not in _READERS:
            raise _wrong(f"is of version {version[0]}.{version[1]}; save it with np.save")
        shape, by_columns, dtype = _READERS[version](stream)
    except _HEADER_ERRORS as error:
        raise _wrong(f"cannot be read: {_first_line(error)}") from error
    if dtype.hasobject:
        raise _wrong("holds Python objects, which are never loaded: save numbers (dtype float64)")
    if any(length < 0 for length in shape):
        raise _wrong(f"has the shape {list(shape)}; give {_SHAPES}")
    count, rest = math.prod(shape), len(data) - stream.tell()
    if dtype.itemsize * count != rest:
        raise _wrong(f"says it has {count} values of {dtype.itemsize} bytes; {rest} bytes follow")
    flat = np.frombuffer(data, dtype, count, stream.tell()) if count else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if by_columns else "C")


def _real(array: np.ndarray) -> FloatArray:
    if array.dtype.kind not in "fiu":
        raise _wrong(f"holds {array.dtype}; real numbers are needed, for example float64")
    return np.ascontiguousarray(array, dtype=np.float64)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


def _wrong(detail: str) -> InvalidInput:
    return InvalidInput(FieldError(path=("body",), detail=f"the NPY file {detail}"))
