"""How tests wait: for a condition, never for a number of seconds.

How long something takes is up to the machine and to what else runs on it. So every limit of time
in a test is this one, which no machine reaches unless something hangs.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

HANGS_AFTER_S = 600.0
# Looks are rarer the longer it takes: they must not be what keeps a slow machine busy.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.1


def patient(broker_url: str) -> str:
    """The address of the embedded broker, at which an answer may be as slow as the disk is."""
    return f"{broker_url}&socket_timeout={HANGS_AFTER_S}&socket_connect_timeout={HANGS_AFTER_S}"


def until(condition: Callable[[], T]) -> T:
    """Wait until the condition holds; returns what it returned."""
    began = time.monotonic()
    while not (value := condition()):
        taken_s = time.monotonic() - began
        assert taken_s < HANGS_AFTER_S, f"did not happen within {HANGS_AFTER_S:.0f} s"
        time.sleep(min(max(taken_s / 20, SHORTEST_PAUSE_S), LONGEST_PAUSE_S))
    return value
