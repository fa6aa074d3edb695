"""What counts against a job that waits again: how often it may happen, and what is said then."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.problems import Problem, ProblemType

# A job that has crashed its process this often is not tried again.
MAX_CRASHES = 3
# Nor is one whose worker was lost this often: as a rule that is not the job's doing.
MAX_LOSSES = 10
# Nor one whose samples were looked for so often in a store that is the right one.
MAX_MISSES = 3

_ADVICE = "Try fewer samples, a smaller budget or less effort, or give the workers more memory."


class Setback(StrEnum):
    """Why an attempt at a job ended without an answer, where that counts against the job."""

    CRASH = "crash"
    OUT_OF_MEMORY = "out of memory"
    LOSS = "loss"
    NO_SAMPLES = "no samples"


@dataclass(frozen=True)
class Limit:
    """How often a job may have a setback.

    Attributes:
        counter: what counts it, with the job and in the figures; several kinds may share one.
        most: the job fails when it has happened so often.
        problem: why, then.
    """

    counter: str
    most: int
    problem: Problem


def _limit(counter: str, most: int, detail: str) -> Limit:
    return Limit(counter, most, Problem.of(ProblemType.WORKER_LOST, status=500, detail=detail))


LIMITS: Mapping[Setback, Limit] = {
    Setback.CRASH: _limit(
        "crashes",
        MAX_CRASHES,
        f"The process that worked on this job broke down {MAX_CRASHES} times, most likely for want "
        f"of memory. {_ADVICE}",
    ),
    Setback.OUT_OF_MEMORY: _limit(
        "crashes",
        MAX_CRASHES,
        f"The process that worked on this job broke down {MAX_CRASHES} times, the last time "
        f"because it ran out of memory. {_ADVICE}",
    ),
    Setback.LOSS: _limit(
        "losses",
        MAX_LOSSES,
        f"The worker that had this job died or fell silent {MAX_LOSSES} times. Ask again once "
        "workers stay alive; their logs, or the system's, say why they did not.",
    ),
    Setback.NO_SAMPLES: Limit(
        "misses",
        MAX_MISSES,
        Problem.of(
            ProblemType.INTERNAL,
            status=500,
            detail="The samples of this job are gone from the store. Ask again; and if nobody has "
            "removed them, look what is wrong with it.",
        ),
    ),
}
