"""The engine within the paper's budget: mean squared errors of 93 parameters, by effort.

One run each of ``auto`` with ``max_parameters`` 93 and 124 on 500 even samples of [0, 1], seed 0,
beside the best of the paper's 30 runs and the goals of Foldline's design; and 203 parameters on
4000 samples. A quarter of an hour; ``--quick`` about 20 seconds.

    python benchmarks/budget.py --write benchmarks/results/budget.md
    python benchmarks/budget.py --quick

References:
    S. Milkert, D. Hyde, F. Laine, arXiv 2311.18022: the budget and the published figures.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np

from benchmarks._curves import FUNCTIONS, Function
from benchmarks._report import document, figure, header, progress, run, section, table
from schemas.network import evaluate
from schemas.options import Effort, FitOptions
from schemas.samples import canonical_samples
from schemas.target import Metric, Target
from worker.numerics.fit import Fit, fit

BUDGET, SAMPLES = 93, 500
MORE_BUDGET = 124
LARGER_BUDGET, MORE_SAMPLES = 203, 4000
# The error between the samples shows on a grid so many times as fine.
FINER = 20
ASKED = {
    "x^3": FUNCTIONS["x^3"],
    "x^11": FUNCTIONS["x^11"],
    "sin x": Function(np.sin),
    "tanh 3x": FUNCTIONS["tanh 3x"],
}
PAPER = {"x^3": 7.86e-8, "x^11": 8.86e-7}
GOALS = {
    Effort.QUICK: {"x^3": 2.7e-10, "x^11": 6e-10, "sin x": 6e-12, "tanh 3x": 7e-10},
    Effort.STANDARD: {"x^3": 5e-11, "x^11": 1.5e-10, "sin x": 4e-13, "tanh 3x": 1e-10},
    Effort.THOROUGH: {"x^3": 3e-11, "x^11": 1e-10, "sin x": 2.5e-13, "tanh 3x": 6e-11},
}
MORE_GOALS = {"x^3": 5e-12, "sin x": 4e-14, "tanh 3x": 8e-12}
LARGER_GOAL = 1e-13


@dataclass(frozen=True)
class Outcome:
    """One run.

    Attributes:
        answer: of the engine.
        error: mean squared error at the samples, as delivered.
        finer: the same on the finer grid.
    """

    answer: Fit
    error: float
    finer: float


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only the effort quick")
    parser.add_argument("--seed", type=int, default=0, help="of every fit (default: 0)")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """All tables with their header, as Markdown."""
    began = time.perf_counter()
    efforts = [Effort.QUICK] if options.quick else list(Effort)
    parts = [make(efforts, options.seed) for make in (small, medium, large)]
    text = (
        f"Mean squared errors of the network as delivered, auto, seed {options.seed}. "
        f"Finer: the error on a grid {FINER} times as fine, in parts of that at the samples."
    )
    seconds = time.perf_counter() - began
    return document([header("Within a budget", text, seconds, quick=options.quick), *parts])


def small(efforts: list[Effort], seed: int) -> str:
    """93 parameters on 500 samples."""
    rows = []
    for name in ASKED:
        for effort in efforts:
            asked = ask_for_row(name, SAMPLES, BUDGET, effort, GOALS[effort][name], seed)
            rows.append([*asked, figure(PAPER.get(name))])
    columns = ["f", *COLUMNS, "paper, best of 30"]
    return section(f"{BUDGET} parameters, {SAMPLES} samples of [0, 1]", table(columns, rows))


def medium(efforts: list[Effort], seed: int) -> str:
    """124 parameters on 500 samples; the goals are those of standard."""
    rows = [
        ask_for_row(name, SAMPLES, MORE_BUDGET, effort, goal, seed)
        for name, goal in MORE_GOALS.items()
        for effort in efforts
        if name in ASKED and effort is not Effort.THOROUGH
    ]
    title = f"{MORE_BUDGET} parameters, {SAMPLES} samples of [0, 1]"
    return section(title, table(["f", *COLUMNS], rows))


def large(efforts: list[Effort], seed: int) -> str:
    """203 parameters on 4000 samples."""
    rows = [
        ask_for_row("x^3", MORE_SAMPLES, LARGER_BUDGET, effort, LARGER_GOAL, seed)
        for effort in efforts
    ]
    title = f"{LARGER_BUDGET} parameters, {MORE_SAMPLES} samples of [0, 1]"
    return section(title, table(["f", *COLUMNS], rows))


def ask_for_row(
    name: str, points: int, budget: int, effort: Effort, goal: float, seed: int
) -> list[str]:
    """A row of a table, and a word about it as soon as it is there."""
    outcome = ask(ASKED[name], points, budget, effort, seed)
    progress(f"{name}, {budget} parameters, {effort}: {outcome.error:.2e}")
    return [name, *row(effort, outcome, goal)]


COLUMNS = ("effort", "MSE", "goal", "MSE / goal", "finer", "parameters", "K, sides", "seconds")


def row(effort: Effort, outcome: Outcome, goal: float) -> list[str]:
    """What one run came to, as the columns say."""
    shape = outcome.answer.architecture
    return [
        effort.value,
        figure(outcome.error),
        figure(goal, 1),
        f"{outcome.error / goal:.2f}",
        f"{outcome.finer / outcome.error:.2f}",
        str(shape.parameters),
        f"{shape.knots}, {'-'.join(map(str, shape.sides))}",
        f"{outcome.answer.total_s:.1f}",
    ]


def ask(function: Function, points: int, budget: int, effort: Effort, seed: int) -> Outcome:
    """The best mean squared error the engine finds with so many parameters."""
    x = function.grid(points)
    answer = fit(
        canonical_samples(x, function.formula(x)),
        Target(metric=Metric.MSE),
        FitOptions(max_parameters=budget, effort=effort, seed=seed),
        device="cpu",
    )
    fine = function.grid(FINER * (points - 1) + 1)
    return Outcome(answer, *(mse(answer, function, at) for at in (x, fine)))


def mse(answer: Fit, function: Function, x: np.ndarray) -> float:
    """Mean squared error of the network in its own arithmetic at x, [N]."""
    values = evaluate(answer.network, x).astype(np.float64)
    return float(np.mean((values - function.formula(x)) ** 2))


if __name__ == "__main__":
    main()
