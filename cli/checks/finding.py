"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Place:
    """Where to look.

    Attributes:
        data_dir: the data directory.
        url: the address of a service.
    """

    data_dir: Path
    url: str


@dataclass(frozen=True)
class Finding:
    """What a check has found.

    Attributes:
        state: how it is.
        detail: what there is, or what is wrong with it.
        remedy: what to do; None where nothing is wrong, or the check has one for all cases.
    """

    state: State
    detail: str
    remedy: str | None = None


def ok(detail: str) -> Finding:
    """Nothing is wrong."""
    return Finding(State.OK, detail)


def wrong(detail: str, remedy: str | None = None) -> Finding:
    """Something is wrong."""
    return Finding(State.WRONG, detail, remedy)


def skipped(detail: str) -> Finding:
    """There is nothing to look at."""
    return Finding(State.SKIPPED, detail)
