"""The accuracy target: a metric and the tolerance it must not exceed."""

from enum import StrEnum
from typing import Annotated

import numpy as np
from pydantic import AllowInfNan, Field

from schemas.errors import FieldError, InvalidInput
from schemas.samples import Samples
from schemas.strict import Document

Positive = Annotated[float, Field(gt=0, strict=True), AllowInfNan(False)]


class Metric(StrEnum):
    """How the error at the samples is measured."""

    MAX_ABS = "max_abs"
    RMSE = "rmse"
    MSE = "mse"
    MAX_REL = "max_rel"

    @property
    def is_maximum(self) -> bool:
        """Whether it is the largest error that counts, rather than a mean."""
        return self in (Metric.MAX_ABS, Metric.MAX_REL)


class RelativeTo(StrEnum):
    """The unit of the tolerance: the units of y, or the range of y."""

    ABSOLUTE = "absolute"
    RANGE = "range"


class BetweenSamples(StrEnum):
    """What is promised between the samples, against the straight lines that join them."""

    NONE = "none"
    SMOOTH = "smooth"
    LINEAR = "linear"


class Target(Document):
    """What the network must reach: its error in this metric is at most the limit."""

    metric: Metric = Metric.MAX_ABS
    tolerance: Positive | None = Field(
        default=None,
        description="Largest allowed error. May be left out when a budget is given: "
        "then the best error within the budget is looked for.",
    )
    relative_to: RelativeTo = Field(
        default=RelativeTo.ABSOLUTE,
        description="'range': the tolerance is a fraction of y_max - y_min "
        "(of its square for mse).",
    )
    between_samples: BetweenSamples = Field(
        default=BetweenSamples.SMOOTH,
        description="linear: between the samples the network is as near to the straight lines "
        "that join them as it must be at the samples; smooth: to those lines or to the smooth "
        "curve (pchip) through the samples, whose distance is what the samples leave open; "
        "none: nothing is promised there.",
    )

    def limit(self, samples: Samples) -> float | None:
        """The largest allowed error for these samples, in the units of the metric.

        ``tolerance``, or ``tolerance * (y_max - y_min)`` relative to the range (the range squared
        for mse); None when there is no tolerance.
        """
        return self.limit_for_range(samples.y_range)

    def limit_for_range(self, y_range: float) -> float | None:
        """The same, from ``y_max - y_min`` alone."""
        if self.tolerance is None or self.relative_to is RelativeTo.ABSOLUTE:
            return self.tolerance
        power = 2 if self.metric is Metric.MSE else 1
        return self.tolerance * y_range**power


def check_target(target: Target, samples: Samples) -> None:
    """Refuse a target that has no meaning for these samples.

    Raises:
        InvalidInput: a relative error where y is 0, or a relative error measured in ranges.
    """
    if target.metric is not Metric.MAX_REL:
        return
    if target.relative_to is RelativeTo.RANGE:
        raise InvalidInput(
            FieldError(
                path=("target", "relative_to"),
                detail="max_rel has no unit: use 'absolute' with it, or another metric",
            )
        )
    zeros = np.flatnonzero(samples.y == 0.0)
    if zeros.size:
        raise InvalidInput(
            FieldError(
                path=("target", "metric"),
                detail=f"max_rel is undefined where y is 0, as it is at x = {samples.x[zeros[0]]}; "
                "use max_abs, or leave those samples out",
            )
        )
