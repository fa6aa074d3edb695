"""The network as it is delivered: raw x in, raw y out, in its dtype; and the error it really has.

Folding the scaling into the weights costs digits: with x near 1.7e9 float32 cannot even tell
neighbouring samples apart. So every judgement is made here, on the folded, rounded weights, with
arithmetic in the delivered dtype.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.network import Dtype, Layer, Network, Weights, forward
from worker.numerics.arrays import AnyArray, FloatArray
from worker.numerics.networks.wide import WIDE, real_sums, values_summed
from worker.numerics.paths.polyline import Polyline
from worker.numerics.problem.preparation import Scaling

ExtendedArray = NDArray[np.longdouble]

# Beyond so many products the error is taken in one order of summation only.
ORDERS_WORTH_TRYING = 50_000_000
# Samples whose products are summed together, one after the other.
SAMPLES_AT_ONCE = 4096
# Sums that are kept side by side.
LANES = 4


def fold(weights: Weights, scaling: Scaling) -> Weights:
    """Fold the scaling of x and y into the weights, in float64.

    Args:
        weights: of a network from u to v: ``(weight [out, in], bias [out])`` by layer.
        scaling: of u and v.

    Returns:
        The same network from x to y. Every neuron of the first layer has a power of two, or 0, as
        weight, so that its product with x is exact in any binary dtype and only its knot is
        rounded; what that changes is taken back in the second layer.
    """
    (weight, bias), *inner = [(w.astype(np.float64), b.astype(np.float64)) for w, b in weights]
    steepness = np.abs(weight[:, 0])
    unit = 2.0 ** -np.round(np.log2(scaling.x_width))
    alive = steepness > 0.0
    knots = np.divide(-bias, weight[:, 0], out=np.zeros_like(bias), where=alive)
    signed = np.where(alive, unit * np.sign(weight[:, 0]), 0.0)
    shifted = -signed * (scaling.x_start + knots * scaling.x_width)
    gain = np.where(alive, steepness / scaling.x_width / unit, 1.0)
    folded: Weights = [(signed[:, None], np.where(alive, shifted, bias))]
    for index, (w, b) in enumerate(inner):
        folded.append((w * gain if index == 0 else w, b))
    out, last = folded[-1]
    folded[-1] = (out * scaling.y_half, last * scaling.y_half + scaling.y_middle)
    return folded


def shallow_weights(polyline: Polyline, dtype: Dtype) -> Weights:
    """A continuous piecewise-linear function of S segments as one hidden layer of S neurons.

    Neurons face outwards from a knot in the middle, right-facing ``relu(x - t)`` beyond it and
    left-facing ``relu(t - x)`` before it: half as many terms add up at the ends, each half as
    large. Slopes are taken between the knots as the dtype rounds them, so that the function is
    still right there. 3 S + 1 parameters; 3 fewer if a segment is exactly flat, which then needs
    no neuron: the middle knot is one of its ends. Other paths of S - 1 neurons: ``faced_weights``.

    Args:
        polyline: in raw units.
        dtype: that the knots will be rounded to.
    """
    span = float(polyline.x[-1] - polyline.x[0])
    unit = 2.0 ** -np.round(np.log2(span))
    with np.errstate(over="ignore"):
        inner = polyline.x[1:-1].astype(dtype.value).astype(np.float64)
    # Knots that rounding has brought together are one.
    inner = np.unique(inner[(inner > polyline.x[0]) & (inner < polyline.x[-1])])
    knots = np.concatenate([polyline.x[:1], inner, polyline.x[-1:]])
    values = polyline(knots)
    slopes = np.diff(values) / np.diff(knots) / unit
    if inner.size == 0:
        # The one neuron turns on well before x_min, so that no rounding brings its knot inside.
        start = float(knots[0] - span / 4)
        weights = np.array([[unit]]), np.array([-unit * start])
        return [
            weights,
            (slopes[None], np.array([values[0] - slopes[0] * unit * (knots[0] - start)])),
        ]
    middle = _middle(slopes)
    turns = np.diff(slopes)
    right = np.concatenate([slopes[middle + 1 : middle + 2], turns[middle + 1 :]])
    left = np.concatenate([turns[:middle], [-slopes[middle]]])
    facing = np.concatenate([np.full(left.size, -unit), np.full(right.size, unit)])
    places = np.concatenate([inner[: middle + 1], inner[middle:]])
    gains = np.concatenate([left, right])
    needed = gains != 0.0
    # A constant keeps one neuron, so that there is a network at all.
    needed[0] |= not needed.any()
    return [
        (facing[needed, None], (-facing * places)[needed]),
        (gains[None, needed], values[middle + 1 : middle + 2]),
    ]


def _middle(slopes: FloatArray) -> int:
    """The inner knot to face outwards from: the middle one, or one beside a flat segment."""
    centre = (slopes.size - 1) // 2
    flat = np.flatnonzero(slopes == 0.0)
    if flat.size == 0:
        return centre
    beside = np.clip(np.concatenate([flat - 1, flat]), 0, slopes.size - 2)
    return int(beside[np.argmin(np.abs(beside - centre))])


@dataclass(frozen=True, eq=False)
class Delivery:
    """A network's weights as delivered.

    Attributes:
        weights: ``(weight [out, in], bias [out])`` by layer, in the dtype.
        dtype: of weights and arithmetic.
    """

    weights: Weights
    dtype: Dtype

    @property
    def widths(self) -> list[int]:
        """The layers' widths, input and output included."""
        return [1, *(int(bias.size) for _, bias in self.weights)]

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        return sum(int(weight.size + bias.size) for weight, bias in self.weights)

    @property
    def neurons(self) -> int:
        """The number of ReLUs."""
        return sum(self.widths[1:-1])

    def document(self) -> Network:
        """The network document: network.json."""
        layers = [Layer(weight=w.tolist(), bias=b.tolist()) for w, b in self.weights]
        return Network(layers=layers, dtype=self.dtype)

    def real_function(self, x: AnyArray) -> ExtendedArray:
        """The function of the delivered weights as real numbers, [N] -> [N].

        In extended precision where the machine has it, so that the digits that are lost to an
        offset of y, or to x far from 0, are not float64's.
        """
        found: ExtendedArray = real_sums(in_extended(self.weights), x.astype(np.longdouble))[0]
        return found

    def magnitude(self, x: AnyArray) -> float:
        """The largest sum of absolute terms behind a value at x, [N]: what rounding is an ulp of.

        For a wide layer the largest value: it is summed so that no terms cancel.
        """
        if self.is_wide:
            return float(np.abs(self.real_function(x)).max())
        *inner, (weight, bias) = in_extended(self.weights)
        terms = real_sums([*inner, (np.abs(weight), np.abs(bias))], x.astype(np.longdouble))
        return float(terms.max())

    def takes_long(self, count: int) -> bool:
        """Whether so many samples are evaluated in one order of summation only."""
        return count * self.parameters > ORDERS_WORTH_TRYING

    @property
    def is_wide(self) -> bool:
        """Whether it has one hidden layer, of many neurons."""
        return len(self.weights) == 2 and self.weights[0][1].size > WIDE


def in_extended(weights: Weights) -> Weights:
    """The same weights, exactly, in extended precision."""
    return [(w.astype(np.longdouble), b.astype(np.longdouble)) for w, b in weights]


def deliver(weights: Weights, dtype: Dtype, x_span: tuple[float, float]) -> Delivery | None:
    """Round weights to the dtype; None if one of them, or an end of the x span, overflows it."""
    with np.errstate(over="ignore"):
        rounded: Weights = [(w.astype(dtype.value), b.astype(dtype.value)) for w, b in weights]
        ends = np.asarray(x_span).astype(dtype.value)
    numbers = [ends, *(part for layer in rounded for part in layer)]
    return Delivery(rounded, dtype) if all(np.isfinite(n).all() for n in numbers) else None


def evaluations(
    delivery: Delivery, x: FloatArray, alive: Callable[[], None] = lambda: None
) -> Iterator[FloatArray]:
    """The network's values at x in its own arithmetic, in several orders of summation.

    Floating-point sums depend on their order, and a user's library chooses its own. In the order
    of yielding: matrix products of samples by rows; of samples by columns; sums side by side,
    as vector instructions make them; a plain contraction; one product after the other, bias first,
    bias last and from the last neuron on; layers computed exactly and rounded once, as a chain of
    fused operations nearly does.

    Args:
        delivery: the network.
        x: increasing, [N] float64; rounded to the dtype first, as a user must.
        alive: called now and then.

    Yields:
        Values [N], as float64.
    """
    rounded = x.astype(delivery.dtype.value)
    if delivery.is_wide and delivery.takes_long(x.size):
        yield values_summed(delivery.weights, rounded, alive).astype(np.float64)
        return
    yield forward(delivery.weights, rounded).astype(np.float64)
    if not delivery.takes_long(x.size):
        for affine in (
            _by_columns,
            _side_by_side,
            _contracted,
            _bias_first,
            _bias_last,
            _backwards,
            _rounded_once,
        ):
            alive()
            hidden = rounded[None]
            for weight, bias in delivery.weights[:-1]:
                hidden = np.maximum(affine(weight, bias, hidden), 0)
            weight, bias = delivery.weights[-1]
            yield affine(weight, bias, hidden)[0].astype(np.float64)


def _by_columns(weight: AnyArray, bias: AnyArray, hidden: AnyArray) -> AnyArray:
    return weight @ hidden + bias[:, None]


def _side_by_side(weight: AnyArray, bias: AnyArray, hidden: AnyArray) -> AnyArray:
    """Every fourth product into one of four sums, these in pairs, the bias last."""
    total = np.empty((bias.size, hidden.shape[1]), weight.dtype)
    for start in range(0, hidden.shape[1], SAMPLES_AT_ONCE):
        slab = hidden[:, None, start : start + SAMPLES_AT_ONCE]
        lanes = np.zeros((LANES, bias.size, slab.shape[2]), weight.dtype)
        for first in range(0, len(slab), LANES):
            products = weight.T[first : first + LANES, :, None] * slab[first : first + LANES]
            lanes[: len(products)] += products
        pairs = lanes[0] + lanes[2], lanes[1] + lanes[3]
        total[:, start : start + SAMPLES_AT_ONCE] = pairs[0] + pairs[1] + bias[:, None]
    return total


def _contracted(weight: AnyArray, bias: AnyArray, hidden: AnyArray) -> AnyArray:
    found: AnyArray = np.einsum("oi,in->on", weight, hidden) + bias[:, None]
    return found


def _bias_first(weight: AnyArray, bias: AnyArray, hidden: AnyArray) -> AnyArray:
    total = np.repeat(bias[:, None], hidden.shape[1], axis=1)
    # In slabs, which a cache holds: twice as fast.
    for start in range(0, hidden.shape[1], SAMPLES_AT_ONCE):
        slab = slice(start, start + SAMPLES_AT_ONCE)
        part = total[:, slab]
        for column, row in zip(weight.T, hidden[:, slab], strict=True):
            part += column[:, None] * row
    return total


def _bias_last(weight: AnyArray, bias: AnyArray, hidden: AnyArray) -> AnyArray:
    return _bias_first(weight, np.zeros_like(bias), hidden) + bias[:, None]


def _backwards(weight: AnyArray, bias: AnyArray, hidden: AnyArray) -> AnyArray:
    return _bias_first(weight[:, ::-1], bias, hidden[::-1])


def _rounded_once(weight: AnyArray, bias: AnyArray, hidden: AnyArray) -> AnyArray:
    exact = weight.astype(np.float64) @ hidden.astype(np.float64) + bias[:, None]
    return exact.astype(weight.dtype)
