"""The rival pwlf: continuous piecewise-linear least squares with free knots."""

import time
from dataclasses import dataclass

import numpy as np
import pwlf
from numpy.typing import NDArray

from schemas.samples import Samples

# Its own default of starts. Its global search (``fit``) takes minutes beyond six segments.
STARTS = 2


@dataclass(frozen=True)
class Rival:
    """A fit of so many segments.

    Attributes:
        segments: that were asked for.
        residuals: at the samples, [N].
        seconds: that it took.
    """

    segments: int
    residuals: NDArray[np.float64]
    seconds: float

    @property
    def max_abs_error(self) -> float:
        """The largest error at the samples."""
        return float(np.abs(self.residuals).max())

    @property
    def rmse(self) -> float:
        """The root of the mean square error at the samples."""
        return float(np.sqrt(np.mean(self.residuals**2)))


def fit_pwlf(samples: Samples, segments: int) -> Rival:
    """Its ``fitfast``: gradient descent on the knots from two starts."""
    began = time.perf_counter()
    model = pwlf.PiecewiseLinFit(samples.x, samples.y, seed=0)
    model.fitfast(segments, pop=STARTS)
    return Rival(segments, model.predict(samples.x) - samples.y, time.perf_counter() - began)
