"""How fast errors fall as networks grow, and what a step of training costs as their knots do.

The mean squared error that effort quick finds within 60 to 300 parameters, 2000 even samples of
[0, 1], and the exponent of P in it; and the seconds of a step of Levenberg-Marquardt for towers of
10 to 10,000 knots, in local coordinates and in dense ones. Takes about 2 minutes; ``--quick`` a few
seconds.

    python benchmarks/rates.py --write benchmarks/results/rates.md
    python benchmarks/rates.py --quick

A picture of the steps (SVG) lies beside the written file.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from benchmarks._curves import FUNCTIONS, Function
from benchmarks._report import document, figure, header, progress, run, section, table
from schemas.options import Effort, FitOptions
from schemas.samples import canonical_samples
from schemas.target import Metric, Target
from worker.numerics.arrays import FloatArray
from worker.numerics.backend import Array
from worker.numerics.fit import fit
from worker.numerics.networks.knots import Zigzag
from worker.numerics.networks.local_coordinates import LocalLayout
from worker.numerics.networks.network import Shape, evaluate, evaluate_with_jacobian
from worker.numerics.networks.tents import starting_tower
from worker.numerics.training.levmar import DenseProblem, Problem, minimise
from worker.numerics.training.local_problem import LocalProblem
from worker.numerics.training.rows import Rows, measured

SAMPLES = 2000
BUDGETS, FEW_BUDGETS = (60, 80, 105, 140, 185, 230, 300), (30, 60)
ASKED = {"x^3": FUNCTIONS["x^3"], "tanh 3x": FUNCTIONS["tanh 3x"], "sin x": Function(np.sin)}
KNOTS, FEW_KNOTS = (10, 30, 100, 300, 1000, 3000, 10_000), (10, 30)
# Dense equations of more take minutes a step, and gigabytes.
MOST_DENSE = 300
ROWS_A_KNOT, SIDES = 8, (2, 2)
STEPS, RUNS = 3, 2
# The exponents of steps are of so many of the largest.
LAST = 3
LOCAL, DENSE = "local", "dense"
# Colours that the colour-blind can tell apart (Okabe and Ito 2008), and markers for all others.
LOOKS = {LOCAL: ("#D55E00", "o"), DENSE: ("#0072B2", "s")}
SIZE_INCHES = (6.0, 4.0)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two budgets, two numbers of knots")
    parser.add_argument("--seed", type=int, default=0, help="of every fit (default: 0)")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """Both tables with their header, as Markdown; draws the picture."""
    began = time.perf_counter()
    parts = [errors(options), steps(options)]
    seconds = time.perf_counter() - began
    text = f"Effort quick, seed {options.seed}."
    return document([header("How it grows", text, seconds, quick=options.quick), *parts])


def errors(options: argparse.Namespace) -> str:
    """Mean squared errors by budget, and the exponent for each curve."""
    budgets = FEW_BUDGETS if options.quick else BUDGETS
    rows = []
    for name, function in ASKED.items():
        found = [mean_square(function, budget, options.seed) for budget in budgets]
        falls = -exponent(budgets, found)
        progress(f"{name}: P^-{falls:.1f}")
        rows.append([name, *map(figure, found), f"P^-{falls:.1f}"])
    title = f"Mean squared error within P parameters, {SAMPLES} samples"
    return section(title, table(["f", *map(str, budgets), "falls like"], rows))


def mean_square(function: Function, budget: int, seed: int) -> float:
    """The smallest mean squared error that is found within so many parameters."""
    x = function.grid(SAMPLES)
    asked = FitOptions(max_parameters=budget, effort=Effort.QUICK, seed=seed)
    samples = canonical_samples(x, function.formula(x))
    return fit(samples, Target(metric=Metric.MSE), asked, device="cpu").certificate.rmse ** 2


def steps(options: argparse.Namespace) -> str:
    """Seconds a step by the number of knots, in both coordinates, and the exponents."""
    knots = FEW_KNOTS if options.quick else KNOTS
    found = {
        LOCAL: [local_step(count) for count in knots],
        DENSE: [dense_step(count) for count in knots if count <= MOST_DENSE],
    }
    rows = []
    for name, seconds in found.items():
        measured_at = knots[: len(seconds)]
        grows = exponent(measured_at[-LAST:], seconds[-LAST:])
        missing = [""] * (len(knots) - len(seconds))
        rows.append([name, *(f"{1000 * one:.3g}" for one in seconds), *missing, f"K^{grows:.1f}"])
        progress(f"{name}: K^{grows:.1f}")
    columns = ["coordinates", *map(str, knots), f"grows like, last {LAST}"]
    body = table(columns, rows)
    if options.write:
        name = f"{options.write.stem}_steps.svg"
        draw(knots, found, options.write.with_name(name))
        body = f"![Seconds of a step against knots]({name})\n\n{body}"
    title = f"Milliseconds of a step by K, towers of two tents, {ROWS_A_KNOT} rows a knot"
    return section(title, body)


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """The slope of the line of least squares through the logarithms."""
    slope, _ = np.polyfit(np.log(sizes), np.log(figures), 1)
    return float(slope)


def start(knots: int) -> tuple[Shape, FloatArray, Rows]:
    """A tower of so many pieces on x^2, its dense parameters [1, P], and its rows."""
    u = np.linspace(0.0, 1.0, ROWS_A_KNOT * knots)
    zigzag = Zigzag(np.linspace(0.0, 1.0, knots + 1), np.arange(knots + 1, dtype=np.float64) % 2.0)
    tower, structured = starting_tower(zigzag, u, u**2, sides=SIDES, signed=False)
    rows = Rows(u, u**2, np.zeros_like(u), np.full_like(u, u.size**-0.5))
    return tower.shape, tower.assemble(structured), rows


def local_step(knots: int) -> float:
    """Seconds of a step in local coordinates."""
    shape, dense, rows = start(knots)
    layout = LocalLayout(shape)
    local = layout.from_dense(dense[0])
    assert local is not None
    return a_step(LocalProblem(layout, rows), local[None])


def dense_step(knots: int) -> float:
    """Seconds of a step of the weights themselves."""
    shape, dense, rows = start(knots)

    def residuals(parameters: Array, _: Array) -> Array:
        return measured(rows, evaluate(shape, parameters, rows.u[None]))

    def linearise(parameters: Array, _: Array) -> tuple[Array, Array]:
        values, jacobian = evaluate_with_jacobian(shape, parameters, rows.u[None])
        return measured(rows, values), jacobian * rows.gauge

    return a_step(DenseProblem(residuals, linearise), dense)


def a_step(problem: Problem, at: FloatArray) -> float:
    """The least seconds of a step, of several runs."""
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        taken = minimise(problem, at, iterations=STEPS).iterations
        seconds.append((time.perf_counter() - began) / float(taken[0]))
    return min(seconds)


def draw(knots: Sequence[int], found: dict[str, list[float]], path: Path) -> None:
    """Seconds over knots; the same figures give the same file."""
    with matplotlib.rc_context({"svg.hashsalt": "foldline", "axes.grid": True, "grid.alpha": 0.3}):
        picture = Figure(figsize=SIZE_INCHES, layout="constrained")
        axes = picture.subplots()
        for name, (colour, marker) in LOOKS.items():
            seconds = found[name]
            axes.loglog(knots[: len(seconds)], seconds, color=colour, marker=marker, label=name)
        axes.set_xlabel("knots K")
        axes.set_ylabel("seconds of a step")
        axes.legend()
        picture.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
