"""The promise as training needs it: what a network may do at any u, and where it strays."""

from dataclasses import dataclass

import numpy as np

from schemas.network import Dtype, Weights
from schemas.samples import Samples
from schemas.target import BetweenSamples
from worker.numerics.breakpoints import propagate
from worker.numerics.bulge import Bulge
from worker.numerics.corridor import FloatArray
from worker.numerics.delivery import Delivery
from worker.numerics.preparation import Prepared
from worker.numerics.promise import Promise


@dataclass(frozen=True, eq=False)
class Guidance:
    """What is wanted of a network at some places; scaled like the problem.

    Attributes:
        u: the places, [M].
        v: the straight lines between the samples there, [M].
        bulge: how far above those the smooth curve lies, with its sign, [M]: up to that distance on
            either side of the lines costs nothing.
        unit: what a residual is measured in, interpolated, [M].
    """

    u: FloatArray
    v: FloatArray
    bulge: FloatArray
    unit: FloatArray


class Guide:
    """The promise of a problem in scaled numbers."""

    def __init__(self, prepared: Prepared, between: BetweenSamples) -> None:
        """Take the samples that u can tell apart.

        Args:
            prepared: the scaled problem.
            between: what is promised between its samples.
        """
        apart = np.diff(prepared.u, prepend=-np.inf) > 0.0
        self._samples = Samples(x=prepared.u[apart], y=prepared.v[apart])
        self._units, self._goal = prepared.goal.units[apart], prepared.goal
        self._between = between
        self._bulge = Bulge.of(self._samples.x, self._samples.y, between)
        self._promise = Promise(self._samples, between)

    def at(self, u: FloatArray) -> Guidance:
        """What is wanted at u, [M], from 0 to 1."""
        interval = self._bulge.locate(u)
        return Guidance(
            u=u,
            v=np.interp(u, self._samples.x, self._samples.y),
            bulge=np.asarray(self._bulge.height(self._bulge.fraction(u, interval), interval)),
            unit=np.interp(u, self._samples.x, self._units),
        )

    def strays(self, weights: Weights) -> FloatArray:
        """Every u where a network breaks the promise by a local maximum, the worst first: [M].

        Args:
            weights: from u to v: ``(weight [out, in], bias [out])`` by layer, float64.
        """
        if self._between is BetweenSamples.NONE:
            return np.empty(0)
        network = Delivery(weights, Dtype.FLOAT64)
        breakpoints = propagate(network, 0.0, 1.0)
        if self._goal.is_maximum and self._goal.limit is not None:
            limits = self._goal.limit * self._units
        else:
            residuals = network.real_function(self._samples.x) - self._samples.y
            limits = np.full(self._units.size, float(np.abs(residuals).max()))
        found = self._promise.excess(network.real_function, breakpoints, limits, everywhere=True)
        return found.peaks().astype(np.float64)
