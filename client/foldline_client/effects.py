"""What there is to do, as values: requests, answers, pauses. Nothing here does any of it.

Whatever takes more than one step (waiting, pages, streams that break) is written once, as a
generator: a flow. It yields what is to be done and is sent what came of it. A driver does it, with
or without ``await``; so the two clients do the same.
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

# Query parameters; a list is a parameter that is given several times.
Params = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Call:
    """A request.

    Attributes:
        method: GET, POST or DELETE.
        path: below the address of the service, with the slash it begins with.
        params: of the query.
        headers: besides those that every request has.
        content: the body, or its pieces, which can be read again.
        patience_s: seconds without a sign of the service that are nothing unusual here; after
            more, and more than the timeout of the client, there is no answer.
    """

    method: str
    path: str
    params: Params = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Iterable[bytes] | None = None
    patience_s: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What the service answered.

    Attributes:
        status: the status of HTTP.
        headers: with their names in lower case.
        content: the body; empty where it is still to be read.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


@dataclass(frozen=True)
class NoAnswer:
    """No answer came, or its body broke off.

    Attributes:
        reason: what went wrong, in words.
        quiet: whether nothing came for as long as there was patience.
    """

    reason: str
    quiet: bool = False


@dataclass(frozen=True)
class Send:
    """Send a request and read the whole answer: an ``Answer``, or ``NoAnswer``."""

    call: Call


@dataclass(frozen=True)
class Open:
    """Send a request whose answer is a stream: an ``Answer``, or ``NoAnswer``.

    Of errors the body is read; of everything else ``NextPiece`` reads it. There is one stream at a
    time: this closes the one before.
    """

    call: Call


@dataclass(frozen=True)
class NextPiece:
    """Read on in the stream: bytes, None at its end, or ``NoAnswer`` where it broke off."""


@dataclass(frozen=True)
class Pause:
    """Do nothing for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Emit:
    """Hand an item to whoever iterates."""

    item: Any


Effect = Send | Open | NextPiece | Pause | Emit
Flow = Generator[Effect, Any, T]


def send(call: Call) -> Flow[Answer]:
    """The answer to a request; errors are raised by whoever drives the flow."""
    answer = yield Send(call)
    assert isinstance(answer, Answer)
    return answer


def opened(call: Call) -> Flow[Answer]:
    """The same for an answer that is a stream."""
    answer = yield Open(call)
    assert isinstance(answer, Answer)
    return answer


def next_piece() -> Flow[bytes | NoAnswer | None]:
    """What comes next in the stream."""
    piece: bytes | NoAnswer | None = yield NextPiece()
    return piece
