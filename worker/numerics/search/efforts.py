"""How much work each effort puts into a search: training plans, and when to stop trying."""

import math
from dataclasses import dataclass, replace
from typing import TypeVar

from schemas.options import Effort
from worker.numerics.training.trainer import Plan

# A curve of so few samples is tiny: unless effort is thorough, no part of a search for it takes
# more than a few tenths of a second. What took longer there was noise, which towers do not suit.
TINY = 48
TINY_WORK = 1.2e9


@dataclass(frozen=True)
class Stage:
    """One pass over the towers that might meet a target.

    Attributes:
        plan: how much work goes into one of them.
        towers: how many are trained, at most.
        work: products in all, about: not time, so that it is repeatable. A core does some 10^10 a
            second.
        descends: whether it goes down from the smallest that met the target, rather than up from
            what the corridor predicts.
        far: on the way down a tower is worth a start if its error over the limit may be at most
            this.
        promising: how near the target a first start is worth the others: its error over the limit.
        near: how near the best of all starts is worth hops.
        spare: with every tower that fell short the next one has so many times the pieces that are
            thought to do: it meets the target more often, with a few more parameters.
        most_more: where the network to beat is large, the work is up to so many times as much.
    """

    plan: Plan
    towers: int
    work: float
    descends: bool = False
    far: float = 1.6
    promising: float = 1.7
    near: float = 1.0
    spare: float = 1.0
    most_more: float = 3.0


@dataclass(frozen=True)
class Race:
    """How the best tower within a budget is found.

    Attributes:
        plan: how much work goes into one tower.
        shapes: how many numbers of tents are tried.
        heats: whose the plan's hops are: shares of them, and among how many of the best each share
            is divided.
        work: products in all, about.
    """

    plan: Plan
    shapes: int
    heats: tuple[tuple[float, int], ...] = ((0.2, 3), (0.25, 2), (0.55, 1))
    work: float = math.inf


_FIRST = Stage(Plan(starts=1, phase1=3, phase2=60, per_norm=10), towers=5, work=6e10, spare=1.06)
_UP = Stage(
    Plan(starts=4, phase1=3, phase2=100, per_norm=15),
    towers=20,
    work=2e11,
    spare=1.05,
    most_more=1.0,
)
_DOWN = Stage(
    Plan(starts=3, phase1=3, phase2=80, per_norm=12, hops=20),
    towers=60,
    work=2.5e10,
    descends=True,
    near=1.2,
)
_FURTHER_DOWN = Stage(
    Plan(starts=10, phase1=3, phase2=150, per_norm=20, hops=60),
    towers=200,
    work=1.5e11,
    descends=True,
    far=2.5,
    promising=2.5,
    near=1.4,
)
_SPRINT = Race(Plan(starts=1, phase1=3, phase2=80, per_norm=10, hops=24), shapes=10, work=2e10)
_RACE = Race(
    Plan(starts=8, phase1=3, phase2=150, per_norm=15, sharpened=3, hops=300), shapes=16, work=6e10
)
_MARATHON = Race(
    Plan(starts=32, phase1=3, phase2=300, per_norm=30, sharpened=6, hops=1500),
    shapes=16,
    work=4e11,
    # Hops end in a minimum that depends on where they begin, so that many are worth as much.
    heats=((0.35, 8), (0.3, 4), (0.2, 2), (0.15, 1)),
)
# Every effort begins with what the lesser ones do, so that it never ends with a worse network.
STAGES = {
    Effort.QUICK: (_FIRST,),
    Effort.STANDARD: (_FIRST, _UP, _DOWN),
    Effort.THOROUGH: (_FIRST, _UP, _DOWN, _FURTHER_DOWN),
}
RACES = {
    Effort.QUICK: (_SPRINT,),
    Effort.STANDARD: (_SPRINT, _RACE),
    Effort.THOROUGH: (_SPRINT, _RACE, _MARATHON),
}
COMPELLED_PLANS = {
    Effort.QUICK: Plan(starts=8, phase1=10, phase2=60, per_norm=10),
    Effort.STANDARD: Plan(starts=30, phase1=10, phase2=100, per_norm=15),
    Effort.THOROUGH: Plan(starts=60, phase1=30, phase2=200, per_norm=30),
}

Part = TypeVar("Part", Stage, Race)


def parts_for(parts: tuple[Part, ...], effort: Effort, samples: int) -> tuple[Part, ...]:
    """The parts of a search for so many samples: for few of them each is cut short."""
    if samples > TINY or effort is Effort.THOROUGH:
        return parts
    return tuple(replace(part, work=min(part.work, TINY_WORK)) for part in parts)
