"""Streams: lines out of pieces, events out of lines, and going on after a stream broke off."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from foldline_client.effects import Flow, NoAnswer, Pause
from foldline_client.errors import ConnectionFailed
from foldline_client.retries import backoff_s

# A stream that breaks off so often without anything new is given up.
MOST_BREAKS = 8


@dataclass
class Lines:
    """Puts the pieces of a stream together to lines, without their ends."""

    _rest: bytes = b""

    def of(self, piece: bytes) -> Iterator[bytes]:
        """The lines that end in this piece."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")


@dataclass(frozen=True)
class ServerSentEvent:
    """An event as it is sent: its id, and its data as text."""

    id: str | None
    data: bytes


@dataclass
class ServerSentEvents:
    """Puts lines together to server-sent events; names and comments are passed over."""

    _id: str | None = None
    _data: list[bytes] = field(default_factory=list)

    def of(self, line: bytes) -> ServerSentEvent | None:
        """The event that ends with this line, if one does."""
        if not line:
            data, self._data = self._data, []
            return ServerSentEvent(self._id, b"\n".join(data)) if data else None
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"id":
            self._id = value.decode()
        return None


@dataclass
class Breaks:
    """Counts how often a stream broke off since something new came."""

    count: int = 0

    def after(self, outcome: NoAnswer | None, subject: str) -> Flow[None]:
        """Wait a moment before the stream is opened again.

        Args:
            outcome: why it broke off; None where it ended before its time.
            subject: what it is a stream of.

        Raises:
            ConnectionFailed: it does so again and again.
        """
        if outcome is not None and outcome.quiet:
            # Nothing happened for long; the next try shows whether the service is still there.
            return
        self.count += 1
        if self.count > MOST_BREAKS:
            reason = outcome.reason if outcome else "ends before its time"
            raise ConnectionFailed(f"the stream of {subject} breaks off again and again: {reason}")
        yield Pause(backoff_s(self.count))

    def over(self) -> None:
        """Something new came."""
        self.count = 0
