"""Every error Foldline raises on purpose.

FoldlineError
├── InvalidInput          what was sent cannot be used; names the fields
├── NotFound              no job, model or artifact has this id
│   └── NotKept           what it had is not kept any more
├── Stopped               a fit was told to stop before it had an answer
├── Crashed               a fit ended without an answer, for a reason of ours
│   └── Died              its process ended
│       └── OutOfMemory   because memory ran out
├── Unauthenticated       a key is needed, or the one that came is none
├── Forbidden             the key is not good for this
├── RateLimited           the key has been used too often just now; try again later
├── Conflict              what was asked does not go with the state of the thing
│   └── InProgress        the same is being done at this moment; try again in a moment
├── QueueFull             so many jobs wait that no more are taken; try again later
└── Unavailable           the broker or the store does not answer; try again later
    ├── UnusableBroker    the broker answers, and cannot be worked with
    ├── BrokerFull        the broker has no memory for more jobs
    └── StoreFull         the store has no room for what is to be written

A target that cannot be met is not an error: it is a model with ``met = false``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field: the path to it, and what would be right."""

    path: tuple[str | int, ...]
    detail: str

    @property
    def field(self) -> str:
        """The path with dots, as people write it: ``samples.x.3``."""
        return ".".join(str(part) for part in self.path)

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in self.path)
        return "".join(f"/{part}" for part in escaped)


class FoldlineError(Exception):
    """Root of the tree above."""


class InvalidInput(FoldlineError):
    """What was sent cannot be used."""

    def __init__(self, *errors: FieldError) -> None:
        """Keep the field errors; the message lists them."""
        self.errors = errors
        super().__init__(
            "; ".join(f"{e.field}: {e.detail}" if e.path else e.detail for e in errors)
        )


class NotFound(FoldlineError):
    """Nothing of this kind has this id."""

    def __init__(self, kind: str, identifier: str) -> None:
        """Keep what was looked for: its kind (``job``, ``model``) and its id."""
        self.kind = kind
        self.identifier = identifier
        super().__init__(f"there is no {kind} {identifier!r}")


class NotKept(NotFound):
    """There is something with this id, but what it had is not kept any more."""

    def __str__(self) -> str:
        """Say so: the id is right."""
        return f"the {self.kind} {self.identifier!r} are not kept any more"


class Stopped(FoldlineError):
    """A fit was told to stop before it had an answer."""

    def __init__(self) -> None:
        """There is nothing to keep."""
        super().__init__("the fit was stopped before it had an answer")


class Crashed(FoldlineError):
    """A fit ended without an answer, for a reason of ours."""

    def __init__(self, reason: str) -> None:
        """Keep the reason: words for a log, not for a client."""
        self.reason = reason
        super().__init__(f"the fit crashed: {reason}")


class Died(Crashed):
    """The process of a fit ended before it had answered."""


class OutOfMemory(Died):
    """Memory ran out in a fit: with less going on beside it, it may succeed."""


class Unauthenticated(FoldlineError):
    """A key is needed, or the one that came is none; the message says which."""


class Forbidden(FoldlineError):
    """The key is not good for this; the message says what would be."""


class RateLimited(FoldlineError):
    """The key has been used too often just now."""

    def __init__(self, rate: float, wait_s: float) -> None:
        """Keep how many requests a second are allowed, and seconds until the next one is."""
        self.rate = rate
        self.wait_s = wait_s
        super().__init__(f"this key is good for {rate:g} requests a second; wait a moment")


class Conflict(FoldlineError):
    """What was asked does not go with the state of the thing; the message says why."""


class InProgress(Conflict):
    """The same is being done at this moment; try again in a moment."""


class QueueFull(FoldlineError):
    """So many jobs wait that no more are taken."""

    def __init__(self, limit: int) -> None:
        """Keep how many may wait."""
        self.limit = limit
        super().__init__(f"{limit} jobs wait already; no more are taken until some are done")


class Unavailable(FoldlineError):
    """The broker or the store does not answer."""

    def __init__(self, part: str, reason: str) -> None:
        """Keep which part is away (``broker``, ``store``) and what it said."""
        self.part = part
        self.reason = reason
        super().__init__(f"the {part} does not answer: {reason}")


class WrongStore(Unavailable):
    """The store belongs to another broker."""

    def __init__(self, word: str) -> None:
        """Keep the name of what says so in the store."""
        super().__init__(
            "store",
            "it belongs to another broker: give every process the same store and the same broker. "
            f"If the other broker is lost for good, remove {word} from the store and start the API",
        )

    def __str__(self) -> str:
        """Say what is wrong: it does answer."""
        return f"this store cannot be used: {self.reason}"


class UnusableBroker(Unavailable):
    """The broker answers, and cannot be worked with as it is set up."""

    def __init__(self, reason: str) -> None:
        """Keep what is wrong with it."""
        super().__init__("broker", reason)

    def __str__(self) -> str:
        """Say what is wrong: it does answer."""
        return f"the broker cannot be used: {self.reason}"


class BrokerFull(Unavailable):
    """The broker has no memory for more jobs."""

    def __init__(self, reason: str) -> None:
        """Keep how much there is, or what it said."""
        super().__init__("broker", reason)

    def __str__(self) -> str:
        """Say that it is full: it does answer."""
        return f"the broker is full: {self.reason}"


class StoreFull(Unavailable):
    """The store has no room for what is to be written."""

    def __init__(self, reason: str) -> None:
        """Keep what it said."""
        super().__init__("store", reason)

    def __str__(self) -> str:
        """Say that it is full: it does answer."""
        return f"the store is full: {self.reason}"
