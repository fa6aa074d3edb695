"""A wide first layer, a path of many segments, evaluated in less than samples x neurons.

As functions of real numbers the sums of the next layer are taken along x. In its own floating-point
arithmetic that would not do: there every neuron that is on is a term of its own, and only those
that are off, and so add exactly 0, may be left out.
"""

from collections.abc import Callable, Iterator

import numpy as np

from schemas.network import Weights
from worker.numerics.arrays import AnyArray

# Samples and neurons that are looked at together: what fits into a processor's cache.
SAMPLES_AT_ONCE = 128
NEURONS_AT_ONCE = 1024
# A first layer of more neurons than this is summed along x instead of at every x.
WIDE = 64


def real_sums(layers: Weights, x: AnyArray) -> AnyArray:
    """The sums of the last of these layers as functions of real x, before any ReLU.

    Args:
        layers: ``(weight [out, in], bias [out])``, the first of one input.
        x: [N], in the precision of the weights.

    Returns:
        [out, N].
    """
    (weight, bias), *rest = layers
    if rest and bias.size > WIDE:
        sums, rest = sums_along(layers[:2], x), rest[1:]
    else:
        sums = np.multiply.outer(weight[:, 0], x) + bias[:, None]
    for weight, bias in rest:
        sums = weight @ np.maximum(sums, 0.0) + bias[:, None]
    return sums


def sums_along(layers: Weights, x: AnyArray) -> AnyArray:
    """The sums of the second of two layers as functions of real x, [N] -> [out, N].

    In O((K + N) log K) for K neurons of the first.
    """
    (weight, bias), (out, last) = layers
    slope = weight[:, 0]
    flat = slope == 0.0
    sums = np.empty((last.size, x.size), x.dtype)
    sums[:] = (last + out[:, flat] @ np.maximum(bias[flat], 0.0))[:, None]
    for facing in (1.0, -1.0):
        chosen = slope * facing > 0.0
        if chosen.any():
            knots = -bias[chosen] / slope[chosen] * facing
            sums += _hinges(knots, (out * slope)[:, chosen] * facing, x * facing)
    return sums


def _hinges(knots: AnyArray, gains: AnyArray, x: AnyArray) -> AnyArray:
    """``sum_k gains_k relu(x - knots_k)`` at x, [N] -> [out, N], for gains [out, K].

    Summed from knot to knot, so that every partial sum is a value or a slope of the function
    itself: sums of intercepts would cancel where x is far from 0.
    """
    order = np.argsort(knots)
    knots, slopes = knots[order], np.cumsum(gains[:, order], axis=1)
    values = np.zeros_like(slopes)
    np.cumsum(slopes[:, :-1] * np.diff(knots), axis=1, out=values[:, 1:])
    last = np.searchsorted(knots, x, side="right") - 1
    found = values[:, last] + slopes[:, last] * (x - knots[last])
    return np.where(last >= 0, found, 0.0)


def values_summed(
    weights: Weights, x: AnyArray, alive: Callable[[], None] = lambda: None
) -> AnyArray:
    """One hidden layer in its own arithmetic, [N] -> [N], neurons that are off left out.

    Args:
        weights: of the layer and the output, in the dtype of x.
        x: increasing, [N].
        alive: called now and then: samples times neurons may take seconds.
    """
    out = np.empty_like(x)
    for start in range(0, x.size, SAMPLES_AT_ONCE):
        alive()
        part = slice(start, start + SAMPLES_AT_ONCE)
        total = np.zeros_like(x[part])
        for hidden, gains in _active(weights, x[part]):
            total += hidden @ gains
        out[part] = total + weights[1][1][0]
    return out


def _active(weights: Weights, x: AnyArray) -> Iterator[tuple[AnyArray, AnyArray]]:
    """Values of the neurons that are on anywhere in x, [N, B], with their output weights, [B]."""
    (weight, bias), (out, _) = weights
    slope, gain = weight[:, 0], out[0]
    # Rounded products and sums rise where exact ones do: the ends tell for all between.
    at_start, at_end = slope * x[0] + bias, slope * x[-1] + bias
    on = (at_start > 0.0) | (at_end > 0.0)
    throughout = (at_start >= 0.0) & (at_end >= 0.0)
    for facing in (on & throughout & (slope > 0.0), on & throughout & (slope <= 0.0)):
        yield from _blocks(x, slope[facing], bias[facing], gain[facing], rectified=True)
    turning = on & ~throughout
    yield from _blocks(x, slope[turning], bias[turning], gain[turning], rectified=False)


def _blocks(
    x: AnyArray, slope: AnyArray, bias: AnyArray, gain: AnyArray, *, rectified: bool
) -> Iterator[tuple[AnyArray, AnyArray]]:
    for start in range(0, slope.size, NEURONS_AT_ONCE):
        part = slice(start, start + NEURONS_AT_ONCE)
        w = slope[part]
        if (w == w[0]).all():
            hidden = _sums(x * w[0], bias[part])
        else:
            hidden = np.multiply.outer(x, w)
            hidden += bias[part]
        if not rectified:
            np.maximum(hidden, 0, out=hidden)
        yield hidden, gain[part]


def _sums(column: AnyArray, row: AnyArray) -> AnyArray:
    """Every sum of two numbers, [N] and [B] -> [N, B]."""
    # Copied and added to in place: a fifth faster than what broadcasting makes of it.
    found = np.empty((column.size, row.size), column.dtype)
    found[:] = row
    found += column[:, None]
    return found
