"""The accuracy target: a metric and the tolerance it must not exceed."""

from enum import StrEnum
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import numpy as np
from pydantic import AllowInfNan, Field, TypeAdapter, WrapValidator

from schemas.errors import FieldError, InvalidInput
from schemas.samples import MAX_MAGNITUDE, FloatArray, Samples
from schemas.strict import Document

# What a target says whose tolerances are a column of its samples.
PER_SAMPLE: Final = "per_sample"

Positive = Annotated[float, Field(gt=0, strict=True), AllowInfNan(False)]
NotNegative = Annotated[float, Field(ge=0, strict=True), AllowInfNan(False)]
Floor = Annotated[Positive, Field(le=MAX_MAGNITUDE)]
Tolerances = Annotated[list[Annotated[NotNegative, Field(le=MAX_MAGNITUDE)]], Field(fail_fast=True)]


def _by_kind(kind: type, other: TypeAdapter[Any]) -> WrapValidator:
    """Validate values of this kind as something other than a number.

    A union would name its branches in the path of every error.
    """
    number = TypeAdapter[float](NotNegative)
    return WrapValidator(
        lambda value, _: (other if isinstance(value, kind) else number).validate_python(value)
    )


OneOrEach = Annotated[NotNegative | Tolerances, _by_kind(list, TypeAdapter(Tolerances))]
OneOrColumn = Annotated[
    NotNegative | Literal["per_sample"], _by_kind(str, TypeAdapter(Literal["per_sample"]))
]


class Metric(StrEnum):
    """How the error at the samples is measured."""

    MAX_ABS = "max_abs"
    RMSE = "rmse"
    MSE = "mse"
    MAX_REL = "max_rel"

    @property
    def is_maximum(self) -> bool:
        """Whether every single error counts, rather than their mean."""
        return self in (Metric.MAX_ABS, Metric.MAX_REL)


class RelativeTo(StrEnum):
    """The unit of the tolerance: that of y, or the range of y; for mse the square of either."""

    ABSOLUTE = "absolute"
    RANGE = "range"


class BetweenSamples(StrEnum):
    """What is promised between the samples, against the straight lines that join them."""

    NONE = "none"
    SMOOTH = "smooth"
    LINEAR = "linear"


ToleranceT = TypeVar("ToleranceT")


class _Asked(Document, Generic[ToleranceT]):
    """What the network must reach: its error in this metric is at most the limit."""

    metric: Metric = Metric.MAX_ABS
    tolerance: ToleranceT | None = Field(
        default=None,
        description="Largest allowed error, 0 for none at all; for max_abs and max_rel also one "
        "for each sample. May be left out when a budget is given: then nothing is promised between "
        "the samples, and the answer is, of the networks found within the budget, the one of "
        "smallest error at the samples that strays least from the straight lines between them, "
        "where up to a thousandth more error may buy less straying.",
    )
    relative_to: RelativeTo = Field(
        default=RelativeTo.ABSOLUTE,
        description="'range': the tolerance is a fraction of y_max - y_min "
        "(of its square for mse).",
    )
    floor: Floor | None = Field(
        default=None,
        description="For max_rel: errors are measured against max(|y|, floor), so that y may be 0.",
    )
    between_samples: BetweenSamples = Field(
        default=BetweenSamples.SMOOTH,
        description="linear: between the samples the network is as near to the straight lines "
        "that join them as it must be at the samples; smooth: to those lines or to the smooth "
        "curve (pchip) through the samples, whose distance is what the samples leave open; "
        "none: nothing is promised there. rmse and mse limit the mean of what the network is "
        "further off there, not its largest value.",
    )


class TargetIn(_Asked[OneOrEach]):
    """The target as it is sent: its tolerance may be a list, one for each sample as sent."""

    def stored_for(self, samples: Samples) -> "Target":
        """The target for samples whose column ``tolerance`` holds the list, if there is one."""
        listed = isinstance(self.tolerance, list) or self.tolerance is None
        per_sample = listed and samples.tolerance is not None
        tolerance = PER_SAMPLE if per_sample else self.tolerance
        return Target.model_validate({**dict(self), "tolerance": tolerance})


class Target(_Asked[OneOrColumn]):
    """The target as it is stored: a list of tolerances is a column of the samples.

    ``tolerance`` then is ``"per_sample"``.
    """

    @property
    def is_per_sample(self) -> bool:
        """Whether each sample has a tolerance of its own."""
        return self.tolerance == PER_SAMPLE

    def limit(self, samples: Samples) -> float | None:
        """The largest allowed error for these samples, in the units of the metric.

        ``tolerance``, or ``tolerance * (y_max - y_min)`` relative to the range (the range squared
        for mse). With a tolerance for each sample the error is the largest share that a sample's
        error is of its tolerance, and the limit is 1. None when there is no tolerance.
        """
        return self.limit_for_range(samples.y_range)

    def limit_for_range(self, y_range: float) -> float | None:
        """The same, from ``y_max - y_min`` alone."""
        if isinstance(self.tolerance, str):
            return 1.0
        if self.tolerance is None or self.relative_to is RelativeTo.ABSOLUTE:
            return self.tolerance
        power = 2 if self.metric is Metric.MSE else 1
        return self.tolerance * y_range**power

    def tolerances(self, samples: Samples) -> FloatArray:
        """The tolerance of each sample in the metric, [N]: of |error|, or of |error| / reference.

        For a target whose tolerance is per sample.
        """
        assert samples.tolerance is not None
        if self.relative_to is RelativeTo.RANGE:
            return samples.tolerance * samples.y_range
        return samples.tolerance

    def tolerances_and_units(self, samples: Samples) -> tuple[FloatArray, FloatArray]:
        """What ``limits`` are products of, [N] each: tolerances as given, and the unit of each.

        For a target on a largest error. Units are 1, the range of y, or the reference of max_rel.
        """
        assert self.tolerance is not None
        if isinstance(self.tolerance, str):
            assert samples.tolerance is not None
            tolerances = samples.tolerance
        else:
            tolerances = np.full(samples.count, self.tolerance)
        if self.metric is Metric.MAX_REL:
            return tolerances, self.reference(samples)
        unit = samples.y_range if self.relative_to is RelativeTo.RANGE else 1.0
        return tolerances, np.full(samples.count, unit)

    def limits(self, samples: Samples) -> FloatArray | None:
        """The largest allowed |error| at each sample, [N], in the units of y.

        None without a tolerance, and for means, which bound no single error.
        """
        if self.tolerance is None or not self.metric.is_maximum:
            return None
        tolerances, units = self.tolerances_and_units(samples)
        return tolerances * units

    def reference(self, samples: Samples) -> FloatArray:
        """What a relative error is measured against: max(|y|, floor), [N]."""
        return np.maximum(np.abs(samples.y), self.floor or 0.0)


def check_target(target: Target, samples: Samples) -> None:
    """Refuse a target that has no meaning for these samples.

    Raises:
        InvalidInput: a relative error where y is 0, or one measured in ranges; weights, tolerances
            or a floor that the metric has no use for; tolerances that are missing, or given twice.
    """
    _check_columns(target, samples)
    if target.metric is not Metric.MAX_REL:
        if target.floor is not None:
            raise _invalid("floor", "is for the metric max_rel: leave it out, or choose max_rel")
        return
    if target.relative_to is RelativeTo.RANGE:
        raise _invalid(
            "relative_to", "max_rel has no unit: use 'absolute' with it, or another metric"
        )
    zeros = np.flatnonzero(target.reference(samples) == 0.0)
    if zeros.size:
        raise _invalid(
            "metric",
            f"max_rel is undefined where y is 0, as it is at x = {samples.x[zeros[0]]}; give a "
            "floor (errors are then measured against max(|y|, floor)), use max_abs, or leave those "
            "samples out",
        )


def _check_columns(target: Target, samples: Samples) -> None:
    """Refuse further columns of the samples that do not fit the target."""
    metric = target.metric
    if metric.is_maximum and samples.weight is not None:
        raise InvalidInput(
            FieldError(
                path=("samples", "weight"),
                detail=f"is for rmse and mse: {metric} counts every sample in full; give a "
                "tolerance for each sample instead",
            )
        )
    if not metric.is_maximum and (target.is_per_sample or samples.tolerance is not None):
        raise _invalid(
            "tolerance",
            f"is one number for {metric}, not one for each sample; samples.weight says how much "
            "each sample counts",
        )
    if target.is_per_sample and samples.tolerance is None:
        raise _invalid("tolerance", "is per_sample, but the samples have no tolerances")
    if samples.tolerance is not None and not target.is_per_sample:
        raise _invalid(
            "tolerance",
            "is in the column 'tolerance' of the samples already: give one or the other",
        )


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(FieldError(path=("target", field), detail=detail))
