"""The entry of the fit engine: samples, target and options in, a certified network out."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.jobs import Phase
from schemas.models import Architecture, Certificate, Contender
from schemas.network import Network
from schemas.options import FitOptions
from schemas.samples import Samples
from schemas.table import BreakpointTable
from schemas.target import Target

# Called with the phase, the fraction done (0..1) and the best error so far in the target's metric.
OnProgress = Callable[[Phase, float, float | None], None]


@dataclass(frozen=True)
class Fit:
    """The answer of the engine.

    Attributes:
        network: the network as delivered.
        table: its exact breakpoint table.
        architecture: its shape.
        certificate: its errors, as delivered.
        met: whether the certificate holds the target; with a budget and no tolerance, whether
            the budget is kept.
        explanation: which network was chosen, and why.
        minimal_segments: fewest segments for this max_abs target at the samples, else None.
        contenders: every network that was tried.
        phase1_s: seconds of pretraining.
        phase2_s: seconds of refinement.
        total_s: seconds in all.
    """

    network: Network
    table: BreakpointTable
    architecture: Architecture
    certificate: Certificate
    met: bool
    explanation: str
    minimal_segments: int | None
    contenders: tuple[Contender, ...]
    phase1_s: float
    phase2_s: float
    total_s: float


def fit(
    samples: Samples,
    target: Target,
    options: FitOptions,
    *,
    on_progress: OnProgress = lambda *_: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Fit:
    """Find the smallest network that meets the target."""
    raise NotImplementedError
