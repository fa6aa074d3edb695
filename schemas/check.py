"""Pairs of input and output by which whoever reads a document can tell that it computes right."""

from typing import Self

from pydantic import Field, FiniteFloat, model_validator

from schemas.strict import Document


class Check(Document):
    """Inputs, the network's outputs there, and how far the output of a reader may be off."""

    x: list[FiniteFloat] = Field(
        description="Inputs, each a number of the network's dtype: over the interval of the "
        "samples, both ends included, and a little beyond."
    )
    y: list[FiniteFloat] = Field(
        description="What the network gives there, with what is chosen outside the interval."
    )
    within: list[FiniteFloat] = Field(
        description="What rounding can do, in any order of sums; for a table its deviation from "
        "the network besides."
    )

    @model_validator(mode="after")
    def _columns_of_one_length(self) -> Self:
        if len({len(self.x), len(self.y), len(self.within)}) != 1:
            raise ValueError("x, y and within differ in length")
        return self
