"""A fit process of a pool: one question after the other, from standard input to standard output.

    python -m worker.numerics.pool.process

It ends when its standard input does, so that it never outlives its pool; and when memory runs out,
as if the system had ended it.
"""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import BinaryIO

from schemas.errors import Crashed, FoldlineError, InvalidInput
from schemas.jobs import Outline, Phase, Progress
from telemetry.on_demand import configure_on_demand
from worker.numerics.fit import Fit, FitRequest, fit
from worker.numerics.memory import is_out_of_memory
from worker.numerics.pool import wire

logger = logging.getLogger(__name__)


class _Desk:
    """What has arrived: questions that wait, and the numbers of those to be stopped or followed."""

    def __init__(self, source: BinaryIO) -> None:
        self.waiting: SimpleQueue[wire.Message] = SimpleQueue()
        self._stopped: set[int] = set()
        self._followed: set[int] = set()
        self._source = source
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def is_stopped(self, number: int) -> bool:
        return number in self._stopped

    def is_followed(self, number: int) -> bool:
        return number in self._followed

    def _listen(self) -> None:
        with _ending_without_memory():
            for line in self._source:
                message = wire.from_line(line)
                if "stop" in message:
                    self._stopped.add(message["stop"])
                elif "follow" in message:
                    change = self._followed.add if message["followed"] else self._followed.discard
                    change(message["follow"])
                else:
                    # An earlier question of this number may have ended just as it was spoken of.
                    self._stopped.discard(message["fit"])
                    self._followed.discard(message["fit"])
                    self.waiting.put(message)
        # In the middle of a fit, if need be: nobody waits for it any more.
        os._exit(0)


def answer(request: FitRequest, number: int, desk: _Desk, sink: BinaryIO) -> Fit | FoldlineError:
    """Fit; what goes wrong is an answer too, unless there is no memory left to answer with."""

    def on_progress(phase: Phase, progress: Progress, outline: Outline | None) -> None:
        _send(sink, wire.progress(number, phase, progress, outline))

    try:
        return fit(
            request.samples,
            request.target,
            request.options,
            on_progress=on_progress,
            should_stop=partial(desk.is_stopped, number),
            is_followed=partial(desk.is_followed, number),
            device="cpu",
        )
    except InvalidInput as error:
        return error
    except Exception as error:  # the door: one question must not sink the others
        if is_out_of_memory(error):
            raise
        logger.exception("a fit crashed")
        return Crashed(f"{type(error).__name__}: {error}")


def main() -> None:
    """Answer until there is nobody to ask."""
    # A process of its own has a log of its own: what it says must look like the worker's lines.
    configure_on_demand()
    # Whatever else is printed must not get between the messages.
    with os.fdopen(os.dup(1), "wb") as sink, _ending_without_memory():
        os.dup2(2, 1)
        desk = _Desk(sys.stdin.buffer)
        while True:
            message = desk.waiting.get()
            number = message["fit"]
            _send(sink, wire.begun(number))
            found = answer(wire.asked(message), number, desk, sink)
            _send(sink, wire.answer(number, found))


@contextmanager
def _ending_without_memory() -> Iterator[None]:
    """End the process if memory runs out inside, with a status that says so."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        try:
            logger.error("memory ran out: %s", error)
        finally:
            # At once, whatever became of the log: others need the memory.
            os._exit(wire.OUT_OF_MEMORY)


def _send(sink: BinaryIO, message: wire.Message) -> None:
    sink.write(wire.to_line(message))
    sink.flush()


if __name__ == "__main__":
    main()
