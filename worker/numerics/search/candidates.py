"""A candidate: a network that was built, delivered in its dtype, and measured there."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from schemas.errors import FieldError, InvalidInput
from schemas.jobs import Outline
from schemas.models import ArchitectureName, Contender, SummationOrders
from schemas.network import Dtype, Weights
from schemas.options import DtypeChoice, FitOptions, Minimise
from schemas.samples import Samples
from schemas.target import Metric, Target
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.certificate.certify import Evidence
from worker.numerics.certificate.errors import target_error
from worker.numerics.certificate.outline import outline
from worker.numerics.networks.delivery import Delivery, deliver, evaluations
from worker.numerics.networks.network import Shape
from worker.numerics.networks.tents import Sides
from worker.numerics.problem.preparation import Prepared, even_part
from worker.numerics.problem.promise import Promise

# Without a tolerance float32 is delivered if that costs at most this much accuracy, of the largest
# error and of the mean: so that one network has one dtype, whichever of them is asked for.
ROUNDING_SHARE = 1.01
# Without a tolerance errors below so many ulp of the largest value are as good as none.
ROUNDED_AWAY = 8.0
# Rounding that training leaves room for, in ulp of the largest value.
ROUNDING_ULPS = 8.0
# Samples at which a network is tried before all of them are.
PROBED_SAMPLES = 256


@dataclass(frozen=True)
class Question:
    """What was asked: everything a candidate is judged by.

    Attributes:
        samples: in canonical form.
        target: the metric and tolerance.
        options: budgets and dtype among them.
        limit: the largest allowed error as the target measures it, raw units; None without a
            tolerance.
        fewest: segments of any function within a limit on a maximum at the samples, if known.
        alive: called now and then while a candidate is measured.
    """

    samples: Samples
    target: Target
    options: FitOptions
    limit: float | None
    fewest: int | None = None
    alive: Callable[[], None] = lambda: None

    @cached_property
    def promise(self) -> Promise:
        """What is promised between the samples."""
        return Promise(self.samples, self.target.between_samples)

    @property
    def dtypes(self) -> tuple[Dtype, ...]:
        """The dtypes to deliver in, preferred first."""
        match self.options.dtype:
            case DtypeChoice.FLOAT32:
                return (Dtype.FLOAT32,)
            case DtypeChoice.FLOAT64:
                return (Dtype.FLOAT64,)
            case DtypeChoice.AUTO:
                return (Dtype.FLOAT32, Dtype.FLOAT64)

    @property
    def has_budget(self) -> bool:
        """Whether parameters or segments are limited."""
        return bool(self.options.max_parameters or self.options.max_segments)

    @property
    def most_parameters(self) -> float:
        """The budget of parameters; infinite if there is none."""
        return self.options.max_parameters or np.inf

    @property
    def most_segments(self) -> float:
        """The budget of segments; infinite if there is none."""
        return self.options.max_segments or np.inf


@dataclass(frozen=True, eq=False)
class Candidate:
    """A delivered network and its measured error.

    Attributes:
        name: its family.
        sides: of its tents; none for a shallow network.
        delivery: its weights as delivered.
        error: at the samples, as the target measures it, in the delivered dtype.
        met: whether the error is within the limit, and the promise between the samples kept;
            without a limit, True.
        evidence: what was measured.
        tied: whether its path touches limits: a network of as few segments has no other.
    """

    name: ArchitectureName
    sides: Sides
    delivery: Delivery
    error: float
    met: bool
    evidence: Evidence
    tied: bool = False

    @property
    def knots(self) -> int:
        """Neurons of the knot layer; the paper's network folds a single piece."""
        compelled = self.name is ArchitectureName.COMPELLED
        # Below it a mirrored tower has a layer more.
        return 1 if compelled else self.delivery.widths[-2 - len(self.sides)]

    def outline(self) -> Outline | None:
        """The network as it is drawn."""
        x, breakpoints = self.evidence.samples.x, self.evidence.breakpoints
        return outline(self.delivery, float(x[0]), float(x[-1]), breakpoints=breakpoints)

    def contender(self) -> Contender:
        """The candidate in short, for the model document."""
        return Contender(
            name=self.name,
            layer_widths=self.delivery.widths,
            parameters=self.delivery.parameters,
            # Finite, because documents know no infinity.
            error=min(self.error, sys.float_info.max),
            met=self.met,
        )


def within_budgets(candidate: Candidate, question: Question) -> bool:
    """Whether the network, which training may have folded more often than planned, keeps them."""
    if candidate.delivery.parameters > question.most_parameters:
        return False
    if np.isinf(question.most_segments):
        return True
    return segments_of(candidate, question) <= question.most_segments


def size(candidate: Candidate, question: Question) -> int:
    """How many the network has of what the smallest one has fewest of."""
    match question.options.minimise:
        case Minimise.PARAMETERS:
            return candidate.delivery.parameters
        case Minimise.SEGMENTS:
            return segments_of(candidate, question)
        case Minimise.NEURONS:
            return candidate.delivery.neurons


def segments_of(candidate: Candidate, question: Question) -> int:
    """Segments of the network's function."""
    x = question.samples.x
    ends = float(x[0]), float(x[-1])
    table, _ = tabulate(candidate.delivery, *ends, breakpoints=candidate.evidence.breakpoints)
    return table.segments


def least_neurons(segments: int) -> int:
    """ReLUs of one hidden layer that may make so many segments: N make at most N + 1.

    A constant too takes a ReLU.
    """
    return max(segments - 1, 1)


def least_in_one_layer(question: Question) -> int | None:
    """A lower bound of that for networks of one hidden layer; None where none is known."""
    if question.fewest is None:
        return None
    neurons = least_neurons(question.fewest)
    match question.options.minimise:
        case Minimise.PARAMETERS:
            return Shape((1, neurons, 1)).parameters
        case Minimise.NEURONS:
            return neurons
        case Minimise.SEGMENTS:
            return None


def choose(candidates: list[Candidate], question: Question) -> Candidate:
    """The answer: the smallest that meets the limit, else the one of smallest error.

    Without a limit, of those whose errors are rounding errors the one that strays least.
    """
    met = [candidate for candidate in candidates if candidate.met]
    if question.limit is not None and met:
        return min(met, key=lambda c: (size(c, question), c.delivery.parameters, c.error))
    pool = met or candidates
    if question.limit is None:
        settled = [c for c in pool if is_exact(c, question)]
        if len(settled) > 1:
            return min(settled, key=lambda c: (c.evidence.largest_distance(), size(c, question)))
    return min(pool, key=lambda c: (c.error, size(c, question), c.delivery.parameters))


def is_exact(candidate: Candidate, question: Question) -> bool:
    """Whether the errors at the samples are rounding errors."""
    figures, y = candidate.evidence.errors, np.abs(question.samples.y)
    rounding = ROUNDED_AWAY * float(np.finfo(float).eps)
    metric = question.target.metric
    if metric is Metric.MAX_REL:
        return figures[metric] <= rounding
    return figures[Metric.MAX_ABS] <= rounding * float(y.max())


def judge(
    question: Question,
    build: Callable[[Dtype], Weights],
    *,
    name: ArchitectureName,
    sides: Sides,
    exact: bool = False,
) -> Candidate:
    """Deliver a network in the first dtype that holds the target, and measure it there.

    When none does it is delivered in the last one, float64 unless float32 was asked for: the most
    exact. Without a tolerance, float32 is taken unless float64 is clearly better.

    Args:
        question: what was asked.
        build: gives the weights, from raw x to raw y in float64, that suit a dtype best.
        name: the network's family.
        sides: of its tents.
        exact: whether the last dtype alone is tried, for want of time.

    Raises:
        InvalidInput: float32 was asked for and overflows.
    """
    found: list[Candidate] = []
    x = question.samples.x
    for dtype in question.dtypes[-1:] if exact else question.dtypes:
        delivery = deliver(build(dtype), dtype, (float(x[0]), float(x[-1])))
        if delivery is None or (dtype is not question.dtypes[-1] and _hopeless(delivery, question)):
            continue
        evidence = Evidence(
            delivery, question.samples, question.target, question.promise, question.alive
        )
        candidate = Candidate(name, sides, delivery, evidence.error, evidence.met, evidence)
        found.append(candidate)
        if candidate.met and question.limit is not None and _is_settled(candidate):
            return candidate
    if not found:
        raise InvalidInput(
            FieldError(
                path=("options", "dtype"),
                detail="float32 cannot hold numbers this large or small; use float64 or auto",
            )
        )
    met = [candidate for candidate in found if candidate.met]
    if question.limit is not None and met:
        return met[0]
    if question.limit is None and _as_good(found[0], found[-1]):
        return found[0]
    return found[-1]


def _as_good(coarse: Candidate, fine: Candidate) -> bool:
    """Whether a network rounded to fewer digits is about as near to the samples."""
    metrics = {Metric.MAX_ABS, Metric.RMSE, coarse.evidence.target.metric} - {Metric.MSE}
    first, second = coarse.evidence.errors, fine.evidence.errors
    return all(first[metric] <= ROUNDING_SHARE * second[metric] for metric in metrics)


def _is_settled(candidate: Candidate) -> bool:
    """Whether what was measured of a network that meets the target is enough.

    One order of summation alone is not, where a more exact dtype may hold it in all.
    """
    evidence = candidate.evidence
    if not candidate.delivery.takes_long(evidence.samples.count):
        return True
    return evidence.orders is SummationOrders.ANY


def judged_by(candidate: Candidate, question: Question) -> Candidate:
    """The same network, judged by another question about the same samples."""
    evidence = replace(candidate.evidence, target=question.target, promise=question.promise)
    return replace(candidate, error=evidence.error, met=evidence.met, evidence=evidence)


def _hopeless(delivery: Delivery, question: Question) -> bool:
    """Whether a few of many samples already show that a network misses the target in its dtype."""
    samples = question.samples
    if question.limit is None or samples.count <= PROBED_SAMPLES:
        return False
    if not question.target.metric.is_maximum:
        return False
    probed = samples.part(even_part(samples.count, PROBED_SAMPLES))
    # One order of summation is enough to show it: many neurons take long in all.
    tried = evaluations(delivery, probed.x, question.alive)
    return any(target_error(question.target, v, probed) > question.limit for v in tried)


def is_rounding(candidate: Candidate, prepared: Prepared) -> bool:
    """Whether what is left of the error is what a sum loses in the delivered dtype."""
    goal, epsilon = prepared.goal, np.finfo(candidate.delivery.dtype.value).eps
    largest = 1 + abs(prepared.scaling.y_middle) / goal.y_half
    rounding = ROUNDING_ULPS * float(epsilon) * largest / float(goal.units.min())
    return candidate.error <= goal.in_metric(rounding)


def enough(prepared: Prepared, question: Question) -> float:
    """The goal's norm at which training may stop: the limit, less what delivery may add."""
    return _within(prepared, question.dtypes)


def attainable(prepared: Prepared, question: Question) -> float:
    """The goal's norm from which the most exact dtype still delivers what meets the limit."""
    return _within(prepared, question.dtypes[-1:])


def _within(prepared: Prepared, dtypes: tuple[Dtype, ...]) -> float:
    """The limit less the rounding of the first of these dtypes that leaves most of it."""
    limit = prepared.goal.limit
    if limit is None:
        return 0.0
    offset = abs(prepared.scaling.y_middle) / prepared.goal.y_half
    for dtype in dtypes:
        rounding = ROUNDING_ULPS * float(np.finfo(dtype.value).eps) * (1 + offset)
        if rounding < limit / 2:
            return limit - rounding
    return limit
