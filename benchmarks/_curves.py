"""The curves of the benchmarks: eight functions, and the smooth ones of those that are shipped."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf  # type: ignore[import-untyped]

from schemas.csv_text import read_csv
from schemas.samples import Samples, canonical_samples

FloatArray = NDArray[np.float64]
SHIPPED = Path(__file__).parents[1] / "examples" / "curves"
POINTS = 500


@dataclass(frozen=True)
class Function:
    """A function on an interval.

    Attributes:
        formula: values at x, [N] -> [N].
        low: where the interval begins.
        high: where it ends.
    """

    formula: Callable[[FloatArray], FloatArray]
    low: float = 0.0
    high: float = 1.0

    def grid(self, points: int) -> FloatArray:
        """Even points of the interval, ends included."""
        return np.linspace(self.low, self.high, points)


def _gelu(x: FloatArray) -> FloatArray:
    half: FloatArray = x * (1 + erf(x / np.sqrt(2))) / 2
    return half


FUNCTIONS = {
    "x^3": Function(lambda x: x**3),
    "x^11": Function(lambda x: x**11),
    "sin 6x": Function(lambda x: np.sin(6 * x)),
    "tanh 3x": Function(lambda x: np.tanh(3 * x)),
    "exp 3x": Function(lambda x: np.exp(3 * x)),
    "gelu": Function(_gelu, -4.0, 4.0),
    "Runge": Function(lambda x: 1 / (1 + 25 * x**2), -1.0, 1.0),
    "sqrt(x + 0.01)": Function(lambda x: np.sqrt(x + 0.01)),
}
CURVES = (
    "thermocouple_k",
    "ntc_resistance",
    "air_density",
    "silu",
    "log2_mantissa",
    "pump_efficiency",
)
ALL = (*FUNCTIONS, *CURVES)


def samples_of(name: str, points: int = POINTS) -> Samples:
    """One of ``ALL``: a function at so many even points, or a shipped curve as it is."""
    if name not in FUNCTIONS:
        return read_csv((SHIPPED / f"{name}.csv").read_text())
    function = FUNCTIONS[name]
    x = function.grid(points)
    return canonical_samples(x, function.formula(x))
