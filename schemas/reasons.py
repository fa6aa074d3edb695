"""Why a target is not met: what stands in its way, by the field that would have to change."""

from enum import StrEnum

from pydantic import Field

from schemas.strict import Document


class ReasonCode(StrEnum):
    """What stands in the way of a target."""

    BETWEEN_SAMPLES = "between_samples"
    MAX_SEGMENTS = "max_segments"
    MAX_PARAMETERS = "max_parameters"
    DTYPE = "dtype"
    ARCHITECTURE = "architecture"
    TIME_LIMIT = "time_limit"
    EFFORT = "effort"
    RESOLUTION = "resolution"
    TOLERANCE = "tolerance"


class Reason(Document):
    """One thing that stands in the way, and what to ask instead."""

    code: ReasonCode
    field: str = Field(
        description="Of the question, the one to change: `options.max_segments` for example."
    )
    detail: str = Field(
        description="A sentence. What it says would meet the target was built and measured; "
        "effort, time_limit and an architecture of which not everything was tried say so."
    )
