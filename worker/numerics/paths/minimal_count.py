"""The fewest segments within limits at the samples: a proof, since nothing is rounded.

Float64 numbers are whole multiples of powers of two. On a common power samples and limits are whole
numbers, of any length, and so is everything that the corridor compares: between samples the
function is free, so all extreme lines pass corners of gates, and the only question is on which side
of a line through two given points a third one lies. Rounding answers it wrongly where limits tie,
as those of whole numbers do (J. R. Shewchuk 1997, "Adaptive precision floating-point arithmetic and
fast robust geometric predicates", Discrete & Computational Geometry 18).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.paths.corridor import Corridor
from worker.numerics.paths.links import Watch

# Python's own integers, [N].
WholeNumbers = NDArray[Any]
# The same, and the power of two that they are multiples of.
_Scaled = tuple[WholeNumbers, int]

MANTISSA_BITS = 53
# Whole numbers below 2**62 are shifted by numpy, longer ones by Python.
LONGEST_WORD = 62


def count_exactly(
    x: FloatArray,
    y: FloatArray,
    tolerance: FloatArray,
    unit: FloatArray,
    *,
    at_most: float = math.inf,
    watch: Watch = lambda: None,
) -> int | None:
    """The fewest segments of a continuous piecewise-linear function within limits at samples.

    The numbers are taken as they are: exactly. How far off a sample the function may be is the
    product of its tolerance and its unit, unrounded, or as float64 rounds it where that is more.

    Args:
        x: abscissae, [N] float64, strictly increasing.
        y: ordinates, [N] float64.
        tolerance: of each sample, [N] float64, nowhere negative.
        unit: of each tolerance, [N] float64, nowhere negative: in units of y.
        at_most: stop counting beyond this.
        watch: asked every few thousand samples; True ends the counting.

    Returns:
        The number; None if it is more than ``at_most``, or counting was ended. O(N).
    """
    across, _ = _whole(x)
    heights, limits = _on_one_power(_whole(y), _limits(tolerance, unit))
    links = Corridor(across, heights - limits, heights + limits).links(at_most, watch)
    return None if links is None else len(links)


def _limits(tolerance: FloatArray, unit: FloatArray) -> _Scaled:
    (tolerances, first), (units, second) = _whole(tolerance), _whole(unit)
    exact, rounded = _on_one_power(
        (tolerances * units, first + second), rounded_whole := _whole(tolerance * unit)
    )
    return np.maximum(exact, rounded), min(first + second, rounded_whole[1])


def _on_one_power(first: _Scaled, second: _Scaled) -> tuple[WholeNumbers, WholeNumbers]:
    """Two columns as multiples of the smaller one of their powers of two."""
    power = min(first[1], second[1])
    return first[0] << (first[1] - power), second[0] << (second[1] - power)


def _whole(numbers: FloatArray) -> _Scaled:
    """Finite float64 numbers [N] as multiples of the largest power of two that divides them all."""
    fractions, exponents = np.frexp(numbers)
    mantissas = np.ldexp(fractions, MANTISSA_BITS).astype(np.int64)
    zeros = _trailing_zeros(mantissas)
    powers = exponents - MANTISSA_BITS + zeros
    there = mantissas != 0
    if not there.any():
        return np.zeros(numbers.size, dtype=np.int64).astype(object), 0
    power = int(powers[there].min())
    shifts = np.where(there, powers - power, 0)
    odd = mantissas >> zeros
    if int((MANTISSA_BITS - zeros + shifts).max()) <= LONGEST_WORD:
        return (odd << shifts).astype(object), power
    return odd.astype(object) << shifts.astype(object), power


def _trailing_zeros(numbers: NDArray[np.int64]) -> IndexArray:
    """How often 2 divides each number, [N]; 0 for a 0."""
    lowest = numbers & -numbers
    _, exponents = np.frexp(lowest.astype(np.float64))
    return np.where(numbers != 0, exponents - 1, 0).astype(np.int64)
