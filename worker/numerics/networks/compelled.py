"""The paper's network: one tower on [0, 1], width 4, pretrained on its peaks.

``f^(u) = c0 + c1 u + k sum_i s_i W_i(u)`` with ``W_i = T_{a_i} o ... o T_{a_0}``, which has
2^(i+1) linear pieces. Theorem 3.1: with ``s_{i+1} = s_i (1 - a_{i+1}) a_{i+2}`` the sum stays
differentiable in the limit of infinite depth, for any peaks in (0, 1).

Each hidden layer has four neurons: the running sum, the two that make the next tent, and one held
at 1, which serves as an affine layer's second bias.

References:
    S. Milkert, D. Hyde, F. Laine 2024, "Compelling ReLU Network Initialization and Training to
    Leverage Exponential Scaling with Depth", arXiv 2311.18022v3, section 3 and Theorem 3.1.
"""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.backend import Array, namespace
from worker.numerics.networks.network import Layers, Shape, flatten

WIDTH = 4
# Peaks stay in (PEAK_MARGIN, 1 - PEAK_MARGIN): the paper's c. A peak at the margin folds almost
# nothing, and phase 1 likes to push the last ones there: with 0.01 whole starts ended with 8 pieces
# of 32, and the mean error of x^11 was 10 times as large. A larger margin than this one keeps
# functions with a steep end, such as x^30, from placing their first peak.
PEAK_MARGIN = 0.1
# Deviation of the starting peaks' logits: with 1, one start in four begins near the margin.
SPREAD = 0.5
# c0, c1 and k come after the peaks in the structured parameters.
LINEAR_TERMS = 3
# The sum neuron is kept this far above 0, in units of the scaled y.
HEADROOM = 1.0


@dataclass(frozen=True)
class Compelled:
    """The paper's network of a given depth.

    Its structured parameters, [B, Q], are: one number for each hidden layer whose logistic is the
    peak, then c0, c1 and k.

    Attributes:
        depth: hidden layers, at least 1; each folds once, so 2^depth pieces.
    """

    depth: int

    @property
    def shape(self) -> Shape:
        """Widths: 1, then ``depth`` layers of 4, 1: 20 depth - 7 parameters."""
        return Shape((1, *[WIDTH] * self.depth, 1))

    @property
    def segments(self) -> int:
        """2^depth."""
        return 1 << self.depth

    def ends(self, _: FloatArray) -> FloatArray:
        """Of its one piece: segments are anywhere."""
        return np.array([0.0, 1.0])

    def peaks(self, structured: Array) -> Array:
        """The peaks, [B, depth], inside (c, 1 - c)."""
        # The logistic, in a form that does not overflow.
        inside = (1 + namespace(structured).tanh(structured[:, : self.depth] / 2)) / 2
        return PEAK_MARGIN + (1 - 2 * PEAK_MARGIN) * inside

    def assemble(self, structured: Array) -> Array:
        """The dense parameters [B, P] of structured ones [B, Q], analytic in each of them."""
        peaks = self.peaks(structured)
        c0, c1, k = (structured[:, self.depth + i] for i in range(LINEAR_TERMS))
        return sum_of_tents(peaks, k[:, None] * differentiable_scales(peaks), c0, c1)


def sum_of_tents(peaks: Array, scales: Array, c0: Array, c1: Array) -> Array:
    """The network of ``c0 + c1 u + sum_i s_i W_i(u)`` on [0, 1], for any scales.

    Args:
        peaks: a_i, inside (0, 1), [B, m].
        scales: s_i, [B, m].
        c0: value at 0, [B].
        c1: slope, [B].

    Returns:
        Its dense parameters, [B, 20 m - 7]; differentiable.
    """
    xp, depth = namespace(peaks), peaks.shape[1]
    # Above -c1 u and above every partial sum of the tents; it does not change the function.
    offset = HEADROOM + xp.abs(c1.real) + xp.abs(scales.real).sum(1)
    one, nought = xp.ones_like(c0), xp.zeros_like(c0)
    a = peaks[:, 0]
    weight = xp.stack([c1, one, one, nought], 1)[:, :, None]
    layers: Layers = [(weight, xp.stack([offset, nought, -a, one], 1))]
    for level in range(1, depth):
        rise, fall = _tent(peaks[:, level - 1])
        tent = xp.stack([nought, rise, fall, nought], 1)
        carry = xp.stack([one, *(scales[:, level - 1] * part for part in (rise, fall, nought))], 1)
        held = xp.stack([nought, nought, nought, one], 1)
        shift = xp.stack([nought, nought, -peaks[:, level], nought], 1)
        layers.append((xp.stack([carry, tent, tent, held], 1), shift))
    rise, fall = _tent(peaks[:, -1])
    last = scales[:, -1]
    weight = xp.stack([one, last * rise, last * fall, nought], 1)[:, None]
    layers.append((weight, (c0 - offset)[:, None]))
    return flatten(layers)


def differentiable_scales(peaks: Array) -> Array:
    """Scales s_i that make the infinite sum of tents differentiable, [B, m] -> [B, m].

    ``s_0 = 1`` and ``s_{i+1} = s_i (1 - a_{i+1}) a_{i+2}``; the peak beyond the last is taken as
    1/2.

    References:
        arXiv 2311.18022v3, Theorem 3.1.
    """
    xp = namespace(peaks)
    beyond = xp.concatenate([peaks[:, 2:], xp.full_like(peaks[:, :1], 0.5)], 1)
    ratios = (1 - peaks[:, 1:]) * beyond[:, : peaks.shape[1] - 1]
    return xp.concatenate([xp.ones_like(peaks[:, :1]), xp.cumprod(ratios, 1)], 1)


def _tent(peak: Array) -> tuple[Array, Array]:
    """Coefficients of relu(w) and relu(w - a) in ``T_a(w)``."""
    return 1 / peak, -1 / (peak * (1 - peak))


def starting_compelled(depth: int, starts: int, generator: np.random.Generator) -> FloatArray:
    """Structured parameters to start from, [starts, Q].

    The first start has all peaks at 1/2, which makes a parabola; the others spread around it.
    """
    peaks = SPREAD * generator.standard_normal((starts, depth))
    peaks[0] = 0.0
    return np.concatenate([peaks, np.zeros((starts, LINEAR_TERMS))], 1)
