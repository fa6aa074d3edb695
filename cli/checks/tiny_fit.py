"""Whether the engine fits."""

import numpy as np

from cli.checks.finding import Finding, Place, ok, wrong
from schemas.options import Effort, FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from worker.numerics.fit import fit

TOLERANCE = 1e-2


def look(_: Place) -> Finding:
    """Fit a curve of a few samples."""
    x = np.linspace(-2.0, 2.0, 50)
    options = FitOptions(effort=Effort.QUICK)
    answer = fit(canonical_samples(x, np.tanh(x)), Target(tolerance=TOLERANCE), options)
    if not answer.met:
        return wrong(f"a tiny fit misses its target: {answer.explanation}")
    return ok(
        f"{answer.architecture.parameters} parameters meet a target in {answer.total_s:.2f} s"
    )
