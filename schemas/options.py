"""How to look for the network: which architectures, within which budget, how hard and how long."""

from enum import StrEnum

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from schemas.strict import Document
from schemas.target import Positive


class ArchitectureChoice(StrEnum):
    """Which networks may be the answer."""

    AUTO = "auto"
    COMPELLED = "compelled"
    SHALLOW = "shallow"


class Effort(StrEnum):
    """How many starts and candidates are tried."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


class DtypeChoice(StrEnum):
    """The number format of the delivered weights; auto is float32 where that holds the target."""

    AUTO = "auto"
    FLOAT32 = "float32"
    FLOAT64 = "float64"


class Minimise(StrEnum):
    """What the smallest network has fewest of."""

    PARAMETERS = "parameters"
    SEGMENTS = "segments"
    NEURONS = "neurons"


# One segment as a network: one neuron (weight, bias), its output weight and the output bias.
SMALLEST_NETWORK = 4
# The paper's network of one hidden layer, which has four neurons.
SMALLEST_COMPELLED = 13


class FitOptions(Document):
    """Options of a fit; every one has a default."""

    architecture: ArchitectureChoice = Field(
        default=ArchitectureChoice.AUTO,
        description="auto: the smallest certified network, shallow or a tower; compelled: the "
        "paper's network; shallow: one hidden layer with the fewest segments.",
    )
    minimise: Minimise = Field(
        default=Minimise.PARAMETERS,
        description="What the smallest network has fewest of: weights and biases, segments of its "
        "function, or ReLUs.",
    )
    max_parameters: int | None = Field(
        default=None, strict=True, ge=SMALLEST_NETWORK, description="Budget of weights and biases."
    )
    max_segments: int | None = Field(
        default=None, strict=True, ge=1, description="Budget of segments."
    )
    effort: Effort = Effort.STANDARD
    dtype: DtypeChoice = DtypeChoice.AUTO
    seed: int = Field(default=0, strict=True, ge=0, lt=2**63)
    time_limit: Positive | None = Field(
        default=None,
        description="Seconds of fitting, after which the best certified network is the answer. "
        "What an answer takes comes on top: half a second for up to 10,000 samples, a second for "
        "100,000, or 5 s if they take a network of as many segments.",
    )

    @field_validator("max_parameters")
    @classmethod
    def _enough_for_the_architecture(cls, value: int | None, info: ValidationInfo) -> int | None:
        compelled = info.data.get("architecture") is ArchitectureChoice.COMPELLED
        if compelled and value is not None and value < SMALLEST_COMPELLED:
            raise PydanticCustomError(
                "budget_too_small",
                "the compelled architecture has at least {least} parameters",
                {"least": SMALLEST_COMPELLED},
            )
        return value
