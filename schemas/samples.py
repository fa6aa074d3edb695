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
FloatArray = NDArray[np.float64]


class SamplesSummary(Document):
    """The samples in short; sha256 is of the canonical samples."""

    count: int
    x_min: float
    x_max: float
    y_min: float
    y_max: float
    sha256: str


@dataclass(frozen=True, eq=False)
class Samples:
    """A sampled function in canonical form: x strictly increasing, duplicates merged.

    Attributes:
        x: abscissae, [N] float64, strictly increasing.
        y: ordinates, [N] float64.
    """

    x: FloatArray
    y: FloatArray

    @property
    def count(self) -> int:
        """How many distinct samples there are."""
        return int(self.x.size)

    @property
    def y_range(self) -> float:
        """Largest minus smallest y, in the units of y."""
        return float(self.y.max() - self.y.min())

    @property
    def sha256(self) -> str:
        """Hash of the canonical samples: x then y, little-endian float64."""
        digest = hashlib.sha256()
        for column in (self.x, self.y):
            # + 0.0 turns -0.0 into 0.0: equal functions have equal hashes.
            digest.update((column + 0.0).astype("<f8").tobytes())
        return digest.hexdigest()

    def summary(self) -> SamplesSummary:
        """The samples in short, as jobs and models show them."""
        return SamplesSummary(
            count=self.count,
            x_min=float(self.x[0]),
            x_max=float(self.x[-1]),
            y_min=float(self.y.min()),
            y_max=float(self.y.max()),
            sha256=self.sha256,
        )

    def to_npy(self) -> bytes:
        """The samples as an NPY file: one array [2, N], x then y."""
        buffer = io.BytesIO()
        np.save(buffer, np.stack([self.x, self.y]), allow_pickle=False)
        return buffer.getvalue()

    @classmethod
    def from_npy(cls, data: bytes) -> "Samples":
        """Read back what ``to_npy`` wrote."""
        x, y = np.load(io.BytesIO(data), allow_pickle=False)
        return cls(x=x, y=y)


def canonical_samples(x: ArrayLike, y: ArrayLike) -> Samples:
    """Sort the samples by x and merge duplicates that agree.

    Args:
        x: abscissae, [N], any order.
        y: ordinates, [N].

    Returns:
        The samples in canonical form, float64.

    Raises:
        InvalidInput: unequal lengths, a value that is not finite or too large, fewer than two
            distinct x, two x too close together, or one x with two different y. The error names
            ``samples.x`` or ``samples.y`` and the first index concerned.
    """
    x = np.asarray(x, dtype=np.float64).ravel()
    y = np.asarray(y, dtype=np.float64).ravel()
    if x.size != y.size:
        raise _invalid(
            "y", f"has {y.size} values but x has {x.size}; both need one value per sample"
        )
    for name, column in (("x", x), ("y", y)):
        bad = np.flatnonzero(~(np.abs(column) <= MAX_MAGNITUDE))
        if bad.size:
            index = int(bad[0])
            raise _invalid(
                name,
                f"is {column[index]} here; every value must be finite, at most {MAX_MAGNITUDE:g} "
                "in magnitude",
                index,
            )
    order = np.argsort(x, kind="stable")
    x_sorted, y_sorted = x[order], y[order]
    repeats = np.flatnonzero(x_sorted[1:] == x_sorted[:-1])
    conflicts = repeats[y_sorted[repeats + 1] != y_sorted[repeats]]
    if conflicts.size:
        first, second = order[conflicts[0]], order[conflicts[0] + 1]
        raise _invalid(
            "x",
            f"has the value {x[first]} twice, at {first} and {second}, with different y "
            f"({y[first]} and {y[second]}); one x needs one y",
            int(second),
        )
    keep = np.ones(x.size, dtype=bool)
    keep[repeats + 1] = False
    if int(keep.sum()) < MIN_POINTS:
        raise _invalid("x", f"needs at least {MIN_POINTS} different values, got {int(keep.sum())}")
    close = np.flatnonzero(np.diff(x_sorted[keep]) < MIN_GAP)
    if close.size:
        index = int(order[keep][close[0] + 1])
        raise _invalid(
            "x", f"is closer than {MIN_GAP:g} to another value; scale x to a larger unit", index
        )
    return Samples(x=x_sorted[keep], y=y_sorted[keep])


def _invalid(column: str, detail: str, *index: int) -> InvalidInput:
    return InvalidInput(FieldError(path=("samples", column, *index), detail=detail))


class SamplesIn(Document):
    """The sampled function as it is sent: two columns, in any order of x."""

    x: Column = Field(description="Abscissae; need be neither sorted nor evenly spaced.")
    y: Column = Field(description="Ordinates, one for each x.")

    @field_validator("y")
    @classmethod
    def _one_y_for_each_x(cls, y: list[float], info: ValidationInfo) -> list[float]:
        x = info.data.get("x")
        if x is not None and len(x) != len(y):
            raise PydanticCustomError(
                "unequal_lengths",
                "has {y} values but x has {x}; both need one value per sample",
                {"x": len(x), "y": len(y)},
            )
        return y
