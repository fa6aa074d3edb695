"""Models: what was fitted, how well, and the network and its table as data."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from foldline_client.documents.base import KNOWN_FIRST, Document
from foldline_client.documents.questions import SamplesSummary, Target


class Dtype(StrEnum):
    """Number format of a network's weights and arithmetic."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"


class ArchitectureName(StrEnum):
    """The families of networks."""

    SHALLOW = "shallow"
    TOWER = "tower"
    COMPELLED = "compelled"


class Architecture(Document):
    """The shape of a network."""

    name: Annotated[ArchitectureName | str, KNOWN_FIRST]
    layer_widths: list[int]
    knots: int
    tents: int
    sides: list[int]
    towers: int
    parameters: int
    neurons: int
    dtype: Dtype


class SummationOrders(StrEnum):
    """The orders in which the sums of a network may be computed."""

    ANY = "any"
    TRIED = "tried"


class Certificate(Document):
    """The error of the network as delivered, every figure in the units of y."""

    max_abs_error: float
    rmse: float
    max_rel_error: float | None
    max_tolerance_share: float | None = None
    error_in_any_order: float | None = None
    orders: Annotated[SummationOrders | str, KNOWN_FIRST] = SummationOrders.TRIED
    max_abs_error_between_samples: float
    promised_error_between_samples: float | None = None
    excess_between_samples: float | None = None
    table_deviation: float


class Contender(Document):
    """A network that was tried, and how it fared."""

    name: Annotated[ArchitectureName | str, KNOWN_FIRST]
    layer_widths: list[int]
    parameters: int
    error: float
    met: bool


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

    code: Annotated[ReasonCode | str, KNOWN_FIRST]
    field: str
    detail: str


class Timing(Document):
    """Where the seconds went."""

    queue_s: float
    phase1_s: float
    phase2_s: float
    total_s: float


class Model(Document):
    """What was fitted, how well, and what it cost."""

    id: str
    name: str | None = None
    metadata: dict[str, str] = {}
    engine_version: str
    created_at: datetime
    samples: SamplesSummary
    target: Target
    met: bool
    explanation: str
    reasons: list[Reason] = []
    architecture: Architecture
    certificate: Certificate
    segments: int
    minimal_segments: int | None
    contenders: list[Contender]
    timing: Timing


class ModelPage(Document):
    """One page of models."""

    data: list[Model]
    next_cursor: str | None


class Outside(Document):
    """What a network does outside an interval, in the place of what its weights give."""

    x_min: float
    x_max: float
    left: float
    right: float


class Check(Document):
    """Inputs, outputs there, and how far an output may be off."""

    x: list[float]
    y: list[float]
    within: list[float]


class Layer(Document):
    """One affine layer: ``weight @ h + bias``; a row of weight is an output neuron."""

    weight: list[list[float]]
    bias: list[float]


class Network(Document):
    """A ReLU network from raw x to raw y: ReLU between the layers, none after the last."""

    layers: list[Layer]
    activation: Literal["relu"] = "relu"
    dtype: Dtype
    outside: Outside | None = None
    check: Check | None = None


class BreakpointTable(Document):
    """The function of a network, segment by segment; the last row ends the last one."""

    x: list[float]
    y: list[float]
    slope: list[float]
    intercept: list[float]
    check: Check | None = None
