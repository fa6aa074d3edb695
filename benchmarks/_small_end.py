"""The small end: processes from nothing to the answer to a tiny question, now and at a commit."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks._report import progress, section, table

ROOT = Path(__file__).parents[1]
LAUNCH = Path(__file__).with_name("_launch.py")
MIB = 2**20
RUNS = 7
NINE = "x,y\n" + "".join(f"{x},{x * x}\n" for x in range(9))
# A pool's first message to a process, in the words of the version that is measured.
ASK = """
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from worker.numerics.fit import FitRequest
from worker.numerics.pool import wire
samples = canonical_samples([0.0, 1.0], [0.0, 1.0])
request = FitRequest(samples, Target(tolerance=0.1), FitOptions(effort="quick"))
print(wire.to_line(wire.ask(0, request)).decode(), end="")
"""


@dataclass(frozen=True)
class Started:
    """A process from nothing to its answer; medians over the runs.

    Attributes:
        seconds: on the clock.
        processor: of the processor, the end of the process included.
        peak: its memory, in bytes.
    """

    seconds: float
    processor: float
    peak: float


def small_end(before: str | None) -> str:
    """The table.

    Args:
        before: a commit to be measured beside this state, run by run in turn; None for none.
    """
    with tempfile.TemporaryDirectory(prefix="foldline-bench-") as name, tree_of(before) as earlier:
        curve = Path(name) / "nine.csv"
        curve.write_text(NINE)
        fit = ["-m", "cli.main", "fit", str(curve), "--tolerance", "1", "--effort"]
        processes = {
            "`foldline fit`, 9 samples, quick": ([*fit, "quick"], False),
            "`foldline fit`, 9 samples, standard": ([*fit, "standard"], False),
            "a pool's process, 2 samples": (["-m", "worker.numerics.pool.process"], True),
        }
        trees = [ROOT, *([earlier] if earlier else [])]
        rows = []
        for words, (arguments, is_asked) in processes.items():
            found = started(trees, arguments, is_asked=is_asked)
            progress(f"{words}: {', '.join(f'{one.seconds:.2f} s' for one in found)}")
            rows.append([words, *cells(found)])
    columns = ["process", *headings(len(trees))]
    text = (
        f"Seconds from starting a process to its answer; medians of {RUNS} runs after one that "
        "does not count. A process of a pool is ready a moment before."
    )
    compared = f" Before: at commit {before}, run by run in turn." if before else ""
    return section("From nothing to an answer", f"{text}{compared}\n\n{table(columns, rows)}")


@contextmanager
def tree_of(commit: str | None) -> Iterator[Path | None]:
    """The files of a commit, in a directory that is gone at the end."""
    if commit is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="foldline-bench-") as name:
        archive = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        subprocess.run(["tar", "-x", "-C", name], input=archive.stdout, check=True)
        yield Path(name)


def started(trees: Sequence[Path], arguments: list[str], *, is_asked: bool) -> list[Started]:
    """Run Python with these arguments on each tree in turn."""
    environments = [environment_of(tree) for tree in trees]
    lines = [asked(environment) if is_asked else "" for environment in environments]
    figures: list[list[list[float]]] = [[] for _ in trees]
    for _ in range(1 + RUNS):
        for line, environment, found in zip(lines, environments, figures, strict=True):
            command = [sys.executable, "-I", "-S", str(LAUNCH), line]
            command += [sys.executable, "-P", *arguments]
            found.append(json.loads(output_of(command, environment)))
    return [Started(*map(statistics.median, zip(*found[1:], strict=True))) for found in figures]


def environment_of(tree: Path) -> dict[str, str]:
    """That of a process on a tree, without a GPU; what it compiles is kept, as it is for users."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    paths = os.pathsep.join((str(tree), str(tree / "client")))
    return environment | {"PYTHONPATH": paths, "CUDA_VISIBLE_DEVICES": ""}


def asked(environment: dict[str, str]) -> str:
    """A pool's first message to a process."""
    return output_of([sys.executable, "-P", "-c", ASK], environment).strip()


def output_of(command: list[str], environment: dict[str, str]) -> str:
    """What a command prints."""
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def headings(states: int) -> list[str]:
    """The columns, for this state and perhaps one before."""
    names = ("s", "processor s", "peak MiB")
    return [f"{name}{'' if n == 0 else ' before'}" for name in names for n in range(states)]


def cells(found: Sequence[Started]) -> list[str]:
    """A row of them."""
    return [
        *(f"{one.seconds:.2f}" for one in found),
        *(f"{one.processor:.2f}" for one in found),
        *(f"{one.peak / MIB:.0f}" for one in found),
    ]
