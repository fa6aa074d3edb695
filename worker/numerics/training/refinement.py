"""Refining dense networks on rows: what training asks for, and how it is carried out.

Training is written as generators that yield refinements and are sent their outcomes. So one fit
runs start by start, which a CPU does fastest, and many fits run side by side in one batch, which is
a GPU's way, by the same code.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TypeVar

import numpy as np

from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.backend import Array, namespace, on_device, to_numpy
from worker.numerics.devices import Device
from worker.numerics.networks.local_coordinates import LocalLayout
from worker.numerics.networks.network import Shape, evaluate, evaluate_with_jacobian
from worker.numerics.training.levmar import DenseProblem, Minimum, Problem, minimise
from worker.numerics.training.local_problem import LocalProblem
from worker.numerics.training.rows import Rows
from worker.numerics.training.step_work import is_long, is_small, prefers_local

Answer = TypeVar("Answer")
# The best figure so far, the steps that all starts took, and what gives the parameters [P] of the
# start that is refined, of several at once the best -> whether to end.
Watch = Callable[[float, int, Callable[[], FloatArray]], bool]
# Rows are padded to multiples of this, so that more problems share a batch.
PADDED = 256
# Numbers in the Jacobian of one batch, at most: 2 GB, and a few times that in all.
MOST_NUMBERS = 2**28


@dataclass(frozen=True, eq=False)
class Refinement:
    """Starts of one shape to be refined on the same rows.

    Attributes:
        shape: of the networks.
        starts: dense parameters, [B, P].
        rows: what they are trained on.
        p: the norm, at least 2.
        iterations: steps at most.
        improvement: ends when five steps lower the norm by less than this part.
        to_beat: ends when the norm is not on its way below this.
        maximum: whether the figure is the largest residual, or the root of their sum of squares.
        enough: ends when the figure is not above this.
        watch: told how far it is, before each step and after the last.
    """

    shape: Shape
    starts: FloatArray
    rows: Rows
    p: float
    iterations: int
    improvement: float
    to_beat: float
    maximum: bool
    enough: float
    watch: Watch


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where refinement ended.

    Attributes:
        parameters: of smallest norm, [B, P].
        norm: there, [B].
        best: of the smallest figure on the way, [B, P].
        figure: there, [B].
        steps: taken in all.
    """

    parameters: FloatArray
    norm: FloatArray
    best: FloatArray
    figure: FloatArray
    steps: int

    def smallest(self) -> "Outcome":
        """The start of smallest norm alone; the steps are those of all."""
        one = [int(self.norm.argmin())]
        return Outcome(
            self.parameters[one], self.norm[one], self.best[one], self.figure[one], self.steps
        )


# What training is: it yields refinements and is sent their outcomes.
Training = Generator[Refinement, Outcome, Answer]


def carry_out(training: Training[Answer], device: Device) -> Answer:
    """Run one training to its end: on a CPU in numpy, start by start if large; else in batches."""
    try:
        asked = next(training)
        while True:
            outcomes = [_on_cpu(asked)] if device == "cpu" else _on_device([asked], device)
            asked = training.send(outcomes[0])
    except StopIteration as finished:
        answer: Answer = finished.value
        return answer


def carry_out_together(trainings: Sequence[Training[Answer]], device: Device) -> list[Answer]:
    """Run many trainings side by side, refinements of one shape in one batch of tensors."""
    answers: dict[int, Answer] = {}
    asked: dict[int, Refinement] = {}

    def advance(number: int, outcome: Outcome | None) -> None:
        training = trainings[number]
        try:
            asked[number] = next(training) if outcome is None else training.send(outcome)
        except StopIteration as finished:
            answers[number] = finished.value

    for number in range(len(trainings)):
        advance(number, None)
    while asked:
        waiting = sorted(asked, key=lambda number: _kind(asked[number]))
        for _, group in groupby(waiting, key=lambda number: _kind(asked[number])):
            for part in _parts(list(group), asked):
                outcomes = _on_device([asked.pop(number) for number in part], device)
                for number, outcome in zip(part, outcomes, strict=True):
                    advance(number, outcome)
    return [answers[number] for number in range(len(trainings))]


def _kind(asked: Refinement) -> tuple[object, ...]:
    """What refinements of one batch have in common."""
    padded = -(-asked.rows.count // PADDED)
    return (
        asked.shape.widths,
        asked.p,
        asked.iterations,
        asked.improvement,
        asked.maximum,
        padded,
    )


def _parts(numbers: list[int], asked: dict[int, Refinement]) -> Iterator[list[int]]:
    """Refinements of one kind in parts whose Jacobians fit the memory."""
    part: list[int] = []
    held = 0
    for number in numbers:
        one = asked[number]
        size = one.starts.size * one.rows.count
        if part and held + size > MOST_NUMBERS:
            yield part
            part, held = [], 0
        part.append(number)
        held += size
    yield part


def _on_device(asked: list[Refinement], device: Device) -> list[Outcome]:
    """Refinements of one kind: as one batch, but those of long networks, which go to the CPU."""
    if is_long(asked[0].shape):
        return [_on_cpu(one) for one in asked]
    return _together(asked, device)


def _on_cpu(asked: Refinement) -> Outcome:
    if is_small(asked.shape, asked.rows.count):
        return _together([asked], None)[0]
    return _one_by_one(asked)


def _one_by_one(asked: Refinement) -> Outcome:
    """Start by start; the ones after a start that is good enough are not looked at."""
    found: list[Minimum] = []
    before = 0
    for start in asked.starts:
        found.append(_refine(asked, start, before))
        before += int(found[-1].iterations[0])
        if found[-1].figure[0] <= asked.enough:
            break
    return _outcome(found)


def _refine(asked: Refinement, start: FloatArray, before: int) -> Minimum:
    """One start, after so many steps of others, in the coordinates that suit it."""
    found = _refine_locally(asked, start, before)
    if found is None and is_long(asked.shape):
        # Dense steps of it take minutes: it stays what it is.
        return _refine_densely(replace(asked, iterations=0), start, before)
    return _refine_densely(asked, start, before) if found is None else found


def _refine_densely(asked: Refinement, start: FloatArray, before: int) -> Minimum:
    problem = _problem(asked.shape, [asked.rows], None)
    return _minimise_from(asked, problem, start, before, lambda dense: dense)


def _refine_locally(asked: Refinement, start: FloatArray, before: int) -> Minimum | None:
    """In local coordinates; None if the start has none, or they would be no gain."""
    if not prefers_local(asked.shape, asked.rows.count):
        return None
    layout = LocalLayout(asked.shape)
    local = layout.from_dense(start)
    if local is None:
        return None
    found = _minimise_from(asked, LocalProblem(layout, asked.rows), local, before, layout.to_dense)
    return replace(
        found,
        parameters=layout.to_dense(found.parameters[0])[None],
        best=layout.to_dense(found.best[0])[None],
    )


def _minimise_from(
    asked: Refinement,
    problem: Problem,
    start: FloatArray,
    before: int,
    to_dense: Callable[[FloatArray], FloatArray],
) -> Minimum:
    """One start refined, after so many steps of others."""

    def watch(figure: Array, taken: Array, parameters: Array) -> Array:
        steps = before + int(taken[0])
        return np.array([asked.watch(float(figure[0]), steps, lambda: to_dense(parameters[0]))])

    return minimise(
        problem,
        start[None],
        p=asked.p,
        iterations=asked.iterations,
        improvement=asked.improvement,
        to_beat=np.array([asked.to_beat]),
        maximum=asked.maximum,
        enough=np.array([asked.enough]),
        watch=watch,
    )


def _together(asked: list[Refinement], device: Device | None) -> list[Outcome]:
    """Every start of several refinements of one kind as one batch."""
    counts = [len(one.starts) for one in asked]
    owner = np.repeat(np.arange(len(asked)), counts)
    owned = [np.flatnonzero(owner == number) for number in range(len(asked))]
    first = asked[0]

    def watch(figure: Array, taken: Array, dense: Array) -> Array:
        figures, steps = to_numpy(figure), to_numpy(taken)

        def best(own: IndexArray) -> FloatArray:
            found: FloatArray = to_numpy(dense[int(own[figures[own].argmin()])])
            return found

        ended = [
            one.watch(float(figures[own].min()), int(steps[own].sum()), partial(best, own))
            for one, own in zip(asked, owned, strict=True)
        ]
        return on_device(np.array(ended)[owner], device)

    minimum = minimise(
        _problem(first.shape, [asked[number].rows for number in owner], device),
        on_device(np.concatenate([one.starts for one in asked]), device),
        p=first.p,
        iterations=first.iterations,
        improvement=first.improvement,
        to_beat=on_device(np.array([asked[number].to_beat for number in owner]), device),
        maximum=first.maximum,
        enough=on_device(np.array([asked[number].enough for number in owner]), device),
        watch=watch,
    )
    return [_outcome([_part(minimum, own)]) for own in owned]


def _problem(shape: Shape, rows: list[Rows], device: Device | None) -> Problem:
    """The least-squares problem of a network on each of these rows; in numpy without a device."""
    most = max(one.count for one in rows)

    def column(name: str) -> Array:
        padded = [np.pad(getattr(one, name), (0, most - one.count)) for one in rows]
        return on_device(np.stack(padded), device)

    u, v, gauge = column("u"), column("v"), column("gauge")
    give = column("give") if any(one.give.any() for one in rows) else None

    def of(whole: Array, chosen: Array) -> Array:
        return whole if len(chosen) == len(whole) else whole[chosen]

    def off(values: Array, chosen: Array) -> Array:
        found = values - of(v, chosen)
        if give is not None:
            forgiven = of(give, chosen)
            found -= namespace(found).clip(found, -forgiven, forgiven)
        return found

    def residuals(dense: Array, chosen: Array) -> Array:
        return off(evaluate(shape, dense, of(u, chosen)), chosen) * of(gauge, chosen)

    def linearise(dense: Array, chosen: Array) -> tuple[Array, Array]:
        values, jacobian = evaluate_with_jacobian(shape, dense, of(u, chosen))
        found, weight = off(values, chosen), of(gauge, chosen)
        counted = weight if give is None else weight * (found != 0)
        jacobian *= counted[:, None, :]
        return found * weight, jacobian

    return DenseProblem(residuals, linearise)


def _part(minimum: Minimum, chosen: Array) -> Minimum:
    return Minimum(
        *(
            to_numpy(part)[chosen]
            for part in (
                minimum.parameters,
                minimum.norm,
                minimum.best,
                minimum.figure,
                minimum.iterations,
            )
        )
    )


def _outcome(found: list[Minimum]) -> Outcome:
    return Outcome(
        parameters=np.concatenate([one.parameters for one in found]),
        norm=np.concatenate([one.norm for one in found]),
        best=np.concatenate([one.best for one in found]),
        figure=np.concatenate([one.figure for one in found]),
        steps=int(sum(one.iterations.sum() for one in found)),
    )
