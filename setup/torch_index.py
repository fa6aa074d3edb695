"""Which torch this machine gets: prints the package index to ask besides pip's own, or nothing.

    python setup/torch_index.py

On Linux plain pip takes the CUDA build, several GB, that a machine without a GPU has no use for. So
without NVIDIA's driver the CPU build is taken, from an index of its own, if that answers.
TORCH_INDEX in the environment overrules this; empty it leaves all to pip. What was chosen, and why,
is said in a line on standard error. Needs nothing but the standard library: it runs before anything
is installed.
"""

import ctypes
import os
import platform
import sys
import threading
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# What it has wheels for that differ from those pip takes by itself.
MACHINES = ("x86_64", "aarch64")
ANSWERS_WITHIN_S = 5.0


@dataclass(frozen=True)
class Choice:
    """Where torch comes from.

    Attributes:
        index: to ask besides pip's own; empty for none.
        words: what was chosen, and why.
    """

    index: str
    words: str


def choose(
    given: str | None,
    *,
    system: str,
    machine: str,
    has_driver: bool,
    index: str = CPU_INDEX,
    within_s: float = ANSWERS_WITHIN_S,
) -> Choice:
    """Choose.

    Args:
        given: TORCH_INDEX, None where it is not set.
        system: of ``platform.system``.
        machine: of ``platform.machine``.
        has_driver: whether NVIDIA's driver is there.
        index: of the CPU build.
        within_s: seconds that it has to answer.
    """
    if given is not None:
        asked = f"from {given} or pip's own index" if given else "pip's own choice"
        return Choice(given, f"{asked}, as TORCH_INDEX says")
    if system != "Linux" or machine not in MACHINES:
        return Choice("", f"pip's own choice for {system} on {machine}")
    if has_driver:
        return Choice("", "pip's own choice, for NVIDIA's driver is here")
    if not answers(index, within_s):
        return Choice("", f"pip's own choice, maybe the CUDA build: {index} does not answer")
    return Choice(index, f"the CPU build from {index}, for NVIDIA's driver is not here")


def answers(index: str, within_s: float) -> bool:
    """Whether a package index has torch and says so within seconds."""
    found = threading.Event()
    # By the name that urllib gives itself, some networks turn it away.
    question = urllib.request.Request(f"{index}/torch/", headers={"User-Agent": "foldline-setup"})

    def ask() -> None:
        try:
            with urllib.request.urlopen(question, timeout=within_s) as answer:
                if answer.status == HTTPStatus.OK:
                    found.set()
        except (OSError, HTTPException):
            pass

    # In a thread, because finding an address has no time limit.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(within_s)
    return found.is_set()


def has_driver() -> bool:
    """Whether the library is there by which torch would find a GPU."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def choice_here() -> Choice:
    """What is chosen on this machine."""
    return choose(
        os.environ.get("TORCH_INDEX"),
        system=platform.system(),
        machine=platform.machine(),
        has_driver=has_driver(),
    )


def main() -> None:
    """Choose, and say so."""
    chosen = choice_here()
    print(f"torch: {chosen.words}", file=sys.stderr)
    print(chosen.index)


if __name__ == "__main__":
    main()
