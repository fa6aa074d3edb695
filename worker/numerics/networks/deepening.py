"""One more tent layer on a plain tower, fitted to what the network leaves.

Started with all its tents at once a tall tower ends in a poor minimum: its last tents fold pieces
that have yet to move. A tower of one tent less is trained in a few steps, and its zigzag W is what
the next tent folds.
"""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.networks.network import Shape, flatten
from worker.numerics.networks.tents import HEADROOM, PEAK

# How far the neuron that carries W is kept above 0.
W_HEADROOM = 0.5

Layer = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class _LastTent:
    """The last tent layer of a trained tower: W and its tent T, affine in three neurons.

    Attributes:
        layer: the neurons of the sum, of W and of the kink.
        sums: what the network takes of each, [3].
        folded: what T takes of each, [3].
        constant: and besides.
    """

    layer: Layer
    sums: FloatArray
    folded: FloatArray
    constant: float


def deepened(
    shape: Shape, parameters: FloatArray, u: FloatArray, v: FloatArray
) -> tuple[Shape, FloatArray]:
    """The same network and one tent more, at the scale that leaves least of v.

    Args:
        shape: of a plain tower with at least one tent layer.
        parameters: dense, [P].
        u: scaled abscissae, [N].
        v: scaled ordinates, [N].

    Returns:
        The shape of one tent more and its dense parameters.
    """
    layers = [(weight[0], bias[0]) for weight, bias in shape.layers(parameters[None])]
    order = np.argsort(u)
    hidden = u[order][None]
    for weight, bias in layers[:-2]:
        hidden = np.maximum(weight @ hidden + bias[:, None], 0.0)
    last = _last_tent(layers[-2], layers[-1][0], hidden)
    weight, bias = last.layer
    neurons = np.maximum(weight @ hidden + bias[:, None], 0.0)
    new = _next_tent(last, float(layers[-1][1][0]), neurons, v[order])
    every = [(weight[None], bias[None]) for weight, bias in [*layers[:-2], last.layer, *new]]
    return Shape((*shape.widths[:-2], 3, 2, 1)), flatten(every)[0]


def _last_tent(layer: Layer, out: FloatArray, hidden: FloatArray) -> _LastTent:
    """Read W off its kink: affine in the kink's argument, from 0 to 1 where that usually turns."""
    weight, bias = layer
    low, high = _usual_turns(weight[1] @ hidden + bias[1])
    unit = high - low
    peak = -low / unit
    lifted = (bias[1] - low) / unit + W_HEADROOM
    return _LastTent(
        layer=(
            np.stack([weight[0], weight[1] / unit, weight[1]]),
            np.array([bias[0], lifted, bias[1]]),
        ),
        sums=np.array([out[0, 0], 0.0, out[0, 1]]),
        # T = W / a - relu(W - a) / (a (1 - a)).
        folded=np.array([0.0, 1 / peak, -1 / (unit * peak * (1 - peak))]),
        constant=-W_HEADROOM / peak,
    )


def _next_tent(last: _LastTent, bias: float, neurons: FloatArray, v: FloatArray) -> list[Layer]:
    """The layer that folds T at its middle, without W, and the output."""
    total, tent = last.sums @ neurons + bias, last.folded @ neurons + last.constant
    folded = np.minimum(tent, 1 - tent) / PEAK
    columns = np.stack([folded, np.ones_like(folded)], axis=1)
    scale, level = 0.0, 0.0
    if np.all(np.isfinite(columns)) and np.all(np.isfinite(total)):
        (scale, level), *_ = np.linalg.lstsq(columns, v - total, rcond=None)
    # T folded is T / PEAK up to the peak, and falls as fast behind it.
    into, back = scale / PEAK, -scale / (PEAK * (1 - PEAK))
    lift = HEADROOM + abs(into) - min(float((total + into * tent).min()), 0.0)
    layer = (
        np.stack([last.sums + into * last.folded, last.folded]),
        np.array([bias + into * last.constant + lift, last.constant - PEAK]),
    )
    return [layer, (np.array([[1.0, back]]), np.array([level - lift]))]


def _usual_turns(argument: FloatArray) -> tuple[float, float]:
    """Where the argument of a kink, [N], usually turns on either side of 0."""
    steps = np.diff(argument)
    turns = argument[1:-1][steps[1:] * steps[:-1] < 0.0]
    low, high = turns[turns < 0.0], turns[turns > 0.0]
    if not low.size or not high.size:
        return -1.0, 1.0
    return float(np.median(low)), float(np.median(high))
