"""What was asked: the samples in short, the target, and how the network is looked for."""

from enum import StrEnum
from typing import Annotated, Literal

from foldline_client.documents.base import KNOWN_FIRST, Document


class SamplesSummary(Document):
    """The samples in short."""

    count: int
    x_min: float
    x_max: float
    y_min: float
    y_max: float
    weighted: bool = False
    sha256: str


class Curve(Document):
    """Samples as they are fitted: sorted by x, repetitions merged."""

    x: list[float]
    y: list[float]
    weight: list[float] | None
    tolerance: list[float] | None


class Metric(StrEnum):
    """How the error at the samples is measured."""

    MAX_ABS = "max_abs"
    RMSE = "rmse"
    MSE = "mse"
    MAX_REL = "max_rel"


class RelativeTo(StrEnum):
    """The unit of a tolerance: that of y, or the range of y; for mse the square of either."""

    ABSOLUTE = "absolute"
    RANGE = "range"


class BetweenSamples(StrEnum):
    """What is promised between the samples."""

    NONE = "none"
    SMOOTH = "smooth"
    LINEAR = "linear"


class Target(Document):
    """What the network has to reach; ``per_sample`` stands for a list of tolerances."""

    metric: Annotated[Metric | str, KNOWN_FIRST] = Metric.MAX_ABS
    tolerance: float | Literal["per_sample"] | None = None
    relative_to: Annotated[RelativeTo | str, KNOWN_FIRST] = RelativeTo.ABSOLUTE
    floor: float | None = None
    between_samples: Annotated[BetweenSamples | str, KNOWN_FIRST] = BetweenSamples.SMOOTH


class ArchitectureChoice(StrEnum):
    """Which networks may be the answer."""

    AUTO = "auto"
    COMPELLED = "compelled"
    SHALLOW = "shallow"


class Minimise(StrEnum):
    """What the smallest network has fewest of."""

    PARAMETERS = "parameters"
    SEGMENTS = "segments"
    NEURONS = "neurons"


class Effort(StrEnum):
    """How many starts and candidates are tried."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


class DtypeChoice(StrEnum):
    """The number format that was asked for."""

    AUTO = "auto"
    FLOAT32 = "float32"
    FLOAT64 = "float64"


class FitOptions(Document):
    """How the network is looked for."""

    architecture: Annotated[ArchitectureChoice | str, KNOWN_FIRST] = ArchitectureChoice.AUTO
    minimise: Annotated[Minimise | str, KNOWN_FIRST] = Minimise.PARAMETERS
    max_parameters: int | None = None
    max_segments: int | None = None
    effort: Annotated[Effort | str, KNOWN_FIRST] = Effort.STANDARD
    dtype: Annotated[DtypeChoice | str, KNOWN_FIRST] = DtypeChoice.AUTO
    seed: int = 0
    time_limit: float | None = None
