"""The model document: what was fitted, how well, and what it cost. manifest.json holds one."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from schemas.filters import ListFilter
from schemas.network import Dtype
from schemas.reasons import Reason
from schemas.samples import SamplesSummary
from schemas.strict import Document
from schemas.target import Metric, Target


class ArchitectureName(StrEnum):
    """The families of networks that can be delivered."""

    SHALLOW = "shallow"
    TOWER = "tower"
    COMPELLED = "compelled"


class Architecture(Document):
    """The delivered network's shape."""

    name: ArchitectureName
    layer_widths: list[int] = Field(description="Input, hidden layers, output.")
    knots: int = Field(description="Neurons of the knot layer: K.")
    tents: int = Field(description="Tent layers: m, 0 for a shallow network.")
    sides: list[int] = Field(
        description="Into how many sides each tent folds a piece, from the first tent layer."
    )
    towers: int = Field(description="Stacks of tents: 0 for a shallow network.")
    parameters: int = Field(description="Every weight and bias in network.json.")
    neurons: int = Field(description="ReLUs.")
    dtype: Dtype


class SummationOrders(StrEnum):
    """The orders in which the sums of a network may be computed."""

    ANY = "any"
    TRIED = "tried"


class Certificate(Document):
    """The error of the network as delivered, every figure in the units of y.

    The first three are at the samples, with weights and arithmetic in the delivered dtype.
    """

    max_abs_error: float
    rmse: float = Field(description="The weighted one, if the samples have weights.")
    max_rel_error: float | None = Field(
        description="Relative to max(|y|, floor) if the target has a floor; else relative to |y|, "
        "over the samples with y != 0, and null if there are none."
    )
    max_tolerance_share: float | None = Field(
        default=None,
        description="With a tolerance for each sample: the largest share that a sample's error is "
        "of its tolerance, at most 1 where all are kept; else null.",
    )
    error_in_any_order: float | None = Field(
        default=None,
        description="A bound of the error at the samples, in the target's metric (with a tolerance "
        "for each sample: of the largest share of it), proved for every order of summation; null "
        "where a sum may overflow in some order.",
    )
    orders: SummationOrders = Field(
        default=SummationOrders.TRIED,
        description="Over which orders of summation the target is held at the samples. 'any': over "
        "all, since error_in_any_order is within the limit: a proof. 'tried': over those that were "
        "tried, of which the figures are the worst: a measurement.",
    )
    max_abs_error_between_samples: float = Field(
        description="Supremum over [x_min, x_max] of |network - linear interpolant of the samples|."
    )
    promised_error_between_samples: float | None = Field(
        default=None,
        description="What between_samples limits: supremum over [x_min, x_max] of |network - "
        "linear interpolant|, for smooth less |pchip - linear interpolant|, what the samples "
        "leave open; for rmse and mse the root mean square of that, where it is above 0, over the "
        "intervals between the samples; null for none.",
    )
    excess_between_samples: float | None = Field(
        default=None,
        description="The same less what is allowed there, the samples' limits interpolated, or, "
        "for rmse and mse, the limit of the root mean square: at most 0 where the promise is kept. "
        "Null for none, and without a tolerance.",
    )
    table_deviation: float = Field(
        description="Supremum over [x_min, x_max] of |breakpoint table - network|."
    )

    def error(self, target: Target) -> float:
        """The figure that is compared with the target's limit.

        Raises:
            ValueError: a relative error was asked for and every y is 0.
        """
        if self.max_tolerance_share is not None:
            return self.max_tolerance_share
        match target.metric:
            case Metric.MAX_ABS:
                return self.max_abs_error
            case Metric.RMSE:
                return self.rmse
            case Metric.MSE:
                return self.rmse**2
            case Metric.MAX_REL:
                if self.max_rel_error is None:
                    raise ValueError("there is no relative error where every y is 0")
                return self.max_rel_error


class Contender(Document):
    """A network that was tried: its shape and how it fared."""

    name: ArchitectureName
    layer_widths: list[int]
    parameters: int
    error: float = Field(
        description="In the target's metric, as delivered; with a tolerance for each sample the "
        "largest share that a sample's error is of its tolerance."
    )
    met: bool


class Timing(Document):
    """Where the seconds went."""

    queue_s: float
    phase1_s: float
    phase2_s: float
    total_s: float


class ModelFacts(Document):
    """What a list of models is filtered by."""

    name: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    met: bool


class ModelFilter(ListFilter):
    """Which models are wanted; what is not given does not matter."""

    met: bool | None = None

    @property
    def span_ms(self) -> tuple[int | None, int | None]:
        """From when, and before when, in milliseconds since 1970."""
        return _ms(self.created_from), _ms(self.created_before)

    def holds(self, facts: ModelFacts) -> bool:
        """Whether a model with these facts is wanted."""
        return self.met in (None, facts.met) and self.fits(facts.name, facts.metadata)


def _ms(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1000)


class Model(Document):
    """A fitted, certified network. Immutable; its id is the hash of the question it answers."""

    id: str
    name: str | None = Field(default=None, description="Of the job that was first to ask.")
    metadata: dict[str, str] = Field(
        default_factory=dict, description="Of the job that was first to ask."
    )
    engine_version: str
    created_at: datetime
    samples: SamplesSummary
    target: Target
    met: bool = Field(
        description="Whether the certificate holds the target, at the samples and between them."
    )
    explanation: str = Field(description="Which network was chosen, and why.")
    reasons: list[Reason] = Field(
        default_factory=list,
        description="What stands in the way of a target that is not met, each for a program to "
        "read; `explanation` is made of their details. Empty if it is met.",
    )
    architecture: Architecture
    certificate: Certificate
    segments: int = Field(description="Segments of the network's function.")
    minimal_segments: int | None = Field(
        description="No continuous piecewise-linear function is within the target's limits at the "
        "samples with fewer segments: a proof. Null for means, and without a tolerance."
    )
    contenders: list[Contender]
    timing: Timing

    @property
    def created_ms(self) -> int:
        """When it was made, in milliseconds since 1970."""
        return round(self.created_at.timestamp() * 1000)

    @property
    def limit(self) -> float | None:
        """The largest allowed error in the target's metric; None without a tolerance."""
        return self.target.limit_for_range(self.samples.y_max - self.samples.y_min)

    @property
    def facts(self) -> ModelFacts:
        """What lists are filtered by."""
        return ModelFacts(name=self.name, metadata=self.metadata, met=self.met)


class ModelPage(Document):
    """One page of models, newest first."""

    data: list[Model]
    next_cursor: str | None
