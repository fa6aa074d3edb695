"""The entry of the fit engine: samples, target and options in, a certified network out."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from schemas.jobs import Phase, check_goal
from schemas.models import Architecture, ArchitectureName, Certificate, Contender
from schemas.network import Dtype, Network
from schemas.options import ArchitectureChoice, DtypeChoice, FitOptions, Minimise
from schemas.samples import Samples
from schemas.table import BreakpointTable
from schemas.target import Metric, Target, check_target
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.certificate.certify import certify
from worker.numerics.devices import choose_device, one_thread
from worker.numerics.problem.preparation import Prepared, prepare
from worker.numerics.search.candidates import (
    Candidate,
    Question,
    choose,
    least_in_one_layer,
    size,
)
from worker.numerics.search.climb import climb
from worker.numerics.search.shallow import segments_at
from worker.numerics.session import OnProgress, Session
from worker.numerics.training.refinement import Training, carry_out


@dataclass(frozen=True, eq=False)
class FitRequest:
    """One question to the engine; see ``fit``."""

    samples: Samples
    target: Target
    options: FitOptions


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
    is_followed: Callable[[], bool] = lambda: False,
    device: str = "auto",
) -> Fit:
    """Find the smallest network that meets the target, certify it and tabulate it.

    A target on the largest error at the samples is always met unless a budget, an architecture or
    a dtype forbids it, or it lies below what float64 resolves: then the best network found is the
    answer, and says so.

    A run that is told to stop, or whose time is up, ends with the best found so far. What an answer
    takes is not cut short: counting the fewest segments and the first path, one pass over the
    samples each; one evaluation; the certificate. For 100,000 samples that is half a second to a
    second. A path of S segments in pure noise has S N / 2 terms to add up, and is evaluated once,
    or twice if rounding breaks it: some 2 s for S and N of 100,000.

    Args:
        samples: the function, in canonical form.
        target: the metric and its tolerance.
        options: architectures, budgets, effort, dtype, seed and time limit.
        on_progress: called several times a second with the phase; with how far the run is: the
            fraction done, the iterations, and the best error so far, in the target's metric; and,
            while it is followed, with the outline of the network that is being trained.
        should_stop: asked between iterations, and in long ones; True ends the run with the best
            found so far.
        is_followed: whether somebody watches the network being trained: asked each time.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.

    Returns:
        The network, its certificate and its breakpoint table.

    Raises:
        InvalidInput: the target has no meaning for these samples, or nothing to aim at was given.
    """
    session = Session(
        on_progress=on_progress,
        should_stop=should_stop,
        time_limit_s=options.time_limit,
        seed=options.seed,
        device=choose_device(device),
        is_followed=is_followed,
    )
    with one_thread():
        return carry_out(fitting(samples, target, options, session), session.device)


def fitting(
    samples: Samples, target: Target, options: FitOptions, session: Session
) -> Training[Fit]:
    """A fit as a training, so that many run side by side.

    Args:
        samples: the function, in canonical form.
        target: the metric and its tolerance.
        options: architectures, budgets, effort, dtype and seed.
        session: time and progress.

    Raises:
        InvalidInput: as ``fit``.
    """
    check_goal(target, options)
    check_target(target, samples)
    with session.phase(Phase.PREPARATION):
        prepared = prepare(samples, target)
        fewest = _fewest_segments(prepared, session)
        question = Question(samples, target, options, target.limit(samples), fewest, session.alive)
    candidates = yield from climb(prepared, question, session)
    chosen = choose(candidates, question)
    with session.phase(Phase.CERTIFICATE):
        table, _ = tabulate(
            chosen.delivery,
            float(samples.x[0]),
            float(samples.x[-1]),
            slack=_slack(chosen, question),
            breakpoints=chosen.evidence.breakpoints,
        )
        certificate = certify(chosen.evidence, table)
    session.report(fraction=1.0, error=chosen.error, current=chosen.outline)
    return Fit(
        network=chosen.delivery.document(),
        table=table,
        architecture=_architecture(chosen),
        certificate=certificate,
        met=chosen.met,
        explanation=_explain(chosen, candidates, question),
        minimal_segments=fewest if target.metric is Metric.MAX_ABS else None,
        contenders=tuple(candidate.contender() for candidate in candidates),
        phase1_s=session.spent_s(Phase.PHASE1),
        phase2_s=session.spent_s(Phase.PHASE2),
        total_s=session.elapsed_s,
    )


def _slack(chosen: Candidate, question: Question) -> float:
    """What a met target leaves to the table: it is to meet it as well."""
    target, limit = question.target, question.limit
    if limit is None or not chosen.met:
        return math.inf
    excess = chosen.evidence.excess
    between = math.inf if excess is None else -excess
    if target.metric is not Metric.MAX_ABS:
        return between
    if target.is_per_sample:
        # Every sample keeps this share of its tolerance.
        kept = (1.0 - chosen.error) * float(target.tolerances(question.samples).min())
        return min(between, kept)
    return min(between, limit - chosen.error)


def _fewest_segments(prepared: Prepared, session: Session) -> int | None:
    if not prepared.goal.is_maximum or prepared.goal.limit is None:
        return None
    return segments_at(prepared, prepared.goal.limit, session.alive)


def _architecture(candidate: Candidate) -> Architecture:
    widths = candidate.delivery.widths
    return Architecture(
        name=candidate.name,
        layer_widths=widths,
        knots=candidate.knots,
        tents=candidate.tents,
        towers=min(candidate.tents, 1),
        parameters=candidate.delivery.parameters,
        neurons=candidate.delivery.neurons,
        dtype=candidate.delivery.dtype,
    )


def _explain(chosen: Candidate, candidates: list[Candidate], question: Question) -> str:
    """Which network was chosen, and why, in a sentence or two."""
    name = f"{chosen.name} network of {chosen.delivery.parameters} parameters"
    if not chosen.met:
        return (
            f"No network that was tried meets the target within the budgets; the {name} comes "
            f"closest. {_remedy(chosen, question)}"
        )
    if question.limit is None:
        return f"The {name} has the smallest error found within the budgets."
    minimise = question.options.minimise
    found = f"The {name} is the smallest found that meets the target"
    if minimise is not Minimise.PARAMETERS:
        count = size(chosen, question)
        found = f"The {name} meets the target with {count} {minimise}, the fewest found"
    rivals = [c for c in candidates if c.met and c.name is not chosen.name]
    if rivals:
        rival = choose(rivals, question)
        found = f"{found}; the {rival.name} network needs {size(rival, question)}"
    return f"{found}.{_bound(question)}"


def _bound(question: Question) -> str:
    """What is proved of networks of one hidden layer, as a sentence; empty if nothing is.

    N ReLUs in one layer make at most N + 1 segments, and fewer segments than ``fewest`` do not meet
    a largest error. Of deeper networks no such bound is known here.
    """
    least = least_in_one_layer(question)
    if least is None:
        return ""
    return (
        f" With one hidden layer it takes at least {least} {question.options.minimise}; of deeper "
        "networks only those that were tried are known."
    )


def _remedy(chosen: Candidate, question: Question) -> str:
    options = question.options
    if options.dtype is DtypeChoice.FLOAT32:
        return "float32 may be too coarse for it: try dtype float64 or auto."
    if chosen.evidence.error <= (question.limit or 0.0) and (chosen.evidence.excess or 0.0) > 0.0:
        return "It holds the samples but strays between them further than between_samples allows."
    if options.max_parameters or options.max_segments:
        return "A larger budget or a looser tolerance would meet it."
    if options.architecture is ArchitectureChoice.COMPELLED:
        return "Architecture auto has networks that can."
    if chosen.delivery.dtype is Dtype.FLOAT64 and chosen.name is ArchitectureName.SHALLOW:
        return "The tolerance lies below what float64 resolves at these values of x and y."
    return "More effort, more time or a looser tolerance may meet it."
