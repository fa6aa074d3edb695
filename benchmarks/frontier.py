"""Error against parameters: ours, the best shallow network found, the paper's network and pwlf.

For four curves the smallest largest error and the smallest root mean square that each finds with so
many parameters, at the samples and in parts of the range of y: two pictures (SVG) and their tables.
The shallow network is the fewest-segment path (largest error) or least squares with free knots
(root mean square); pwlf's path of S segments counts as the shallow network of 3 S + 1 parameters.
Takes about 10 minutes; ``--quick`` half a minute.

    python benchmarks/frontier.py --write benchmarks/results/frontier.md
    python benchmarks/frontier.py --quick

The pictures lie beside the written file. Needs pwlf:
``pip install -c constraints.txt -e ./client -e '.[bench]'``.
"""

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from benchmarks._curves import samples_of
from benchmarks._pwlf import fit_pwlf
from benchmarks._report import document, figure, header, progress, run, section, table
from schemas.models import ArchitectureName
from schemas.options import ArchitectureChoice, Effort, FitOptions
from schemas.samples import Samples
from schemas.target import Metric, Target
from worker.numerics.fit import fit

CURVES = ("x^3", "sin 6x", "gelu", "pump_efficiency")
BUDGETS = (31, 46, 61, 93, 141)
QUICK_BUDGETS = (31, 61)
METRICS = {Metric.MAX_ABS: "largest error", Metric.RMSE: "root mean square error"}
# pwlf's time grows like the cube of the segments: a minute and more beyond these parameters.
MOST_FOR_PWLF = 93
OURS, SHALLOW, PAPER, PWLF = "ours", "shallow", "paper's network", "pwlf"
# Colours that the colour-blind can tell apart (Okabe and Ito 2008), and markers for all others.
LOOKS = {
    OURS: ("#D55E00", "o"),
    SHALLOW: ("#0072B2", "s"),
    PAPER: ("#009E73", "^"),
    PWLF: ("#CC79A7", "x"),
}
# Those the engine finds within a budget.
ENGINE = {OURS: ArchitectureChoice.AUTO, SHALLOW: ArchitectureChoice.SHALLOW}
SIZE_INCHES = (9.0, 7.0)

# Parameters and error in parts of the range, by who found it.
Points = dict[str, list[tuple[int, float]]]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="effort quick, two budgets, one curve")
    parser.add_argument("--seed", type=int, default=0, help="of every fit (default: 0)")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """Pictures and tables with their header, as Markdown; draws the pictures."""
    began = time.perf_counter()
    curves = CURVES[:1] if options.quick else CURVES
    parts = []
    for metric, words in METRICS.items():
        found = {curve: trace(curve, metric, options) for curve in curves}
        body = tables(found)
        if options.write:
            name = f"{options.write.stem}_{metric.value}.svg"
            draw(found, words, options.write.with_name(name))
            body = f"![{words} against parameters]({name})\n\n{body}"
        parts.append(section(words.capitalize(), body))
    text = (
        f"Errors at the samples, in parts of the range of y; effort {effort(options)}, seed "
        f"{options.seed}. Pairs are parameters: error. Ratio: error of the best shallow network "
        "found within the same budget over ours."
    )
    seconds = time.perf_counter() - began
    return document([header("Error and size", text, seconds, quick=options.quick), *parts])


def effort(options: argparse.Namespace) -> Effort:
    """Of every fit."""
    return Effort.QUICK if options.quick else Effort.STANDARD


def trace(curve: str, metric: Metric, options: argparse.Namespace) -> Points:
    """What each finds for a curve."""
    samples = samples_of(curve)
    budgets = QUICK_BUDGETS if options.quick else BUDGETS
    points: Points = {name: [] for name in LOOKS}
    for budget in budgets:
        for name, choice in (
            (OURS, ArchitectureChoice.AUTO),
            (SHALLOW, ArchitectureChoice.SHALLOW),
        ):
            asked = FitOptions(
                architecture=choice,
                max_parameters=budget,
                effort=effort(options),
                seed=options.seed,
            )
            answer = fit(samples, Target(metric=metric), asked, device="cpu")
            error = answer.certificate.error(Target(metric=metric)) / samples.y_range
            points[name].append((answer.architecture.parameters, error))
        progress(f"{curve}, {metric}, {budget}: {points[OURS][-1]} {points[SHALLOW][-1]}")
        segments = (budget - 1) // 3
        if budget <= MOST_FOR_PWLF:
            rival = fit_pwlf(samples, segments)
            error = rival.max_abs_error if metric is Metric.MAX_ABS else rival.rmse
            points[PWLF].append((3 * segments + 1, error / samples.y_range))
    points[PAPER] = papers(samples, metric, max(budgets), options)
    return points


def papers(
    samples: Samples, metric: Metric, budget: int, options: argparse.Namespace
) -> list[tuple[int, float]]:
    """The paper's network at every depth, trained by the engine."""
    asked = FitOptions(
        architecture=ArchitectureChoice.COMPELLED,
        max_parameters=budget,
        effort=effort(options),
        seed=options.seed,
    )
    answer = fit(samples, Target(metric=metric), asked, device="cpu")
    return [
        (contender.parameters, contender.error / samples.y_range)
        for contender in answer.contenders
        if contender.name is ArchitectureName.COMPELLED
    ]


def tables(found: dict[str, Points]) -> str:
    """A table for each curve, a row for each budget."""
    parts = []
    for curve, points in found.items():
        rows = []
        for at, ours in enumerate(points[OURS]):
            ratio = points[SHALLOW][at][1] / ours[1]
            row = [points[name][at] if at < len(points[name]) else None for name in LOOKS]
            rows.append([*(pair(one) for one in row), f"{ratio:.2f}"])
        parts.append(f"{curve}:\n\n" + table([*LOOKS, "ratio"], rows))
    return "\n\n".join(parts)


def pair(point: tuple[int, float] | None) -> str:
    """Parameters and error, as printed."""
    return "" if point is None else f"{point[0]}: {figure(point[1])}"


def draw(found: dict[str, Points], words: str, path: Path) -> None:
    """One panel for each curve; the same figures give the same file."""
    columns = math.ceil(math.sqrt(len(found)))
    with matplotlib.rc_context({"svg.hashsalt": "foldline", "axes.grid": True, "grid.alpha": 0.3}):
        picture = Figure(figsize=SIZE_INCHES, layout="constrained")
        panels = picture.subplots(math.ceil(len(found) / columns), columns, squeeze=False)
        for axes, (curve, points) in zip(panels.flat, found.items(), strict=False):
            for name, (colour, marker) in LOOKS.items():
                parameters, errors = unzipped(points[name])
                axes.plot(parameters, errors, color=colour, marker=marker, label=name)
            axes.set_yscale("log")
            axes.set_title(curve)
            axes.set_xlabel("parameters")
            axes.set_ylabel(f"{words} / range")
        panels[0, 0].legend()
        picture.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def unzipped(points: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    """Pairs as two lists."""
    return [parameters for parameters, _ in points], [error for _, error in points]


if __name__ == "__main__":
    main()
