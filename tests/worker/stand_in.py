"""The real workers of a machine with the stand-in engine, one by one on a GPU as well."""

import os
import sys
from collections.abc import Sequence

from schemas.errors import FoldlineError
from tests.worker.stand_in_engine import stand_in
from worker import desk, process, rq_worker, tasks
from worker.numerics import many
from worker.numerics.fit import Fit, FitRequest
from worker.numerics.pool.pool import IsFollowed, OnProgressOf, ShouldStop


def fit_one_by_one(
    requests: Sequence[FitRequest],
    device: str,
    *,
    on_progress: OnProgressOf,
    should_stop: ShouldStop,
    is_followed: IsFollowed,
) -> list[Fit | FoldlineError]:
    """Answer each in turn."""
    return [
        stand_in(
            request.samples,
            request.target,
            request.options,
            on_progress=lambda *progress, number=number: on_progress(number, *progress),
            should_stop=lambda number=number: should_stop(number),
            is_followed=lambda number=number: is_followed(number),
            device=device,
        )
        for number, request in enumerate(requests)
    ]


if __name__ == "__main__":
    # Tests say when broker and store are back, or that it is time to leave without them.
    desk.PATIENCE_S = 1e6
    if len(sys.argv) > 1:
        many.fit = stand_in
        tasks.fit_together = fit_one_by_one
        if os.environ.get("SPAWNS"):
            rq_worker.kind_for = lambda _: rq_worker.SpawningWorker
        rq_worker.main(sys.argv[1])
    else:
        process.WORKER = "tests.worker.stand_in"
        process.main()
