"""Target functions, sampled: smooth, kinked, noisy and degenerate ones; and the shipped curves."""

from pathlib import Path

import numpy as np
from scipy.special import erf

from schemas.csv_text import read_csv
from schemas.samples import canonical_samples

CURVES = Path(__file__).parents[1] / "examples" / "curves"

# name -> a function on [0, 1].
SMOOTH = {
    "x^3": lambda t: t**3,
    "x^11": lambda t: t**11,
    "sin x": np.sin,
    "sin 6x": lambda t: np.sin(6 * t),
    "tanh 3x": lambda t: np.tanh(3 * t),
    "exp": np.exp,
    "gelu": lambda t: (8 * t - 4) * (1 + erf((8 * t - 4) / np.sqrt(2))) / 2,
    "runge": lambda t: 1 / (1 + 25 * (2 * t - 1) ** 2),
}
ROUGH = {
    "kinked": lambda t: np.abs(t - 0.3) + np.maximum(t - 0.71, 0),
    "steps": lambda t: np.floor(5 * t),
    "spike": lambda t: (np.arange(t.size) == t.size // 3) * 1.0,
    "noise": lambda t: np.random.default_rng(5).normal(size=t.size),
    "line": lambda t: 3 * t - 1,
    "constant": lambda t: np.full_like(t, 3.7),
}
FUNCTIONS = SMOOTH | ROUGH

# Fewest segments that stay within so much of the range of y at every sample, knots anywhere.
KNOWN_SEGMENTS = {
    "thermocouple_k": {1e-2: 3, 1e-3: 7, 1e-4: 22, 1e-5: 65},
    "ntc_resistance": {1e-2: 6, 1e-3: 15, 1e-4: 33, 1e-5: 54},
    "air_density": {1e-2: 4, 1e-3: 12, 1e-4: 34, 1e-5: 96},
    "silu": {1e-2: 3, 1e-3: 10, 1e-4: 30, 1e-5: 88},
    "log2_mantissa": {1e-2: 3, 1e-3: 7, 1e-4: 21, 1e-5: 62},
    "pump_efficiency": {1e-2: 6, 1e-3: 18, 1e-4: 51, 1e-5: 141},
    "income_tax_de_2024": {1e-2: 3, 1e-3: 7, 1e-4: 18},
    "graphite_ocp": {1e-2: 5, 1e-3: 30, 1e-4: 153},
    "nile": {1e-2: 76, 1e-3: 77, 1e-4: 77},
    "sem_linewidth": {1e-2: 5, 1e-3: 12, 1e-4: 47},
}


def sampled(name, points=200):
    """A function of the tables above at even points of [0, 1]."""
    t = np.linspace(0.0, 1.0, points)
    return canonical_samples(t, FUNCTIONS[name](t))


def curve(name):
    """One of the shipped curves."""
    return read_csv((CURVES / f"{name}.csv").read_text())
