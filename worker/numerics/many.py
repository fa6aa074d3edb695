"""Many fits at once: side by side in processes on a CPU, in one batched computation on CUDA."""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial

from schemas.errors import Crashed, FoldlineError, InvalidInput, OutOfMemory
from worker.numerics.devices import Device, choose_device, one_thread
from worker.numerics.fit import Fit, FitRequest, fit, fitting
from worker.numerics.memory import is_out_of_memory
from worker.numerics.pool.pool import FitPool, IsFollowed, OnProgressOf, ShouldStop
from worker.numerics.session import OnProgress, Session
from worker.numerics.training.refinement import Training, carry_out_together

logger = logging.getLogger(__name__)


def fit_many(
    requests: Iterable[FitRequest],
    *,
    pool: FitPool | None = None,
    on_progress: OnProgressOf = lambda *_: None,
    should_stop: ShouldStop = lambda _: False,
    is_followed: IsFollowed = lambda _: False,
    device: str = "auto",
) -> list[Fit | FoldlineError]:
    """Answer many questions, of unequal lengths and kinds.

    On a CPU each answer is that of ``fit`` alone, to the bit (but for the seconds it took),
    whatever else is asked; on CUDA it is that but for rounding. What is wrong with one question is
    its answer, and does not concern the others.

    Args:
        requests: samples, target and options of each. Time limits count from when a process, or
            the batch, begins with it.
        pool: processes from an earlier batch; without, some are started for this one, which takes
            a third of a second.
        on_progress: called with the index of a question, and with what ``fit`` tells of it.
        should_stop: asked with an index again and again; True ends that question with its best.
        is_followed: asked likewise, whether somebody watches that question's network.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.

    Returns:
        For each question its fit, or why there is none: ``InvalidInput``, ``Crashed`` or
        ``Stopped``.
    """
    requests = list(requests)
    chosen = choose_device(device)
    if chosen != "cpu":
        return fit_together(
            requests,
            chosen,
            on_progress=on_progress,
            should_stop=should_stop,
            is_followed=is_followed,
        )
    with FitPool() if pool is None else nullcontext(pool) as processes:
        answers = dict(
            processes.fit_each(
                requests,
                on_progress=on_progress,
                should_stop=should_stop,
                is_followed=is_followed,
            )
        )
    return [answers[number] for number in range(len(requests))]


def fit_alone(
    request: FitRequest,
    *,
    on_progress: OnProgress = lambda *_: None,
    should_stop: Callable[[], bool] = lambda: False,
    is_followed: Callable[[], bool] = lambda: False,
) -> Fit | FoldlineError:
    """Answer one question on a CPU, in this process: what is wrong with it is its answer."""
    try:
        return fit(
            request.samples,
            request.target,
            request.options,
            on_progress=on_progress,
            should_stop=should_stop,
            is_followed=is_followed,
            device="cpu",
        )
    except Exception as error:  # noqa: BLE001  # the door: whoever asks goes on
        return _answer_to(error)


def fit_together(
    requests: Sequence[FitRequest],
    device: Device,
    *,
    on_progress: OnProgressOf = lambda *_: None,
    should_stop: ShouldStop = lambda _: False,
    is_followed: IsFollowed = lambda _: False,
) -> list[Fit | FoldlineError]:
    """The same, in this process: every training in one batched computation on the device."""
    trainings = [
        _guarded(
            request,
            Session(
                on_progress=partial(on_progress, number),
                should_stop=partial(should_stop, number),
                is_followed=partial(is_followed, number),
                time_limit_s=request.options.time_limit,
                seed=request.options.seed,
                device=device,
            ),
        )
        for number, request in enumerate(requests)
    ]
    with one_thread():
        return carry_out_together(trainings, device)


def _guarded(request: FitRequest, session: Session) -> Training[Fit | FoldlineError]:
    """A fit whose errors are its answer."""
    try:
        return (yield from fitting(request.samples, request.target, request.options, session))
    except Exception as error:  # noqa: BLE001  # the door: one question must not sink the others
        return _answer_to(error)


def _answer_to(error: Exception) -> FoldlineError:
    if isinstance(error, InvalidInput):
        return error
    logger.error("a fit crashed", exc_info=error)
    kind = OutOfMemory if is_out_of_memory(error) else Crashed
    return kind(f"{type(error).__name__}: {error}")
