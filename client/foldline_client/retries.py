"""Trying again: what passes by itself should not be the caller's concern.

Every request may be sent twice: those that make something bear an ``Idempotency-Key``, under which
the service makes it once.
"""

import random
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from foldline_client.answers import error_of
from foldline_client.effects import Answer, Effect, Flow, NoAnswer, Open, Pause, Send
from foldline_client.errors import ConnectionFailed, FoldlineError

T = TypeVar("T")

PASSING = frozenset({429, 502, 503, 504})
# A proxy that gave up does not know what the service behind it has done.
_PERHAPS_DONE = frozenset({502, 504})
CONFLICT = 409
# Before the second try at most; twice as long before each further one.
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
# A service that wants to be left alone for longer is not waited for.
LONGEST_RETRY_AFTER_S = 60.0


def backoff_s(tries: int) -> float:
    """A random pause after so many tries: clients that failed together do not return together."""
    longest = min(FIRST_PAUSE_S * 2.0 ** (tries - 1), LONGEST_PAUSE_S)
    return random.uniform(longest / 2, longest)


def pause_before_next(outcome: Answer | NoAnswer, tries: int, retries: int) -> float | None:
    """Seconds until a request is tried again, which was tried so often; None if it is not."""
    if tries > retries:
        return None
    pause = backoff_s(tries)
    if isinstance(outcome, NoAnswer):
        return pause
    asked = retry_after_s(outcome.headers)
    # A conflict that says when to come back is the first try, still being answered.
    if outcome.status not in PASSING and (outcome.status != CONFLICT or asked is None):
        return None
    if asked is None:
        return pause
    return None if asked > LONGEST_RETRY_AFTER_S else max(asked, pause)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` asks for, given as such or as a date; None without one."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def persistent(flow: Flow[T], retries: int) -> Flow[T]:
    """The same flow, whose requests are tried again; what does not pass is raised in it.

    Args:
        flow: what is to be done.
        retries: further tries of each request.
    """
    with closing(flow):
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = yield from _outcome(effect, retries)
                except FoldlineError as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as stop:
            value: T = stop.value
            return value


def _outcome(effect: Effect, retries: int) -> Flow[object]:
    if isinstance(effect, Send | Open):
        return (yield from _answered(effect, retries))
    outcome: object = yield effect
    return outcome


def _answered(effect: Send | Open, retries: int) -> Flow[Answer]:
    tries, repeated = 0, False
    while True:
        outcome: Answer | NoAnswer = yield effect
        tries += 1
        pause = pause_before_next(outcome, tries, retries)
        if pause is None:
            break
        repeated |= isinstance(outcome, NoAnswer) or outcome.status in _PERHAPS_DONE
        yield Pause(pause)
    if isinstance(outcome, NoAnswer):
        raise ConnectionFailed(f"{effect.call.method} {effect.call.path}: {outcome.reason}")
    if error := error_of(outcome, repeated=repeated):
        raise error
    return outcome
