"""Many small fits at once: fits per second of ``fit_many`` against ``fit`` one by one.

256 mixed curves, smooth and noisy, of 50 to 1000 samples and with targets of every kind, at effort
quick. Takes about 2 minutes; ``--quick`` half a minute.

    python benchmarks/many.py --write benchmarks/results/many.md
    python benchmarks/many.py --quick
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks._report import document, header, progress, run, table
from schemas.errors import FoldlineError
from schemas.options import Effort, FitOptions
from schemas.samples import FloatArray, canonical_samples
from schemas.target import Metric, RelativeTo, Target
from worker.numerics.devices import cores
from worker.numerics.fit import Fit, FitRequest, fit
from worker.numerics.many import fit_many
from worker.numerics.pool.pool import FitPool

CURVES, FEW_CURVES = 256, 48
# Samples of a curve: from, to.
SHORTEST, LONGEST = 50, 1000
NOISE = 0.02
# Of the range of y.
TOLERANCES = (1e-2, 3e-3, 1e-3)
# For a noisy curve: what its noise leaves, about.
NOISY_TOLERANCE = 0.03
BUDGETS = (30, 60, 90)

# name -> a function on [0, 1] of a random parameter in [0, 1].
FAMILIES: dict[str, Callable[[FloatArray, float], FloatArray]] = {
    "power": lambda t, a: t ** (2 + 8 * a),
    "sine": lambda t, a: np.sin((1 + 8 * a) * t),
    "tanh": lambda t, a: np.tanh((1 + 9 * a) * (t - 0.4)),
    "exp": lambda t, a: np.exp((1 + 3 * a) * t),
    "runge": lambda t, a: 1 / (1 + (5 + 30 * a) * (2 * t - 1) ** 2),
    "kinked": lambda t, a: np.abs(t - a) + np.maximum(t - 0.7, 0),
}


@dataclass(frozen=True)
class Timed:
    """One way to answer all requests.

    Attributes:
        name: of it.
        seconds: that it took.
        answers: in order.
    """

    name: str
    seconds: float
    answers: list[Fit | FoldlineError]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{FEW_CURVES} curves")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """The table with its header, as Markdown."""
    began = time.perf_counter()
    asked = requests(FEW_CURVES if options.quick else CURVES)
    single = timed("one by one", lambda: [alone(request) for request in asked])
    with FitPool() as pool:
        first = timed(
            "fit_many, processes not started yet",
            lambda: fit_many(asked, pool=pool, device="cpu"),
        )
        later = timed(
            f"fit_many, {cores()} processes that wait",
            lambda: fit_many(asked, pool=pool, device="cpu"),
        )
    rows = [
        (
            way.name,
            f"{way.seconds:.1f}",
            f"{len(asked) / way.seconds:.1f}",
            f"{single.seconds / way.seconds:.2f}",
            str(sum(isinstance(answer, Fit) and answer.met for answer in way.answers)),
            str(sum(map(same, way.answers, single.answers))),
        )
        for way in (single, first, later)
    ]
    text = (
        f"{len(asked)} curves of {SHORTEST} to {LONGEST} samples at effort quick; fits run on "
        f"{cores()} cores, each on one thread."
    )
    columns = ("", "seconds", "fits/s", "times one by one", "targets met", "the same to the bit")
    head = header("Many fits", text, time.perf_counter() - began, quick=options.quick)
    return document([head, table(columns, rows)])


def requests(count: int) -> list[FitRequest]:
    """Mixed curves and targets, the same in every run."""
    generator = np.random.default_rng(0)
    families = list(FAMILIES.values())
    return [one(generator, families[number % len(families)]) for number in range(count)]


def one(
    generator: np.random.Generator, family: Callable[[FloatArray, float], FloatArray]
) -> FitRequest:
    """One curve of a family, a third of them noisy, and what is asked of it."""
    t = np.sort(generator.random(int(generator.integers(SHORTEST, LONGEST + 1))))
    y = family(t, generator.random())
    noisy = generator.random() < 1 / 3
    if noisy:
        y = y + NOISE * np.ptp(y) * generator.standard_normal(t.size)
    samples = canonical_samples(t, y)
    options = FitOptions(effort=Effort.QUICK)
    if generator.random() < 1 / 8:
        budget = int(generator.choice(BUDGETS))
        return FitRequest(
            samples,
            Target(metric=Metric.RMSE),
            options.model_copy(update={"max_parameters": budget}),
        )
    metric = Metric.RMSE if noisy or generator.random() < 1 / 3 else Metric.MAX_ABS
    tolerance = NOISY_TOLERANCE if noisy else float(generator.choice(TOLERANCES))
    target = Target(metric=metric, tolerance=tolerance, relative_to=RelativeTo.RANGE)
    return FitRequest(samples, target, options)


def alone(request: FitRequest) -> Fit:
    """The answer of ``fit``."""
    return fit(request.samples, request.target, request.options, device="cpu")


def timed(name: str, answer: Callable[[], list[Fit | FoldlineError]]) -> Timed:
    """Answer all, with the time it takes."""
    began = time.perf_counter()
    answers = answer()
    found = Timed(name, time.perf_counter() - began, answers)
    progress(f"{name}: {found.seconds:.1f} s")
    return found


def same(answer: Fit | FoldlineError, other: Fit | FoldlineError) -> bool:
    """Whether two answers are equal but for the seconds they took."""
    if not isinstance(answer, Fit) or not isinstance(other, Fit):
        return False
    return untimed(answer) == untimed(other)


def untimed(answer: Fit) -> Fit:
    """Without the seconds it took."""
    return replace(answer, phase1_s=0.0, phase2_s=0.0, total_s=0.0)


if __name__ == "__main__":
    main()
