"""The entry of the fit engine: samples, target and options in, a certified network out."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from schemas.jobs import Phase, check_goal
from schemas.models import Architecture, Certificate, Contender
from schemas.network import Network
from schemas.options import FitOptions
from schemas.reasons import Reason
from schemas.samples import Samples
from schemas.table import BreakpointTable
from schemas.target import Metric, Target, check_target
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.certificate.certify import certify
from worker.numerics.devices import choose_device, one_thread
from worker.numerics.paths.minimal_count import count_exactly
from worker.numerics.problem.preparation import prepare
from worker.numerics.search.candidates import Candidate, Question, choose
from worker.numerics.search.climb import climb
from worker.numerics.search.explanation import explain
from worker.numerics.search.reasons import find_reasons
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
        reasons: why the target is not met; none if it is.
        minimal_segments: the fewest segments of any function within the limits at the samples:
            proved; None for means and without a tolerance.
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
    reasons: tuple[Reason, ...]
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
        fewest = _fewest_segments(samples, target, session)
        question = Question(samples, target, options, target.limit(samples), fewest, session.alive)
    candidates = yield from climb(prepared, question, session)
    chosen = choose(candidates, question)
    reasons = find_reasons(chosen, candidates, question, prepared, session)
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
        explanation=explain(chosen, candidates, question, reasons),
        reasons=reasons,
        minimal_segments=fewest,
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


def _fewest_segments(samples: Samples, target: Target, session: Session) -> int | None:
    """The fewest segments within the target's limits at the samples: a proof."""
    if target.tolerance is None or not target.metric.is_maximum:
        return None
    tolerance, unit = target.tolerances_and_units(samples)
    return count_exactly(samples.x, samples.y, tolerance, unit, watch=session.alive)


def _architecture(candidate: Candidate) -> Architecture:
    widths = candidate.delivery.widths
    return Architecture(
        name=candidate.name,
        layer_widths=widths,
        knots=candidate.knots,
        tents=len(candidate.sides),
        sides=list(candidate.sides),
        towers=min(len(candidate.sides), 1),
        parameters=candidate.delivery.parameters,
        neurons=candidate.delivery.neurons,
        dtype=candidate.delivery.dtype,
    )
