"""What the benchmarks share: one thread, a header that says where and when, Markdown tables."""

import argparse
import math
import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from schemas.version import ENGINE_VERSION

# What BLAS libraries read, once, when they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(report: Callable[[argparse.Namespace], str], parser: argparse.ArgumentParser) -> None:
    """Print a report and write it where the options say; exit code 0 whatever the figures are.

    Args:
        report: parsed options -> Markdown.
        parser: of the script's own options.
    """
    on_one_thread()
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the Markdown there too")
    options = parser.parse_args()
    text = report(options)
    print(text, end="")
    if options.write:
        options.write.write_text(text)


def on_one_thread() -> None:
    """Start this interpreter again if its BLAS may have more threads than one.

    Two threads make the small products of a fit several times slower, and their number is read
    before a script has its say.
    """
    if any(os.environ.get(name) != "1" for name in THREADS):
        alone = {**os.environ, **dict.fromkeys(THREADS, "1")}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], alone)
    torch.set_num_threads(1)


def header(title: str, text: str, seconds: float, *, quick: bool = False) -> str:
    """A title, when, where and with what the figures were made, and what they are."""
    mark = " (quick: not the figures to quote)" if quick else ""
    return (
        f"# {title}{mark}\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, {os.cpu_count()} cores, one thread, Python "
        f"{platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}, Foldline "
        f"{ENGINE_VERSION}; {seconds:.0f} s in all. {text}"
    )


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def document(parts: Iterable[str]) -> str:
    """Paragraphs, headings and tables as one Markdown text."""
    return "\n\n".join(parts) + "\n"


def section(title: str, body: str) -> str:
    """A heading and what is under it."""
    return f"## {title}\n\n{body}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(value: float | None, digits: int = 2) -> str:
    """So many digits after the first; nothing for what is not known."""
    return "" if value is None else f"{value:.{digits}e}"


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of positive numbers."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))


def progress(text: str) -> None:
    """A line for whoever waits; not part of the report."""
    print(text, file=sys.stderr, flush=True)
