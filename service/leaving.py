"""Leaving in good order: once the process has been asked to leave, nobody waits any longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

# Whoever waits for a change looks by itself as often, in case a message was lost.
LOOKS_EVERY_S = 2.0


class Leaving:
    """Whether the process has been asked to leave; for one event loop.

    Attributes:
        begun: whether it has.
    """

    def __init__(self) -> None:
        """It has not."""
        self.begun = False
        self._waits: set[asyncio.Timeout] = set()

    def begin(self) -> None:
        """End what waits in ``within``, now and from now on."""
        self.begun = True
        for wait in self._waits:
            if not wait.expired():
                wait.reschedule(0)

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Wait in here for at most so long, and no longer once the process is to leave.

        Raises:
            TimeoutError: it is over, and what was waited for has not come.
        """
        async with asyncio.timeout(0 if self.begun else seconds) as wait:
            self._waits.add(wait)
            try:
                yield
            finally:
                self._waits.discard(wait)


async def next_change(
    event: asyncio.Event, leaving: Leaving, *, within_s: float = LOOKS_EVERY_S
) -> None:
    """Wait for the event and clear it; for at most this long, and not while leaving."""
    with suppress(TimeoutError):
        async with leaving.within(within_s):
            await event.wait()
    event.clear()
