"""Which network was chosen, and why, in words."""

from collections.abc import Sequence

from schemas.options import Minimise
from schemas.reasons import Reason
from worker.numerics.search.candidates import (
    Candidate,
    Question,
    choose,
    least_in_one_layer,
    segments_of,
    size,
)


def explain(
    chosen: Candidate,
    candidates: list[Candidate],
    question: Question,
    reasons: Sequence[Reason],
) -> str:
    """A sentence or two; of a target that is not met, its reasons.

    Args:
        chosen: the answer.
        candidates: every network that was tried.
        question: what was asked.
        reasons: why the target is not met.
    """
    name = f"{chosen.name} network of {chosen.delivery.parameters} parameters"
    if not chosen.met:
        within = " within the budgets" if question.has_budget else ""
        head = f"No network that was tried meets the target{within}; the {name} comes closest."
        # What binds together is said once.
        return " ".join([head, *dict.fromkeys(reason.detail for reason in reasons)])
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
    return f"{found}.{_bound(question)}{_tie(candidates, question)}"


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


def _tie(candidates: list[Candidate], question: Question) -> str:
    """What rounding makes of a path that touches its limits, if one was tried in vain."""
    tied = next((c for c in candidates if c.tied and not c.met), None)
    if tied is None or question.limit is None:
        return ""
    reached, where = tied.error, "at the samples"
    if reached <= question.limit:
        reached, where = tied.evidence.promised_distance or reached, "between the samples"
    return (
        f" With {segments_of(tied, question)} segments a function may just touch the limit of "
        f"{question.limit!r}, but no float64 weights were found that keep it: those that come "
        f"closest have an error of {reached!r} {where}."
    )
