"""Evaluating a stored network at points of the caller's choice."""

from pydantic import Field

from schemas.network import Dtype, Extrapolation
from schemas.samples import Number
from schemas.strict import Document


class EvaluationCreate(Document):
    """The points to evaluate at, in the units of the samples' x."""

    x: list[Number] = Field(min_length=1, fail_fast=True, examples=[[0.25, 0.5]])
    extrapolate: Extrapolation = Field(
        default=Extrapolation.NETWORK,
        description="What there is outside the interval of the samples.",
    )


class Evaluation(Document):
    """The network's values there, computed in its own dtype."""

    x: list[float]
    y: list[float]
    dtype: Dtype
