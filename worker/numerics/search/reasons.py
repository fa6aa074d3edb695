"""Why the answer does not meet its target: each constraint without which it would, found by trying.

A constraint binds if the target is met without it: by a network that was tried, or by the shallow
one, which is built and measured as if the constraint were not there. Constraints that bind only
together are named together.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Context, Decimal

from schemas.options import ArchitectureChoice, DtypeChoice, Effort
from schemas.reasons import Reason, ReasonCode
from schemas.target import BetweenSamples, Metric, RelativeTo
from worker.numerics.problem.preparation import Prepared
from worker.numerics.search.candidates import Candidate, Question, segments_of
from worker.numerics.search.judged_paths import FEW_SAMPLES
from worker.numerics.search.shallow import shallow_candidates
from worker.numerics.search.within_limit import smallest_shallow
from worker.numerics.session import Session

FIELDS = {
    ReasonCode.BETWEEN_SAMPLES: "target.between_samples",
    ReasonCode.MAX_SEGMENTS: "options.max_segments",
    ReasonCode.MAX_PARAMETERS: "options.max_parameters",
    ReasonCode.DTYPE: "options.dtype",
    ReasonCode.ARCHITECTURE: "options.architecture",
    ReasonCode.TIME_LIMIT: "options.time_limit",
    ReasonCode.EFFORT: "options.effort",
    ReasonCode.RESOLUTION: "target.tolerance",
    ReasonCode.TOLERANCE: "target.tolerance",
}
# Digits of a tolerance that is named.
DIGITS = 4

# Constraints that are taken away.
_Without = frozenset[ReasonCode]


def find_reasons(
    chosen: Candidate,
    candidates: list[Candidate],
    question: Question,
    prepared: Prepared,
    session: Session,
) -> tuple[Reason, ...]:
    """Everything that stands in the way of the target; nothing if it is met.

    Args:
        chosen: the answer.
        candidates: every network that was tried.
        question: what was asked.
        prepared: the scaled problem.
        session: its time.
    """
    if chosen.met:
        return ()
    limit = question.options.time_limit
    in_time = limit is None or session.elapsed_s < limit
    trials = _Trials(candidates, question, prepared, session)
    return (
        *_binding(trials),
        *_not_everything_tried(question, trials, in_time=in_time),
        *_beyond_float64(trials),
        *_tolerance(chosen, question),
    )


@dataclass(eq=False)
class _Trials:
    """What would meet the target without some of its constraints."""

    candidates: list[Candidate]
    question: Question
    prepared: Prepared
    session: Session
    _shallow: dict[tuple[bool, bool], Candidate | None] = field(default_factory=dict)

    @property
    def constraints(self) -> _Without:
        """Those that the question has."""
        target, options = self.question.target, self.question.options
        asked = {
            ReasonCode.BETWEEN_SAMPLES: target.between_samples is not BetweenSamples.NONE,
            ReasonCode.MAX_SEGMENTS: options.max_segments is not None,
            ReasonCode.MAX_PARAMETERS: options.max_parameters is not None,
            ReasonCode.DTYPE: options.dtype is DtypeChoice.FLOAT32,
            ReasonCode.ARCHITECTURE: options.architecture is ArchitectureChoice.COMPELLED,
        }
        return frozenset(code for code, is_asked in asked.items() if is_asked)

    def met_without(self, without: _Without) -> Candidate | None:
        """A network that meets the target without these constraints, if one is known."""
        for candidate in self.candidates:
            if self._holds(candidate, without):
                return candidate
        if ReasonCode.ARCHITECTURE in self.constraints - without:
            return None
        shallow = self.shallow(without)
        return shallow if shallow is not None and self._holds(shallow, without) else None

    def shallow(self, without: _Without) -> Candidate | None:
        """The smallest shallow network without these constraints; None for want of time."""
        key = (ReasonCode.BETWEEN_SAMPLES in without, ReasonCode.DTYPE in without)
        if key not in self._shallow:
            self._shallow[key] = self._built(*key)
        return self._shallow[key]

    def _built(self, free_between: bool, free_dtype: bool) -> Candidate | None:
        if self.question.samples.count > FEW_SAMPLES and self.session.stopped():
            return None
        if self.question.limit is None:
            return shallow_candidates(self.prepared, self.question, self.session)[0]
        target, options = self.question.target, self.question.options
        if free_between:
            target = target.model_copy(update={"between_samples": BetweenSamples.NONE})
        if free_dtype:
            options = options.model_copy(update={"dtype": DtypeChoice.AUTO})
        question = replace(self.question, target=target, options=options)
        return smallest_shallow(self.prepared, question, self.session)[0]

    def _holds(self, candidate: Candidate, without: _Without) -> bool:
        question, evidence = self.question, candidate.evidence
        if question.limit is not None and evidence.error > question.limit:
            return False
        if ReasonCode.BETWEEN_SAMPLES not in without and (evidence.excess or 0.0) > 0.0:
            return False
        parameters = candidate.delivery.parameters
        if ReasonCode.MAX_PARAMETERS not in without and parameters > question.most_parameters:
            return False
        if ReasonCode.MAX_SEGMENTS in self.constraints - without:
            return segments_of(candidate, question) <= question.most_segments
        return True


def _binding(trials: _Trials) -> Iterator[Reason]:
    """Constraints without which the target would be met: each alone, and the rest together."""
    alone = set()
    for code in ReasonCode:
        if code in trials.constraints:
            found = trials.met_without(frozenset({code}))
            if found is not None:
                alone.add(code)
                yield _reason(code, _instead([code], found, trials.question))
    together = set(trials.constraints - alone)
    if trials.met_without(frozenset(together)) is None:
        return
    for code in ReasonCode:
        if code in together and trials.met_without(frozenset(together - {code})) is not None:
            together.remove(code)
    codes = [code for code in ReasonCode if code in together]
    found = trials.met_without(frozenset(together))
    assert found is not None
    for code in codes:
        yield _reason(code, _instead(codes, found, trials.question))


def _instead(codes: list[ReasonCode], found: Candidate, question: Question) -> str:
    words = {
        ReasonCode.BETWEEN_SAMPLES: "between_samples none",
        ReasonCode.MAX_SEGMENTS: f"max_segments {segments_of(found, question)}",
        ReasonCode.MAX_PARAMETERS: f"max_parameters {found.delivery.parameters}",
        ReasonCode.DTYPE: "dtype float64",
        ReasonCode.ARCHITECTURE: "architecture auto",
    }
    return f"With {' and '.join(words[code] for code in codes)} it would be met."


def _not_everything_tried(
    question: Question, trials: _Trials, *, in_time: bool
) -> Iterator[Reason]:
    """Searches that ended before everything was tried; nothing where no function would do."""
    options = question.options
    if (question.fewest or 0) > question.most_segments:
        return
    if not in_time:
        yield _reason(
            ReasonCode.TIME_LIMIT,
            f"The search was ended after {options.time_limit:g} s: not everything was tried.",
        )
    if options.architecture is ArchitectureChoice.SHALLOW:
        if ReasonCode.MAX_PARAMETERS in trials.constraints:
            yield _reason(
                ReasonCode.ARCHITECTURE,
                "Only shallow networks were tried: with architecture auto towers are as well.",
            )
    elif options.effort is not Effort.THOROUGH and question.has_budget:
        yield _reason(
            ReasonCode.EFFORT,
            f"At effort {options.effort} not every network was tried that a higher one would.",
        )


def _beyond_float64(trials: _Trials) -> Iterator[Reason]:
    limit = trials.question.limit
    if limit is None or trials.met_without(trials.constraints) is not None:
        return
    closest = trials.shallow(trials.constraints)
    if closest is not None:
        yield _reason(
            ReasonCode.RESOLUTION,
            "The tolerance lies below what float64 resolves at these values of x and y: the "
            f"closest network found is off by {closest.error:.4g}, and {limit:.4g} is allowed.",
        )


def _tolerance(chosen: Candidate, question: Question) -> Iterator[Reason]:
    """The tolerance that the answer itself would meet, where it is one number."""
    target = question.target
    power = 2 if target.metric is Metric.MSE else 1
    if question.limit is None or target.is_per_sample or target.metric is Metric.MAX_REL:
        return
    needed = max(chosen.error, (chosen.evidence.promised_distance or 0.0) ** power)
    if not question.limit < needed < math.inf:
        return
    if target.relative_to is RelativeTo.RANGE and question.samples.y_range > 0.0:
        needed /= question.samples.y_range**power
    # Rounded up, and once more for what the unit rounds.
    digits = Context(prec=DIGITS, rounding=ROUND_CEILING)
    named = float(digits.create_decimal(Decimal(needed * (1 + 1e-12))))
    yield _reason(ReasonCode.TOLERANCE, f"This network would meet a tolerance of {named:g}.")


def _reason(code: ReasonCode, detail: str) -> Reason:
    return Reason(code=code, field=FIELDS[code], detail=detail)
