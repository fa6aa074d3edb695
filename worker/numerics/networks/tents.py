"""Foldline's network: a layer of knots and a tower of tents on it.

``f^ = g + sum_i s_i (T_i o ... o T_1)(Z)`` with the base g and the zigzag Z piecewise linear on the
same K knots. Each tent folds every piece once more: K 2^m segments from m tent layers. Summed with
scales that fall like 4^-i the folds make parabolas, because
``w - w^2 = sum_{i>=1} 4^-i T^(i)(w)`` for the tent T with peak 1/2: what a chord leaves of a smooth
curve.

Plain tents fold [0, 1] and serve curves of one run; signed tents fold [-1, 1], are odd, and serve
any number of inflections.

References:
    D. Yarotsky 2017, "Error bounds for approximations with deep ReLU networks", Neural Networks 94,
    section 3.1 (parabolas from tents).
    S. Milkert, D. Hyde, F. Laine 2024, arXiv 2311.18022, section 3 (towers of triangle functions
    with trainable peaks).
"""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.backend import Array
from worker.numerics.networks.knots import Zigzag
from worker.numerics.networks.network import Layers, Shape, flatten

# Structured parameters are kept this far inside the range where the construction is defined.
MARGIN = 1e-3
# Of a symmetric tent.
PEAK = 0.5
# The sum neuron is kept this far above 0, in units of the scaled y, so that its ReLU never acts.
HEADROOM = 1.0
# The first neuron turns on this far left of 0, so that no rounding brings its knot inside.
LEAD = 0.125


@dataclass(frozen=True, eq=False)
class Tower:
    """One member of the family: K pieces, m tent layers, plain or signed.

    Its structured parameters, [B, Q], are: the K - 1 inner knots, the K + 1 values of the base,
    then for each tent layer its peak(s) (one if plain; if signed one for each sign) and its scale.

    Attributes:
        zigzag: [K + 1] values of Z at the knots.
        tents: the number of tent layers m; 0 makes it a shallow network.
        signed: whether Z has both signs.
        headroom: how far W's neurons are kept above 0. With some, training moves W as a whole and
            ends about as well from any start; with none, their ReLUs are kinks to train as well,
            and some starts end better.
    """

    zigzag: FloatArray
    tents: int
    signed: bool
    headroom: float = 0.0

    @property
    def pieces(self) -> int:
        """The number of pieces K."""
        return int(self.zigzag.size) - 1

    @property
    def shape(self) -> Shape:
        """The layers' widths; see ``tower_shape``."""
        return tower_shape(self.pieces, self.tents, signed=self.signed)

    @property
    def segments(self) -> int:
        """K 2^m."""
        return self.pieces << self.tents

    def assemble(self, structured: Array) -> Array:
        """The dense parameters [B, P] of structured ones [B, Q], analytic in each of them.

        Analytic so that a complex step differentiates it; how far the sum neuron is lifted
        above 0 does not change the function and follows real parts only.
        """
        inner, base, tents = self._split(structured)
        ends = np.zeros_like(base[:, :1])
        knots = np.concatenate([ends, inner, ends + 1.0], 1)
        zigzag = np.broadcast_to(self.zigzag, knots.shape)
        kinks = np.stack([_kinks(knots, base), _kinks(knots, zigzag)], 1)
        lift = self._lift(base, tents)
        first = np.stack([base[:, 0] + lift, zigzag[:, 0] + 0 * base[:, 0]], 1)
        # (sum, W) as an affine function of the layer below; every tent layer takes it from there.
        affine, constant = kinks, first - LEAD * kinks[:, :, 0]
        shifts = np.concatenate([ends + LEAD, -inner], 1)
        layers: Layers = [(np.ones_like(shifts[:, :, None]), shifts)]
        for level in range(self.tents):
            scale = tents[:, level, -1:]
            offsets, fold = self._tent(tents[:, level, :-1])
            if level == self.tents - 1:
                # W goes no further: its own neuron, always on, is one with the sum's.
                into = scale * fold[:, :1]
                carried = affine[:, 0] + into * affine[:, 1]
                shift = constant[:, :1] + into * (constant[:, 1:] + offsets[:, :1])
                offsets, fold = offsets[:, 1:], fold[:, 1:]
            else:
                carried, shift = affine[:, 0], constant[:, :1]
                offsets = offsets + self.headroom * (np.arange(offsets.shape[1]) == 0)
            folded = np.repeat(affine[:, 1:], offsets.shape[1], 1)
            weight = np.concatenate([carried[:, None], folded], 1)
            layers.append((weight, np.concatenate([shift, constant[:, 1:] + offsets], 1)))
            sums = np.concatenate([np.ones_like(scale), scale * fold], 1)
            affine = np.stack([sums, np.concatenate([np.zeros_like(scale), fold], 1)], 1)
            # What W's own neuron was lifted by; the last layer has none.
            lifted = self.headroom if level < self.tents - 1 else 0.0
            constant = -lifted * np.concatenate([scale * fold[:, :1], fold[:, :1]], 1)
        bias = constant[:, :1] - lift[:, None]
        layers.append((affine[:, :1], bias))
        return flatten(layers)

    def _split(self, structured: Array) -> tuple[Array, Array, Array]:
        """Inner knots [B, K - 1], base [B, K + 1], tents [B, m, 2 or 3]."""
        pieces = self.pieces
        inner, base, tents = np.split(structured, [pieces - 1, 2 * pieces], axis=1)
        return inner, base, tents.reshape(len(tents), self.tents, 3 if self.signed else 2)

    def _tent(self, peaks: Array) -> tuple[Array, Array]:
        return signed_tent(peaks) if self.signed else plain_tent(peaks)

    def _lift(self, base: Array, tents: Array) -> Array:
        """A constant above minus every value of the sum neurons, [B]."""
        lift = HEADROOM - base.real.min(1) + np.abs(tents[:, :, -1].real).sum(1)
        if self.tents:
            _, fold = self._tent(tents[:, -1, :-1].real)
            # The tent's own argument is at most 2.
            lift = lift + 2.0 * np.abs(tents[:, -1, -1].real * fold[:, 0])
        return lift


def tower_shape(pieces: int, tents: int, *, signed: bool) -> Shape:
    """The layers' widths of a tower of K pieces and m tent layers.

    A tent layer holds the sum, W, and the kinks of the tent, one if plain and two if signed; the
    last does without W. For m = 1 that makes 4 K + 5 parameters, signed 5 K + 7; for m > 1
    5 K + 12 m - 10, signed 6 K + 20 m - 17.
    """
    width = 4 if signed else 3
    return Shape((1, pieces, *[width] * (tents - 1), *[width - 1] * min(tents, 1), 1))


def _kinks(knots: Array, values: Array) -> Array:
    """Coefficients of relu(u - t_k) for the function with these values at the knots, [B, K]."""
    lengths = np.diff(knots, axis=1)
    slopes = np.diff(values, axis=1) / np.where(lengths.real > MARGIN**2, lengths, MARGIN**2)
    return np.diff(slopes, axis=1, prepend=0.0)


def _inside(peaks: Array) -> Array:
    """Peaks, kept where the tent is defined."""
    low, high = peaks.real < MARGIN, peaks.real > 1 - MARGIN
    return np.where(low, MARGIN, np.where(high, 1 - MARGIN, peaks))


def plain_tent(peaks: Array) -> tuple[Array, Array]:
    """``T_a(w) = relu(w) / a - relu(w - a) / (a (1 - a))`` on [0, 1].

    Returns:
        Shifts of the neurons [B, 2] and their coefficients [B, 2].
    """
    a = _inside(peaks)
    return (
        np.concatenate([np.zeros_like(a), -a], 1),
        np.concatenate([1 / a, -1 / (a * (1 - a))], 1),
    )


def signed_tent(peaks: Array) -> tuple[Array, Array]:
    """The odd tent on [-1, 1]: -1 at -b and +1 at a, 0 at -1 and 1.

    Between -b and a it is a line, which passes through 0 when a = b; a kink there, to pass through
    0 always, would need a neuron more.

    Returns:
        Shifts of the neurons [B, 3] and their coefficients [B, 3].
    """
    a, b = np.split(_inside(peaks), 2, axis=1)
    down_left, up, down_right = -1 / (1 - b), 2 / (a + b), -1 / (1 - a)
    return (
        np.concatenate([np.ones_like(a), b, -a], 1),
        np.concatenate([down_left, up - down_left, down_right - up], 1),
    )


def starting_tower(
    zigzag: Zigzag,
    u: FloatArray,
    v: FloatArray,
    *,
    tents: int,
    signed: bool,
    peak: float = PEAK,
    share: float = 1.0,
    headroom: float = 0.0,
) -> tuple[Tower, FloatArray]:
    """The deterministic start: the base interpolates, the tents fill the parabolas it leaves.

    Scales are ``s_i = 4 e 4^-i`` with e the middle residual of a typical piece.

    Args:
        zigzag: knots and zigzag.
        u: scaled abscissae of the samples, [N], from 0 to 1.
        v: scaled ordinates, [N].
        tents: the number of tent layers m; 0 for the base alone.
        signed: whether the tents are signed.
        peak: of every tent.
        share: of the parabolas that the tents fill.
        headroom: of W.

    Returns:
        The tower and its structured parameters, [1, Q].
    """
    knots = zigzag.knots
    base = np.interp(knots, u, v)
    residual = np.interp((knots[1:] + knots[:-1]) / 2, u, v) - (base[1:] + base[:-1]) / 2
    # With a sign in the zigzag the scales are positive; else they carry the sign of the one run.
    middle = float(np.median(np.abs(residual) if signed else residual))
    scales = 4.0 * share * middle * 4.0 ** -np.arange(1.0, tents + 1)
    columns = [np.full(tents, peak)] * (2 if signed else 1) + [scales]
    structured = np.concatenate([knots[1:-1], base, np.stack(columns, axis=1).ravel()])
    return Tower(zigzag.values, tents, signed, headroom), structured[None]
