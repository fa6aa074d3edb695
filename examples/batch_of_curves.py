"""What accuracy costs: ten real curves at twenty tolerances each, as one batch of 200.

    foldline serve &
    python examples/batch_of_curves.py

Prints how many parameters the smallest network has that was found, curve by curve.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foldline_client import Client

CURVES = sorted((Path(__file__).parent / "curves").glob("*.csv"))
# From a tenth to a thousandth of the range.
TOLERANCES = [10 ** -(1 + 2 * step / 19) for step in range(20)]
SHOWN = TOLERANCES[::4]


def functions() -> Iterator[dict[str, Any]]:
    """Every curve with every tolerance."""
    for path in CURVES:
        with path.open() as file:
            rows = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
        for tolerance in TOLERANCES:
            yield {
                "x": [x for x, _ in rows],
                "y": [y for _, y in rows],
                "tolerance": tolerance,
                "custom_id": f"{path.stem} {tolerance:.1e}",
            }


def main() -> None:
    """Ask for all of them, and print what comes."""
    parameters: dict[str, int] = {}
    with Client() as client:
        batch = client.batch(functions(), effort="quick", name="what accuracy costs")
        print(f"{batch.id}: {batch.counts.total} curves")
        for result in client.batches.results(batch, include=["model"]):
            if result.model is None:
                print(f"{result.custom_id}: {result.status}")
            else:
                parameters[result.custom_id or ""] = result.model.architecture.parameters
    print(f"{'parameters at':<22}", *(f"{tolerance:>8.1e}" for tolerance in SHOWN))
    for path in CURVES:
        found = (parameters.get(f"{path.stem} {tolerance:.1e}", 0) for tolerance in SHOWN)
        print(f"{path.stem:<22}", *(f"{count:>8}" for count in found))
    print(f"{len(parameters)} models")


if __name__ == "__main__":
    main()
