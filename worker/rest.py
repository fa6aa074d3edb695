"""A worker whose store is away rests: what it claimed would only wait again."""

import logging
import time
from collections.abc import Callable

from schemas.errors import StoreFull, Unavailable

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0


class Rest:
    """Knows whether jobs may be claimed: after a failure not until the store answers.

    The pauses before it is asked grow until a job could be begun: a store may answer and be of no
    use.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        """Nothing has failed yet.

        Args:
            check: raises ``Unavailable`` unless the store answers.
        """
        self._check = check
        self._is_on = False
        self._pause_s = 0.0
        self._until = -float("inf")

    def begin(self) -> None:
        """Something was away; many failures at the same time are one."""
        self._is_on = True
        now = time.monotonic()
        if now >= self._until:
            self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
            self._until = now + self._pause_s

    def end(self) -> None:
        """A job could be begun: the next failure is a first one."""
        self._pause_s = 0.0

    def is_over(self) -> bool:
        """Whether jobs may be claimed; asks the store if something failed."""
        if not self._is_on:
            return True
        if time.monotonic() < self._until:
            return False
        try:
            self._check()
        except StoreFull as full:
            # It answers, and models may be there already.
            logger.warning("jobs are claimed again: %s", full)
        except Unavailable as error:
            self.begin()
            logger.warning("no job claimed, next look in %.0f s: %s", self._pause_s, error)
            return False
        self._is_on = False
        return True
