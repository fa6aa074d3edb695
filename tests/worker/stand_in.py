"""A real worker process with the stand-in engine.

It is that of its fit processes; or, where the worker is told to use a GPU, runs in the worker's own
process, as fits in batches do.
"""

from collections.abc import Sequence

from schemas.errors import FoldlineError
from tests.worker.stand_in_engine import stand_in
from worker import desk, process, tasks
from worker.numerics.fit import Fit, FitRequest
from worker.numerics.pool import child
from worker.numerics.pool.pool import IsFollowed, OnProgressOf, ShouldStop


def fit_one_by_one(
    requests: Sequence[FitRequest],
    *,
    on_progress: OnProgressOf,
    should_stop: ShouldStop,
    is_followed: IsFollowed,
    device: str,
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
    child.PROCESS = "tests.worker.stand_in_engine"
    tasks.fit_many = fit_one_by_one
    # Tests say when broker and store are back, or that it is time to leave without them.
    desk.PATIENCE_S = 1e6
    process.main()
