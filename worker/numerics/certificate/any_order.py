"""How far a network's values may be off in its own arithmetic, whatever the order of summation.

A sum of m terms, each a product rounded or fused, is computed in any order to within
``gamma_k sum |terms|``, k the number of roundings that a term goes through, at most m, and
``gamma_k = k u / (1 - k u)``. A ReLU passes an error on at most as large. So layer by layer a bound
follows from the weights and the values, each layer's inputs being as far off as the last one's
bound says. Terms that are exactly 0 are added without rounding and do not count.

It holds for arithmetic that rounds every operation to nearest in the delivered dtype or to a finer
one, with fused operations or without, in blocks or not, and whether numbers below the normal ones
are kept or become 0.

References:
    N. J. Higham 2002, "Accuracy and Stability of Numerical Algorithms", sections 3.1 and 4.2.
"""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import AnyArray, FloatArray
from worker.numerics.networks.delivery import Delivery, ExtendedArray, in_extended
from worker.numerics.networks.wide import WIDE, sums_along

# Samples that are looked at together: what fits into memory with every neuron's value.
SAMPLES_AT_ONCE = 4096
# Beyond so many products one hidden layer is summed along x, for a bound a little larger.
MANY_PRODUCTS = 2_000_000


@dataclass(frozen=True, eq=False)
class Enclosure:
    """Where the computed values lie: within a radius of those of the real function.

    Attributes:
        values: of the delivered weights as real numbers, at x as the dtype rounds it, [N].
        radius: of what any order of summation computes, and of what is lost in ``values``, [N];
            infinite where a sum may overflow.
    """

    values: ExtendedArray
    radius: ExtendedArray


def enclosed(delivery: Delivery, x: FloatArray) -> Enclosure:
    """The values at x, [N], by any order of summation; x is rounded to the dtype first."""
    rounded = x.astype(delivery.dtype.value).astype(np.longdouble)
    first, *rest = delivery.weights
    many = first[1].size > WIDE or (len(rest) == 1 and x.size * delivery.parameters > MANY_PRODUCTS)
    along = many and _are_powers_of_two(first[0])
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [
            _layer_by_layer(delivery, rounded[start : start + SAMPLES_AT_ONCE], along=along)
            for start in range(0, rounded.size, SAMPLES_AT_ONCE)
        ]
    return Enclosure(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.radius for part in parts]),
    )


def _gamma(roundings: ExtendedArray | np.floating, unit: float) -> ExtendedArray:
    """``k u / (1 - k u)``; infinite where k u is not below 1."""
    product = np.asarray(roundings * np.longdouble(unit))
    found: ExtendedArray = np.where(product < 1, product / (1 - product), np.longdouble(np.inf))
    return found


def _raised(bound: AnyArray, share: np.floating) -> ExtendedArray:
    """The bound and a share of itself, for the rounding of its own sums."""
    raised: ExtendedArray = (bound * (1 + share)).astype(np.longdouble)
    return raised


def _units(delivery: Delivery) -> tuple[float, float, float]:
    """Unit roundoff of the delivered dtype and of the arithmetic here; the least normal number."""
    limits = np.finfo(delivery.dtype.value)
    own = float(np.finfo(np.longdouble).eps) / 2
    return float(limits.eps) / 2, own, float(limits.tiny)


def _are_powers_of_two(weights: AnyArray) -> bool:
    """Whether every product with these weights is exact, but for underflow."""
    fraction, _ = np.frexp(np.abs(weights))
    return bool(np.all((fraction == 0.5) | (weights == 0.0)))


def _layer_by_layer(delivery: Delivery, x: ExtendedArray, *, along: bool) -> Enclosure:
    """From layer to layer; the first two at once, ``along`` x, if that is wanted."""
    layers = in_extended(delivery.weights)
    values, radius = _of_two_layers(delivery, x) if along else (x[None], np.zeros_like(x[None]))
    done = 2 if along else 0
    for number, layer in enumerate(layers[done:]):
        if number or along:
            # Below 0 by more than the radius it is off for certain.
            radius = np.minimum(radius, np.maximum(values + radius, 0.0))
            values = np.maximum(values, 0.0)
        values, radius = _of_a_layer(delivery, layer, values, radius)
    return Enclosure(values[0], radius[0])


def _of_a_layer(
    delivery: Delivery,
    layer: tuple[ExtendedArray, ExtendedArray],
    hidden: ExtendedArray,
    radius: ExtendedArray,
) -> tuple[ExtendedArray, ExtendedArray]:
    """Sums of one layer, [out, N], and how far they may be off, for inputs [in, N]."""
    unit, own, least = _units(delivery)
    largest = np.longdouble(np.finfo(delivery.dtype.value).max)
    weight, bias = layer
    strength = np.abs(weight)
    values = weight @ hidden + bias[:, None]
    inherited = strength @ radius
    terms = strength @ (np.abs(hidden) + radius) + np.abs(bias)[:, None]
    on = (np.abs(hidden) + radius > 0.0).astype(np.longdouble)
    count = (strength > 0.0).astype(np.longdouble) @ on + (bias != 0.0)[:, None]
    exact = _are_powers_of_two(weight)
    roundings = np.maximum(count - 1, 0) + (0 if exact else 1)
    # One rounding, of the sum itself, is relative to that.
    once = (count <= 2) & exact
    rounded = np.where(once, np.abs(values) + inherited, terms)
    added = _gamma(roundings, unit) * rounded
    # What is lost in these sums themselves, and in the bound.
    size = np.longdouble(weight.shape[1] + 8)
    lost = _gamma(2 * size, own) * terms
    flushed = size + np.abs(hidden).sum(0) + radius.sum(0) + strength.sum(1)[:, None]
    underflow = 2 * least * flushed
    radius = _raised(inherited + added + lost + underflow, 8 * size * own)
    radius[~(terms < largest / 2)] = np.inf
    return np.asarray(values, dtype=np.longdouble), radius


def _of_two_layers(delivery: Delivery, x: ExtendedArray) -> tuple[ExtendedArray, ExtendedArray]:
    """The same of the first two layers, if products with the first one's weights are exact.

    Summed along x; every neuron counts as a term, whether on or off.
    """
    unit, own, least = _units(delivery)
    layer, (out, last) = in_extended(delivery.weights[:2])
    terms = sums_along([layer, (np.abs(out), np.abs(last))], x)
    count = np.longdouble(out.shape[1])
    roundings = _gamma(count + 2, unit) + _gamma(4 * (count + 10), own)
    radius = _raised(roundings * terms, 8 * count * own)
    reach, slope = np.abs(x).max(), np.abs(layer[0]).max()
    highest = reach * slope + np.abs(layer[1]).max()
    lost = count * (1 + highest) + np.abs(out).sum(1) * (1 + reach + slope)
    radius += 4 * least * lost[:, None]
    largest = np.longdouble(np.finfo(delivery.dtype.value).max)
    radius[~(np.maximum(terms, highest) < largest / 2)] = np.inf
    return sums_along([layer, (out, last)], x), radius
