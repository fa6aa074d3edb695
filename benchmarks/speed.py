"""How long things take, in parts of what the paper's recipe and pwlf take in the same run.

Single fits by effort and tolerance over the curves of ``smallest.py``; the fewest segments of
100,000 samples; the table of a network of 100,000 segments; whether time limits are kept; and what
a process takes from nothing to the answer to a tiny question, beside what it took at a commit.
Takes about 3 minutes; ``--quick`` one.

    python benchmarks/speed.py --before 0b2c0df --write benchmarks/results/speed.md
    python benchmarks/speed.py --quick

Needs pwlf: ``pip install -c constraints.txt -e ./client -e '.[bench]'``.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks._curves import ALL, FUNCTIONS, samples_of
from benchmarks._paper_recipe import recipes, train_by_adam
from benchmarks._pwlf import Rival, fit_pwlf
from benchmarks._report import document, header, progress, run, section, table
from benchmarks._small_end import small_end
from schemas.network import Dtype
from schemas.options import Effort, FitOptions, Minimise
from schemas.samples import Samples, canonical_samples
from schemas.target import Metric, RelativeTo, Target
from worker.numerics.certificate.breakpoints import tabulate
from worker.numerics.fit import fit
from worker.numerics.networks.compelled import Compelled
from worker.numerics.networks.delivery import Delivery
from worker.numerics.networks.knots import Zigzag
from worker.numerics.networks.tents import starting_tower

ASKED = (
    (Effort.QUICK, 1e-3),
    (Effort.QUICK, 1e-4),
    (Effort.STANDARD, 1e-3),
    (Effort.STANDARD, 1e-4),
)
QUICK_CURVES = ("x^3", "gelu", "pump_efficiency")
# The paper's experiment: 5 hidden layers of width 4, 1000 epochs for each phase.
DEPTH, EPOCHS, RECIPE_POINTS = 5, 1000, 500
RECIPE_CURVES = ("x^3", "x^11", "tanh 3x")
# pwlf's time grows like the cube of the segments.
MOST_FOR_PWLF = 20
MANY = 100_000
NOISE = 1e-3
# 98 pieces folded 10 times.
PIECES, TENTS = 98, 10
TIME_LIMITS_S = (0.5, 2.0, 8.0)


@dataclass(frozen=True)
class Timed:
    """One fit.

    Attributes:
        curve: its name.
        seconds: that it took.
        segments: the fewest that hold the target.
    """

    curve: str
    seconds: float
    segments: int


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three curves, one time limit")
    parser.add_argument("--before", metavar="COMMIT", help="measure the small end there, too")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """All tables with their header, as Markdown."""
    began = time.perf_counter()
    curves = QUICK_CURVES if options.quick else ALL
    limits = TIME_LIMITS_S[1:2] if options.quick else TIME_LIMITS_S
    # The first fit of a process loads what later ones find loaded.
    timed("x^3", Effort.QUICK, 1e-2)
    recipe = statistics.median(recipe_seconds(curve) for curve in RECIPE_CURVES)
    progress(f"the paper's recipe: {recipe:.1f} s")
    parts = [single_fits(curves, recipe), many_samples(recipe), long_table(), time_limits(limits)]
    parts.append(small_end(options.before))
    text = (
        f"The unit is the paper's recipe by torch: Adam, {EPOCHS} + {EPOCHS} epochs on "
        f"{RECIPE_POINTS} samples, 93 parameters, one start: {recipe:.2f} s here."
    )
    seconds = time.perf_counter() - began
    return document([header("Speed", text, seconds, quick=options.quick), *parts])


def recipe_seconds(curve: str) -> float:
    """Seconds of the paper's recipe for one start."""
    samples = samples_of(curve, RECIPE_POINTS)
    began = time.perf_counter()
    train_by_adam(
        recipes(DEPTH)[-1],
        Compelled(DEPTH).shape,
        torch.from_numpy(samples.x)[None],
        torch.from_numpy(samples.y)[None],
        seeds=1,
        epochs=EPOCHS,
    )
    return time.perf_counter() - began


def timed(curve: str, effort: Effort, tolerance: float) -> Timed:
    """One fit of a curve for a largest error in parts of its range."""
    samples = samples_of(curve)
    target = Target(tolerance=tolerance, relative_to=RelativeTo.RANGE)
    began = time.perf_counter()
    answer = fit(samples, target, FitOptions(effort=effort), device="cpu")
    seconds = time.perf_counter() - began
    assert answer.minimal_segments is not None
    return Timed(curve, seconds, answer.minimal_segments)


def single_fits(curves: Sequence[str], recipe: float) -> str:
    """Median seconds by effort and tolerance, beside the recipe and pwlf."""
    rows = []
    rivals: dict[tuple[str, int], Rival] = {}
    for effort, tolerance in ASKED:
        found = [timed(curve, effort, tolerance) for curve in curves]
        median = statistics.median(one.seconds for one in found)
        progress(f"{effort}, {tolerance:.0e}: {median:.2f} s")
        slower, missed = [], []
        for one in found:
            if one.segments > MOST_FOR_PWLF:
                continue
            samples = samples_of(one.curve)
            key = one.curve, one.segments
            if key not in rivals:
                rivals[key] = fit_pwlf(samples, one.segments)
            slower.append(rivals[key].seconds / one.seconds)
            missed.append(rivals[key].max_abs_error / (tolerance * samples.y_range))
        rows.append(
            [
                effort.value,
                f"{tolerance:.0e}",
                f"{median:.2f}",
                f"{max(one.seconds for one in found):.2f}",
                f"{recipe / median:.1f}",
                *pwlf_columns(slower, missed),
            ]
        )
    columns = ["effort", "tolerance", "median s", "longest s", "recipe / median"]
    columns += ["pwlf / ours", "pwlf's largest error / tolerance", "curves with pwlf"]
    return section(
        f"Single fits, {len(curves)} curves",
        "pwlf (least squares, `fitfast`) is given the fewest segments that hold the tolerance, "
        f"where these are at most {MOST_FOR_PWLF}; medians over those curves.\n\n"
        + table(columns, rows),
    )


def pwlf_columns(slower: Sequence[float], missed: Sequence[float]) -> list[str]:
    """Medians and their number, as printed."""
    if not slower:
        return ["", "", "0"]
    return [
        f"{statistics.median(slower):.1f}",
        f"{statistics.median(missed):.1f}",
        str(len(slower)),
    ]


def noisy(points: int) -> Samples:
    """A noisy sine: the corridor's path follows what the tolerance does not cover."""
    x = np.linspace(0.0, 1.0, points)
    noise = NOISE * np.random.default_rng(0).uniform(-1.0, 1.0, points)
    return canonical_samples(x, FUNCTIONS["sin 6x"].formula(x) + noise)


def many_samples(recipe: float) -> str:
    """Fits that minimise segments, on many samples."""
    rows = []
    samples = noisy(MANY)
    for tolerance in (1e-2, 1e-3, 2e-4):
        target = Target(tolerance=tolerance, relative_to=RelativeTo.RANGE)
        began = time.perf_counter()
        answer = fit(samples, target, FitOptions(minimise=Minimise.SEGMENTS), device="cpu")
        seconds = time.perf_counter() - began
        progress(f"{MANY} samples, {tolerance:.0e}: {seconds:.1f} s")
        rows.append(
            [
                f"{tolerance:.0e}",
                str(answer.table.segments),
                str(answer.met),
                f"{seconds:.2f}",
                f"{seconds / recipe:.2f}",
            ]
        )
    columns = ["tolerance", "segments", "met", "s", "s / recipe"]
    return section(
        f"Fewest segments, {MANY} samples",
        f"sin 6x with noise of +-{NOISE:.0e}; the whole fit, its certificate and table "
        "included.\n\n" + table(columns, rows),
    )


def long_table() -> str:
    """The table of a deep network of many segments."""
    u = np.linspace(0.0, 1.0, 50 * PIECES + 1)
    steps = np.arange(PIECES + 1, dtype=np.float64)
    zigzag = Zigzag(steps / PIECES, steps % 2.0)
    tower, structured = starting_tower(zigzag, u, u**2, sides=(2,) * TENTS, signed=False)
    dense = tower.assemble(structured)
    weights = [(w[0], b[0]) for w, b in tower.shape.layers(dense)]
    delivery = Delivery(weights, Dtype.FLOAT64)
    began = time.perf_counter()
    found, _ = tabulate(delivery, 0.0, 1.0)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    delivery.real_function(np.asarray(found.x))
    evaluation = time.perf_counter() - began
    rows = [
        [
            str(tower.shape.parameters),
            str(TENTS),
            str(found.segments),
            f"{seconds:.2f}",
            f"{seconds / evaluation:.1f}",
        ]
    ]
    columns = ["parameters", "tent layers", "segments", "s", "s / one evaluation"]
    return section(
        "The table of many segments",
        "One evaluation: of the network at every breakpoint, in extended precision.\n\n"
        + table(columns, rows),
    )


def time_limits(limits: Sequence[float]) -> str:
    """Seconds asked and used, for questions that take much longer if they may."""
    u = np.linspace(0.0, 1.0, 4000)
    within = Target(tolerance=2e-4, relative_to=RelativeTo.RANGE)
    questions = {
        "203 parameters, 4000 samples, thorough": (
            canonical_samples(u, u**3),
            Target(metric=Metric.MSE),
            FitOptions(max_parameters=203, effort=Effort.THOROUGH),
        ),
        f"2e-4 of the range, {MANY} noisy samples": (noisy(MANY), within, FitOptions()),
    }
    rows = []
    for name, (samples, target, options) in questions.items():
        for limit in limits:
            limited = options.model_copy(update={"time_limit": limit})
            began = time.perf_counter()
            fit(samples, target, limited, device="cpu")
            used = time.perf_counter() - began
            progress(f"{name}: {limit} s asked, {used:.2f} s used")
            rows.append([name, f"{limit:.1f}", f"{used:.2f}", f"{used / limit:.2f}"])
    return section("Time limits", table(["question", "asked, s", "used, s", "used / asked"], rows))


if __name__ == "__main__":
    main()
