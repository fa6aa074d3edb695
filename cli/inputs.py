"""What comes in: curves and points, as CSV or NPY, from a file or standard input."""

import io
import sys
from pathlib import Path

import numpy as np

from cli.complaints import wrong
from schemas.csv_lines import bad_line, lines_of
from schemas.csv_numbers import finite
from schemas.csv_rows import headed, rows_of
from schemas.csv_text import MAX_COLUMNS, read_columns
from schemas.errors import FieldError, InvalidInput
from schemas.npy import NPY_MAGIC, NPZ_MAGIC, read_arrays
from schemas.origins import ROWS, told_by_origin
from schemas.samples import FloatArray, Samples, canonical_samples

STDIN = "-"
X = "x"


def content_of(source: str) -> bytes:
    """What a file holds, or what comes from standard input.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
    except OSError as error:
        raise unreadable(source, error) from error


def unreadable(source: str, error: OSError) -> InvalidInput:
    """Why a file cannot be read."""
    return InvalidInput(
        FieldError(path=("samples", source), detail=f"cannot be read: {error.strerror}")
    )


def read_curve(source: str) -> Samples:
    """The samples in a file, CSV, NPY or NPZ by its first bytes.

    Raises:
        InvalidInput: it cannot be read, or holds no samples.
    """
    content = content_of(source)
    if content.startswith((NPY_MAGIC, NPZ_MAGIC)):
        try:
            arrays = read_arrays(content)
        except InvalidInput as error:
            # There is no body here.
            raise InvalidInput(
                *(FieldError(path=("samples",), detail=found.detail) for found in error.errors)
            ) from error
        with told_by_origin(ROWS):
            return canonical_samples(arrays.pop("x"), arrays.pop("y"), **arrays)
    columns, origin = read_columns(lines_of(io.BytesIO(content)))
    with told_by_origin(origin):
        return canonical_samples(columns.pop("x"), columns.pop("y"), **columns)


def read_points(content: bytes) -> FloatArray:
    """Abscissae, [N]: NPY of one axis; or a number a line, or CSV, of which the column x counts.

    Without a header that names it, that is the first column.

    Raises:
        InvalidInput: these are no numbers.
    """
    if content.startswith(NPY_MAGIC):
        return _points_of_array(content)
    _, header, rows = headed(rows_of(lines_of(io.BytesIO(content)), max_columns=MAX_COLUMNS))
    names = [name.lower() for name in header or ()]
    place = names.index(X) if X in names else 0
    points = []
    for number, row in rows:
        if len(row) <= place:
            raise bad_line(number, f"has {len(row)} columns; x is column {place + 1}")
        try:
            points.append(finite(row[place]))
        except ValueError as error:
            raise bad_line(number, str(error)) from error
    return np.array(points)


def given_points(words: list[str]) -> FloatArray:
    """Abscissae that are arguments, [N].

    Raises:
        InvalidInput: one is no number.
    """
    try:
        return np.array([finite(word) for word in words])
    except ValueError as error:
        raise wrong("X", str(error)) from error


def _points_of_array(content: bytes) -> FloatArray:
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise wrong("X", f"the NPY file cannot be read: {error}") from error
    if array.dtype.names and X in array.dtype.names:
        array = array[X]
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise wrong(
            "X", f"the NPY file holds {array.dtype} {list(array.shape)}; give one axis of numbers"
        )
    points: FloatArray = array.astype(np.float64)
    if not np.isfinite(points).all():
        raise wrong("X", "the NPY file holds numbers that are not finite")
    return points
