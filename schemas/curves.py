"""A curve: samples that travel alone, with the tolerances among their columns."""

from typing import Self

from pydantic import Field, ValidationInfo, field_validator

from schemas.errors import FieldError, InvalidInput
from schemas.samples import Samples, SamplesIn, canonical_samples, one_for_each_x
from schemas.strict import Document
from schemas.target import Tolerances


class CurveIn(SamplesIn):
    """A curve as it is sent: its columns, in any order of x."""

    tolerance: Tolerances | None = Field(
        default=None,
        description="The largest error allowed at each sample, in the unit of the target's "
        "tolerance.",
    )

    @field_validator("tolerance")
    @classmethod
    def _one_for_each_x(cls, column: list[float] | None, info: ValidationInfo) -> object:
        return one_for_each_x(column, info)

    def canonical(self) -> Samples:
        """The samples as they are stored and fitted.

        Raises:
            InvalidInput: no question about them has an answer.
        """
        try:
            return canonical_samples(self.x, self.y, weight=self.weight, tolerance=self.tolerance)
        except InvalidInput as error:
            # There is nothing around them.
            raise InvalidInput(
                *(FieldError(path=found.path[1:], detail=found.detail) for found in error.errors)
            ) from error


class Curve(Document):
    """Samples as they are fitted: sorted by x, repetitions merged."""

    x: list[float] = Field(description="Abscissae, increasing.")
    y: list[float]
    weight: list[float] | None = Field(description="Null if all samples count the same.")
    tolerance: list[float] | None = Field(
        description="Null if the target has one tolerance for all samples, or none."
    )

    @classmethod
    def of(cls, samples: Samples) -> Self:
        """The same samples, as a document."""
        columns = {
            name: None if column is None else column.tolist()
            for name, column in vars(samples).items()
        }
        return cls(**columns)

    def to_csv(self) -> str:
        """The columns that there are, as CSV; numbers are the shortest that read back exactly."""
        columns = {name: column for name, column in self if column is not None}
        rows = zip(*columns.values(), strict=True)
        return "\n".join([",".join(columns), *(",".join(map(repr, row)) for row in rows)]) + "\n"
