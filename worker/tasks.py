"""What RQ calls: claim jobs and fit them until none waits.

A job may be done twice, also at the same time: models are named by their question, and the ledger
takes only the word of the latest claim.
"""

import logging
from collections.abc import Iterator
from contextvars import ContextVar

from schemas.errors import FoldlineError, Unavailable
from worker.attempts import Attempt
from worker.desk import Desk
from worker.numerics.fit import Fit, FitRequest
from worker.numerics.many import fit_many

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
    begun: list[Attempt] = []
    assert desk.pool is not None

    def requests() -> Iterator[FitRequest | None]:
        while True:
            claimed = _claim(desk, 1)
            for attempt, request in claimed:
                begun.append(attempt)
                yield request
            if not claimed:
                yield None

    for number, answer in desk.pool.fit_each(
        requests(),
        on_progress=lambda number, *progress: begun[number].on_progress(*progress),
        should_stop=lambda number: begun[number].should_stop(),
    ):
        desk.settle(begun[number], answer)


def _work_on_batch(desk: Desk) -> bool:
    """Fit all that waits in one batched computation; False if nothing does."""
    claimed = _claim(desk, BATCH)
    attempts = [attempt for attempt, _ in claimed]
    answers: list[Fit | FoldlineError] = fit_many(
        [request for _, request in claimed],
        on_progress=lambda number, *progress: attempts[number].on_progress(*progress),
        should_stop=lambda number: attempts[number].should_stop(),
        device="cuda",
    )
    for attempt, answer in zip(attempts, answers, strict=True):
        desk.settle(attempt, answer)
    return bool(claimed)


def _claim(desk: Desk, count: int) -> list[tuple[Attempt, FitRequest]]:
    """Claimed jobs that need a fit; empty if there is nothing to do, or nothing can be done."""
    while not desk.stopping():
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
