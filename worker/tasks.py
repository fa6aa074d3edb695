"""What RQ calls: claim jobs and fit them until none waits.

A job may be done twice, also at the same time: models are named by their question, and the ledger
takes only the word of the latest claim.
"""

import itertools
import logging
from collections.abc import Iterator
from contextvars import ContextVar

from schemas.errors import Died, FoldlineError, OutOfMemory, Unavailable
from worker.desk import Begun, Desk
from worker.numerics.devices import is_broken
from worker.numerics.fit import Fit, FitRequest
from worker.numerics.many import fit_many
from worker.numerics.memory import is_out_of_memory

logger = logging.getLogger(__name__)

DESK: ContextVar[Desk] = ContextVar("DESK")
# So many jobs make one batched computation on a GPU.
BATCH = 256


def work() -> None:
    """Fit what waits, until nothing does or the worker is asked to leave."""
    desk = DESK.get()
    if desk.pool is None:
        while _work_on_batch(desk):
            pass
    else:
        _work_side_by_side(desk)


def _work_side_by_side(desk: Desk) -> None:
    """Claim a job whenever a process of the pool is free for it."""
    begun: dict[int, Begun] = {}
    numbers = itertools.count()
    assert desk.pool is not None

    def requests() -> Iterator[FitRequest | None]:
        while True:
            claimed = _claim(desk, 1)
            for job in claimed:
                begun[next(numbers)] = job
                yield job.request
            if not claimed:
                yield None

    try:
        for number, answer in desk.pool.fit_each(
            requests(),
            on_progress=lambda number, *progress: begun[number].attempt.on_progress(*progress),
            should_stop=lambda number: begun[number].attempt.should_stop(),
            is_followed=lambda number: begun[number].attempt.is_followed,
        ):
            desk.settle(begun.pop(number), answer)
    finally:
        # What an error of ours kept from being settled, others may have.
        for job in begun.values():
            desk.presence.let_go(job.attempt.claim)


def _work_on_batch(desk: Desk) -> bool:
    """Fit all that waits in one batched computation; False if nothing does."""
    begun = _claim(desk, BATCH)
    broken = False
    try:
        answers: list[Fit | FoldlineError] = fit_many(
            [job.request for job in begun],
            on_progress=lambda number, *progress: begun[number].attempt.on_progress(*progress),
            should_stop=lambda number: begun[number].attempt.should_stop(),
            is_followed=lambda number: begun[number].attempt.is_followed,
            device="cuda",
        )
    except Exception as error:  # a GPU without memory, say: counted, so that it ends one day
        logger.exception("a batch of %d fits failed", len(begun))
        broken = is_broken(error)
        kind = OutOfMemory if is_out_of_memory(error) else Died
        answers = [kind(f"its batch failed: {error}")] * len(begun)
    for job, answer in zip(begun, answers, strict=True):
        desk.settle(job, answer)
    if broken:
        desk.give_up()
    return bool(begun)


def _claim(desk: Desk, count: int) -> list[Begun]:
    """Claimed jobs that need a fit; empty if there is nothing to do, or nothing can be done."""
    while not desk.stopping() and desk.rest.is_over():
        try:
            claims = desk.presence.claim(count)
        except Unavailable as error:
            logger.warning("no job claimed: %s", error)
            return []
        if not claims:
            return []
        begun = [desk.begin(claim) for claim in claims]
        # A job that is answered already needs no fit: then there may be more.
        if wanted := [entry for entry in begun if entry is not None]:
            return wanted
    return []
