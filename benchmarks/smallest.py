"""From a target to the smallest network: parameters beside the smallest shallow one's.

Eight functions and six shipped curves, largest error at most 1e-3, 1e-4 and 1e-5 of the range, with
the default promise between the samples. The shallow rival is one hidden layer with the fewest
segments that keep the same target and promise. Efforts quick and standard take about 4 minutes,
thorough a quarter of an hour; ``--quick`` 10 seconds.

    python benchmarks/smallest.py --effort quick --effort standard --effort thorough \
        --write benchmarks/results/smallest.md
    python benchmarks/smallest.py --quick
    python benchmarks/smallest.py --tolerance 1e-4 --curve "x^3" --curve gelu --points 2000
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks._curves import ALL, FUNCTIONS, POINTS, samples_of
from benchmarks._report import document, geometric_mean, header, progress, run, section, table
from schemas.options import ArchitectureChoice, Effort, FitOptions
from schemas.target import RelativeTo, Target
from worker.numerics.fit import Fit, fit
from worker.numerics.networks.network import Shape
from worker.numerics.search.candidates import least_neurons

TOLERANCES = (1e-3, 1e-4, 1e-5)
QUICK_CURVES = ("x^3", "sin 6x", "gelu", "pump_efficiency")
# Geometric means of shallow / ours to reach.
GOALS = {
    Effort.QUICK: {1e-3: 1.15, 1e-4: 1.5, 1e-5: 1.8},
    Effort.STANDARD: {1e-3: 1.2, 1e-4: 2.0, 1e-5: 3.0},
    Effort.THOROUGH: {1e-3: 1.25, 1e-4: 2.2, 1e-5: 4.0},
}
# (shallow, tower) of the design's prototype, which promised nothing between the samples.
PROTOTYPE: dict[float, dict[str, tuple[int, int]]] = {
    1e-4: {
        "x^3": (124, 71),
        "x^11": (145, 84),
        "tanh 3x": (118, 79),
        "exp 3x": (121, 69),
        "sqrt(x + 0.01)": (112, 63),
        "sin 6x": (250, 145),
        "Runge": (307, 181),
        "gelu": (106, 105),
    },
    1e-5: {
        "x^3": (391, 136),
        "tanh 3x": (373, 141),
        "exp 3x": (382, 136),
        "sin 6x": (790, 381),
        "gelu": (328, 193),
    },
}


@dataclass(frozen=True)
class Outcome:
    """One curve at one tolerance and effort.

    Attributes:
        curve: its name.
        ours: the engine's answer.
        shallow: the smallest shallow network found.
    """

    curve: str
    ours: Fit
    shallow: Fit

    @property
    def ratio(self) -> float:
        """Parameters of the shallow network over those of ours."""
        return self.shallow.architecture.parameters / self.ours.architecture.parameters

    @property
    def least(self) -> int:
        """No network of one hidden layer that holds the limit at the samples has fewer parameters.

        What is promised between the samples is left out.
        """
        assert self.ours.minimal_segments is not None
        return Shape((1, least_neurons(self.ours.minimal_segments), 1)).parameters

    @property
    def proved_ratio(self) -> float:
        """That bound over our parameters."""
        return self.least / self.ours.architecture.parameters


# By effort and tolerance.
Outcomes = dict[tuple[Effort, float], list[Outcome]]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="effort quick on four curves")
    parser.add_argument(
        "--effort", action="append", choices=[e.value for e in Effort], help="default: standard"
    )
    parser.add_argument("--tolerance", action="append", type=float, help="parts of the range of y")
    parser.add_argument("--curve", action="append", choices=ALL, help="default: all")
    parser.add_argument("--points", type=int, default=POINTS, help=f"default: {POINTS}")
    parser.add_argument("--seed", type=int, default=0, help="of every fit (default: 0)")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """All tables with their header, as Markdown."""
    began = time.perf_counter()
    efforts = [Effort(effort) for effort in options.effort or ["standard"]]
    if options.quick:
        efforts = [Effort.QUICK]
    curves = options.curve or (QUICK_CURVES if options.quick else ALL)
    outcomes: Outcomes = {}
    for effort in efforts:
        for tolerance in options.tolerance or TOLERANCES:
            asked = [ask(c, tolerance, effort, options.points, options.seed) for c in curves]
            outcomes[effort, tolerance] = asked
    text = (
        "Largest error at the samples within the tolerance, a part of the range of y; promise "
        f"smooth between them; functions at {options.points} even points; seed {options.seed}. "
        "Ratio: parameters of the smallest shallow network found that keeps the same promise, over "
        "ours. Ratio of the bound: what no network of one hidden layer has fewer parameters than, "
        "at the samples alone (proved), over ours."
    )
    seconds = time.perf_counter() - began
    return document(
        [
            header("The smallest network for a target", text, seconds, quick=options.quick),
            section("In short", summary(outcomes)),
            *(details(*key, found) for key, found in outcomes.items()),
        ]
    )


def ask(curve: str, tolerance: float, effort: Effort, points: int, seed: int) -> Outcome:
    """The engine's answer and the smallest shallow network found."""
    samples = samples_of(curve, points)
    target = Target(tolerance=tolerance, relative_to=RelativeTo.RANGE)
    outcome = Outcome(
        curve,
        *(
            fit(
                samples,
                target,
                FitOptions(effort=effort, seed=seed, architecture=architecture),
                device="cpu",
            )
            for architecture in (ArchitectureChoice.AUTO, ArchitectureChoice.SHALLOW)
        ),
    )
    progress(
        f"{effort}, {tolerance:.0e}, {curve}: {outcome.shallow.architecture.parameters} / "
        f"{outcome.ours.architecture.parameters}, {outcome.ours.total_s:.1f} s"
    )
    return outcome


def summary(outcomes: Outcomes) -> str:
    """Means over the curves, a row for each effort and tolerance."""
    rows = []
    for (effort, tolerance), found in outcomes.items():
        goal = GOALS.get(effort, {}).get(tolerance)
        seconds = [outcome.ours.total_s for outcome in found]
        rows.append(
            [
                effort.value,
                f"{tolerance:.0e}",
                mean_ratio([outcome for outcome in found if outcome.curve in FUNCTIONS]),
                mean_ratio(found),
                f"{geometric_mean(outcome.proved_ratio for outcome in found):.2f}",
                "" if goal is None else f"{goal:g}",
                f"{statistics.median(seconds):.2f}",
                f"{max(seconds):.1f}",
                str(sum(outcome.ratio < 1 for outcome in found)),
                str(sum(not outcome.ours.met for outcome in found)),
            ]
        )
    columns = ["effort", "tolerance", "ratio, functions", "ratio, all", "of the bound", "goal"]
    columns += ["median s", "longest s", "larger than shallow", "not met"]
    return "Ratios are geometric means.\n\n" + table(columns, rows)


def mean_ratio(found: Sequence[Outcome]) -> str:
    """The geometric mean of the ratios, as printed."""
    return f"{geometric_mean(outcome.ratio for outcome in found):.2f}" if found else ""


def details(effort: Effort, tolerance: float, found: Sequence[Outcome]) -> str:
    """A row for each curve."""
    rows = []
    for outcome in found:
        ours = outcome.ours.architecture
        prototype = PROTOTYPE.get(tolerance, {}).get(outcome.curve)
        rows.append(
            [
                outcome.curve,
                str(outcome.shallow.architecture.parameters),
                str(ours.parameters),
                f"{outcome.ratio:.2f}",
                str(outcome.least),
                "" if prototype is None else f"{prototype[0]} / {prototype[1]}",
                "-".join(str(width) for width in ours.layer_widths),
                f"{outcome.ours.total_s:.2f}",
                f"{outcome.shallow.total_s:.2f}",
            ]
        )
    columns = ["curve", "shallow", "ours", "ratio", "bound", "prototype", "widths of ours", "s"]
    return section(
        f"{tolerance:.0e} of the range, effort {effort}", table([*columns, "s, shallow"], rows)
    )


if __name__ == "__main__":
    main()
