"""Numbers as integers: which scale, and what a right shift with rounding does.

A number v is kept as the integer v * 2^n: n fraction bits, in the notation Qm.n with m = bits - n.
n may be negative, for large numbers, or more than there are bits, for small ones.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exports.subject import Subject
from schemas.errors import FieldError, InvalidInput

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

INPUT_BITS = 16
OUTPUT_BITS = 32
LARGEST = 2 ** (OUTPUT_BITS - 1) - 1
# Values get a bit less than there is, so that rounding and extrapolation find room.
VALUE_BITS = 30

# Rounds half away from zero, and stays within int32_t: a shift of a negative number is not
# defined by C99, so only magnitudes are shifted.
SCALED = """\
/* sum / 2^shift, rounded, at most what int32_t holds. */
static int32_t scaled(int64_t sum, unsigned shift)
{
    const int64_t half = shift > 0 ? INT64_C(1) << (shift - 1) : 0;
    const int64_t value = sum >= 0 ? (sum + half) >> shift : -((half - sum) >> shift);

    if (value > INT32_MAX) {
        return INT32_MAX;
    }
    return value < -INT32_MAX ? -INT32_MAX : (int32_t)value;
}

"""


def scaled(total: Integers, shift: Integers | int) -> Integers:
    """What the C function ``scaled`` computes, elementwise."""
    shift = np.asarray(shift, dtype=np.int64)
    half = np.where(shift > 0, np.int64(1) << np.maximum(shift - 1, 0), 0)
    value = np.where(total >= 0, (total + half) >> shift, -((half - total) >> shift))
    return np.asarray(value.clip(-LARGEST, LARGEST))


def fraction_bits(values: Floats, bits: int) -> int:
    """The most fraction bits with which all these values fit into integers of so many bits."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return 0
    most = 2 ** (bits - 1) - 1
    n = math.floor(math.log2(most) - math.log2(largest))
    # Logarithms are rounded, and so are the integers.
    while math.ldexp(largest, n) > most:
        n -= 1
    return n


def times_power(values: Floats, n: int | NDArray[np.int64]) -> Integers:
    """The integers nearest to values * 2^n."""
    return np.rint(np.ldexp(values, n)).astype(np.int64)


@dataclass(frozen=True)
class Grid:
    """Every input that 16 bits hold.

    Attributes:
        bits: fraction bits of x.
        low: the least integer whose x is in the interval of the samples.
        high: the largest.
    """

    bits: int
    low: int
    high: int

    @classmethod
    def of(cls, subject: Subject) -> "Grid":
        """The finest grid of 16 bits over the interval of a model.

        Raises:
            InvalidInput: hardly a number of 16 bits is in that interval.
        """
        span = subject.model.samples
        ends = np.array([span.x_min, span.x_max])
        bits = fraction_bits(ends, INPUT_BITS)
        low, high = math.ceil(math.ldexp(ends[0], bits)), math.floor(math.ldexp(ends[1], bits))
        if high - low < 1:
            detail = (
                f"has no use here: 16 bits for numbers up to {abs(ends).max():g} leave no two "
                f"between {span.x_min!r} and {span.x_max!r}; move the origin of x, or take float"
            )
            raise InvalidInput(FieldError(path=("arithmetic",), detail=detail))
        return cls(bits, low, high)

    @property
    def every(self) -> Integers:
        """Every input of 16 bits, [65536]."""
        return np.arange(-(2**15), 2**15)

    @property
    def inputs(self) -> Integers:
        """Every input inside the interval, [high - low + 1]."""
        return np.arange(self.low, self.high + 1)

    def nearest(self, x: Floats) -> Integers:
        """The inputs inside the interval that are nearest to these x."""
        return times_power(x, self.bits).clip(self.low, self.high)

    def x(self, integers: Integers) -> Floats:
        """The numbers that integers stand for."""
        return np.ldexp(integers.astype(np.float64), -self.bits)


def q_format(bits: int, fraction: int) -> str:
    """The name of a format: Qm.n, of which the sign is one of the m."""
    return f"Q{bits - fraction}.{fraction}"
