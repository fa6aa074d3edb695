"""The sampled function: what may be sent, and the one canonical form everything else works with."""

import hashlib
import io
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import AllowInfNan, Field, Strict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from schemas.errors import FieldError, InvalidInput
from schemas.strict import Document

MIN_POINTS = 2
# Within these limits slopes, and squares of y, fit in float64 with room to spare.
MAX_MAGNITUDE = 1e100
MIN_GAP = 1e-100

# A number as JSON has it: neither text nor true, neither NaN nor infinite.
Number = Annotated[float, Strict(), AllowInfNan(False)]
# Fails at the first bad value: millions of them would cost more to report than to read.
Column = Annotated[list[Number], Field(min_length=MIN_POINTS, fail_fast=True)]
Weight = Annotated[float, Strict(), AllowInfNan(False), Field(ge=0.0)]
Weights = Annotated[list[Weight], Field(min_length=MIN_POINTS, fail_fast=True)]
FloatArray = NDArray[np.float64]


class SamplesSummary(Document):
    """The samples in short; sha256 is of the canonical samples."""

    count: int
    x_min: float
    x_max: float
    y_min: float
    y_max: float
    weighted: bool = Field(default=False, description="Whether the samples have weights.")
    sha256: str


@dataclass(frozen=True, eq=False)
class Samples:
    """A sampled function in canonical form: x strictly increasing, duplicates merged.

    Attributes:
        x: abscissae, [N] float64, strictly increasing.
        y: ordinates, [N] float64.
        weight: how much each squared error counts, [N] float64, at least 0 and not all 0; None if
            all count the same.
        tolerance: the largest error allowed at each sample, [N] float64, at least 0, in the unit of
            the target's tolerance; None if the target has one for all.
    """

    x: FloatArray
    y: FloatArray
    weight: FloatArray | None = None
    tolerance: FloatArray | None = None

    @property
    def count(self) -> int:
        """How many distinct samples there are."""
        return int(self.x.size)

    @property
    def y_range(self) -> float:
        """Largest minus smallest y, in the units of y."""
        return float(self.y.max() - self.y.min())

    @property
    def _further(self) -> dict[str, FloatArray]:
        """The optional columns that are there, by name."""
        columns = {"weight": self.weight, "tolerance": self.tolerance}
        return {name: column for name, column in columns.items() if column is not None}

    @property
    def sha256(self) -> str:
        """Hash of the canonical samples: x then y, little-endian float64.

        Each further column follows, behind its name.
        """
        digest = hashlib.sha256(_plain_bytes(self.x))
        digest.update(_plain_bytes(self.y))
        for name, column in self._further.items():
            digest.update(name.encode() + _plain_bytes(column))
        return digest.hexdigest()

    def part(self, indices: NDArray[np.intp]) -> "Samples":
        """The samples with these indices, [M] increasing, with all their columns."""
        further = {name: column[indices] for name, column in self._further.items()}
        return Samples(self.x[indices], self.y[indices], **further)

    def summary(self) -> SamplesSummary:
        """The samples in short, as jobs and models show them."""
        return SamplesSummary(
            count=self.count,
            x_min=float(self.x[0]),
            x_max=float(self.x[-1]),
            y_min=float(self.y.min()),
            y_max=float(self.y.max()),
            weighted=self.weight is not None,
            sha256=self.sha256,
        )

    def to_npy(self) -> bytes:
        """The samples as an NPY file: one array [2, N], x then y.

        With further columns it is a structured array [N], whose fields have the columns' names.
        """
        columns = {"x": self.x, "y": self.y, **self._further}
        if self._further:
            array = np.empty(self.count, dtype=[(name, "<f8") for name in columns])
            for name, column in columns.items():
                array[name] = column
        else:
            array = np.stack([self.x, self.y])
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        return buffer.getvalue()

    @classmethod
    def from_npy(cls, data: bytes) -> "Samples":
        """Read back what ``to_npy`` wrote."""
        array = np.load(io.BytesIO(data), allow_pickle=False)
        if array.dtype.names:
            return cls(**{name: np.ascontiguousarray(array[name]) for name in array.dtype.names})
        x, y = array
        return cls(x=x, y=y)


def _plain_bytes(column: FloatArray) -> bytes:
    # + 0.0 turns -0.0 into 0.0: equal functions have equal hashes.
    return (column + 0.0).astype("<f8").tobytes()


def canonical_samples(
    x: ArrayLike,
    y: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    tolerance: ArrayLike | None = None,
) -> Samples:
    """Sort the samples by x and merge duplicates that agree.

    The weights of merged samples add up; of their tolerances the smallest counts.

    Args:
        x: abscissae, [N], any order.
        y: ordinates, [N].
        weight: how much each squared error counts, [N].
        tolerance: the largest error allowed at each sample, [N].

    Returns:
        The samples in canonical form, float64.

    Raises:
        InvalidInput: unequal lengths, a value that is not finite or too large, fewer than two
            distinct x, two x too close together, one x with two different y, a weight below 0 or
            all of them 0, or a tolerance below 0. The error names the column, as in
            ``samples.x``, and the first index concerned; with two samples, that of each.
    """
    given = {"x": x, "y": y, "weight": weight, "tolerance": tolerance}
    columns = {
        name: np.asarray(column, dtype=np.float64).ravel()
        for name, column in given.items()
        if column is not None
    }
    _check_columns(columns)
    order = np.argsort(columns["x"], kind="stable")
    x_sorted = columns["x"][order]
    first = np.ones(x_sorted.size, dtype=bool)
    first[1:] = x_sorted[1:] != x_sorted[:-1]
    _check_repeats(x_sorted, columns["y"][order], order)
    starts = np.flatnonzero(first)
    _check_distinct(x_sorted[starts], order[starts])
    merged = {"x": x_sorted[starts], "y": columns["y"][order][starts]}
    for name, merge in (("weight", np.add), ("tolerance", np.minimum)):
        if name in columns:
            merged[name] = merge.reduceat(columns[name][order], starts)
    return Samples(**merged)


def _check_columns(columns: dict[str, FloatArray]) -> None:
    """Refuse columns of unequal lengths and values that cannot be computed with."""
    x = columns["x"]
    for name, column in columns.items():
        if column.size != x.size:
            raise _invalid(
                name,
                f"has {column.size} values but x has {x.size}; both need one value per sample",
            )
        # Not NaN either: every comparison with it is false.
        bad = np.flatnonzero(~(np.abs(column) <= MAX_MAGNITUDE))
        if bad.size:
            index = int(bad[0])
            raise _invalid(
                name,
                f"is {column[index]} here; every value must be finite, at most {MAX_MAGNITUDE:g} "
                "in magnitude",
                index,
            )
    weight, tolerance = columns.get("weight", x[:0]), columns.get("tolerance", x[:0])
    for name, refused, rule in (
        ("weight", weight < 0.0, "a weight must be 0 or more"),
        ("tolerance", tolerance < 0.0, "a tolerance must be at least 0"),
    ):
        bad = np.flatnonzero(refused)
        if bad.size:
            index = int(bad[0])
            raise _invalid(name, f"is {columns[name][index]} here; {rule}", index)
    if weight.size and not weight.any():
        raise _invalid("weight", "is 0 everywhere; some sample must count")


def _check_repeats(x: FloatArray, y: FloatArray, order: NDArray[np.intp]) -> None:
    """Refuse one x with two y; x, [N], is sorted, and ``order`` says where each came from."""
    conflicts = np.flatnonzero((x[1:] == x[:-1]) & (y[1:] != y[:-1]))
    if conflicts.size:
        at = conflicts[0]
        said = f"has the value {x[at]} twice, here with y = %s; one x needs one y"
        raise InvalidInput(
            *(_wrong("x", said % y[each], int(order[each])) for each in (at + 1, at))
        )


def _check_distinct(x: FloatArray, order: NDArray[np.intp]) -> None:
    """Refuse too few different x, or two too close together; x, [N], is increasing."""
    if x.size < MIN_POINTS:
        raise _invalid("x", f"needs at least {MIN_POINTS} different values, got {x.size}")
    close = np.flatnonzero(np.diff(x) < MIN_GAP)
    if close.size:
        said = f"is closer than {MIN_GAP:g} to another value; scale x to a larger unit"
        raise InvalidInput(
            *(_wrong("x", said, int(order[each])) for each in (close[0] + 1, close[0]))
        )


def _invalid(column: str, detail: str, *index: int) -> InvalidInput:
    return InvalidInput(_wrong(column, detail, *index))


def _wrong(column: str, detail: str, *index: int) -> FieldError:
    return FieldError(path=("samples", column, *index), detail=detail)


class SamplesIn(Document):
    """The sampled function as it is sent: its columns, in any order of x."""

    x: Column = Field(description="Abscissae; need be neither sorted nor evenly spaced.")
    y: Column = Field(description="Ordinates, one for each x.")
    weight: Weights | None = Field(
        default=None,
        description="For rmse and mse: how much each sample's squared error counts, one for each "
        "x, at least 0 and not all 0. The mean is then sum(w r^2) / sum(w).",
    )

    @field_validator("y", "weight")
    @classmethod
    def _one_for_each_x(cls, column: list[float] | None, info: ValidationInfo) -> object:
        return one_for_each_x(column, info)


def one_for_each_x(column: list[float] | None, info: ValidationInfo) -> list[float] | None:
    """A column beside x, checked to be as long; for the validator of a field."""
    x = info.data.get("x")
    if x is not None and column is not None and len(x) != len(column):
        raise PydanticCustomError(
            "unequal_lengths",
            "has {own} values but x has {x}; both need one value per sample",
            {"x": len(x), "own": len(column)},
        )
    return column
