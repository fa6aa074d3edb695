"""Fits side by side on a CPU: a process for each core, each on one thread.

Threads would share one interpreter, and a fit is mostly small matrices: half its time is Python's.
"""

import selectors
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self

from schemas.errors import FoldlineError, Stopped
from schemas.jobs import Outline, Phase, Progress
from worker.numerics.devices import cores
from worker.numerics.fit import Fit, FitRequest
from worker.numerics.pool import wire
from worker.numerics.pool.child import Child

# Called with the index of the question, its phase, how far it is, and its outline if somebody
# follows it.
OnProgressOf = Callable[[int, Phase, Progress, Outline | None], None]
# Whether to end the question of this index.
ShouldStop = Callable[[int], bool]
# Whether somebody watches the network of this one being trained.
IsFollowed = Callable[[int], bool]

# Seconds between two looks at whether to stop, and whether somebody watches.
LOOKS_EVERY_S = 0.05
# A fit that was told to stop may take so long to deliver its best, in seconds.
STOPS_WITHIN_S = 0.4


class FitPool:
    """Processes that fit, and wait for more between batches.

    They start when they are first needed, which takes each a third of a second, and end with the
    pool, or with the process that has it, however that ends. A pool works on one batch at a time.
    """

    def __init__(self, processes: int | None = None) -> None:
        """Start nothing yet.

        Args:
            processes: how many there are at most; without, one for each core.
        """
        self._most = processes or cores()
        self._children: list[Child] = []
        # How many requests of this batch have been taken.
        self._given = 0

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes."""
        self.close()

    def start(self) -> None:
        """Start the processes now, so that the first questions need not wait for them."""
        self._children += [Child() for _ in range(self._most - len(self._children))]

    def close(self) -> None:
        """End the processes; the pool may be used again, with new ones."""
        while self._children:
            self._children.pop().close()

    def fit_each(
        self,
        requests: Iterable[FitRequest | None],
        *,
        on_progress: OnProgressOf = lambda *_: None,
        should_stop: ShouldStop = lambda _: False,
        is_followed: IsFollowed = lambda _: False,
    ) -> Iterator[tuple[int, Fit | FoldlineError]]:
        """Answer the requests as processes become free; each answer is that of ``fit`` alone.

        Args:
            requests: taken one by one, each when a process is free for it. None says that there
                is none at the moment: it is asked again as long as others are in work.
            on_progress: called with a request's index, and with what ``fit`` tells of it.
            should_stop: asked for every request in work, and once before it; True ends it with
                its best within half a second.
            is_followed: asked for every request in work; True has its process send outlines.

        Yields:
            The index of a request and its answer, in the order in which they are ready: a fit,
            ``InvalidInput``, ``Died`` (its process did; ``OutOfMemory`` if that is why),
            ``Crashed`` (an error of ours), or ``Stopped`` (it had nothing to show yet).

        Raises:
            RuntimeError: the pool is still busy with another batch.
        """
        if self._busy:
            raise RuntimeError("a pool works on one batch at a time")
        waiting = iter(requests)
        self._given = 0
        answers: list[tuple[int, Fit | FoldlineError]] = []
        try:
            while True:
                # The next request first: while an answer is put away, its process works again.
                answers += self._hand_out(waiting, should_stop)
                yield from answers
                if not self._busy:
                    return
                answers = [
                    answer
                    for child in self._ready()
                    for answer in self._listen_to(child, on_progress)
                ]
                for child in self._busy:
                    child.tell_followed(is_followed)
                answers += [
                    answer for child in self._busy for answer in self._stop(child, should_stop)
                ]
        finally:
            # Of a batch that was left early nobody wants an answer.
            for child in self._busy:
                self._remove(child)

    @property
    def _busy(self) -> list[Child]:
        return [child for child in self._children if child.number is not None]

    def _hand_out(
        self, waiting: Iterator[FitRequest | None], should_stop: ShouldStop
    ) -> Iterator[tuple[int, Fit | FoldlineError]]:
        """Give waiting requests to idle processes; those to be stopped are answered."""
        while len(self._busy) < self._most:
            request = next(waiting, None)
            if request is None:
                return
            number, self._given = self._given, self._given + 1
            if should_stop(number):
                yield number, Stopped()
                continue
            child = self._idle()
            child.ask(number, request)

    def _idle(self) -> Child:
        """A process without work; a new one where there is none, or it died waiting."""
        for child in [child for child in self._children if child.number is None]:
            if child.alive:
                return child
            self._remove(child)
        self._children.append(Child())
        return self._children[-1]

    def _ready(self) -> list[Child]:
        """The busy ones that have something to say; takes at most ``LOOKS_EVERY_S``."""
        with selectors.DefaultSelector() as selector:
            for child in self._busy:
                selector.register(child.stdout, selectors.EVENT_READ, child)
                if child.has_more_to_send:
                    selector.register(child.stdin, selectors.EVENT_WRITE, child)
            events = [key for key, _ in selector.select(LOOKS_EVERY_S)]
        for key in events:
            if key.fileobj is key.data.stdin:
                key.data.send_on()
        return [key.data for key in events if key.fileobj is key.data.stdout]

    def _listen_to(
        self, child: Child, on_progress: OnProgressOf
    ) -> Iterator[tuple[int, Fit | FoldlineError]]:
        number = child.number
        assert number is not None
        try:
            messages = child.receive()
        except EOFError:
            status = self._remove(child)
            if child.died_waiting and status != wire.OUT_OF_MEMORY:
                assert child.request is not None
                self._idle().ask(number, child.request)
            else:
                yield number, wire.ended(status)
            return
        for message in messages:
            if "begun" in message:
                child.note_begun()
            elif "progress" in message:
                on_progress(number, *wire.progressed(message))
            else:
                child.number = None
                yield number, wire.answered(message)

    def _stop(
        self, child: Child, should_stop: ShouldStop
    ) -> Iterator[tuple[int, Fit | FoldlineError]]:
        """Tell a process to stop if it should; end it if it was told to and does not."""
        assert child.number is not None
        if child.kill_at is None:
            if should_stop(child.number):
                child.stop_by(STOPS_WITHIN_S)
        elif time.monotonic() >= child.kill_at:
            number = child.number
            self._remove(child)
            yield number, Stopped()

    def _remove(self, child: Child) -> int:
        self._children.remove(child)
        return child.kill()
