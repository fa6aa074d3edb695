"""A work horse that is asked to leave: what it has begun has a while to end, or is given back."""

import signal
import time
from types import FrameType


class Leaving:
    """Whether this process has been asked to leave, and when it has to."""

    def __init__(self) -> None:
        """Nobody has asked."""
        self._at: float | None = None

    def ask(self, grace_s: float) -> None:
        """Leave in so many seconds at the latest; the first to ask counts."""
        if self._at is None:
            self._at = time.monotonic() + grace_s

    def listen(self, grace_s: float) -> None:
        """Have SIGTERM ask; for the main thread."""

        def hear(number: int, frame: FrameType | None) -> None:
            self.ask(grace_s)

        signal.signal(signal.SIGTERM, hear)

    def is_asked(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._at is not None

    def is_due(self) -> bool:
        """Whether it has to leave now, with what is not done."""
        return self._at is not None and time.monotonic() >= self._at


# Of this process: a signal has nobody else to tell.
LEAVING = Leaving()
