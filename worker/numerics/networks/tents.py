"""Foldline's network: a layer of knots and a tower of tents on it.

``f^ = g + sum_i h_i(w_i)``, ``w_0 = Z``, ``w_i = T_i(w_{i-1})``, with the base g and the zigzag Z
piecewise linear on the same K knots. Layer i has a tent T_i of n_i sides, which folds every piece
n_i times: ``K n_1 ... n_m`` segments from m tent layers. h_i is piecewise linear with the kinks of
T_i. Such folds make parabolas, what a chord leaves of a smooth curve: the polygon ``I_n`` through
``w - w^2`` at 0, 1/n, ..., 1 leaves the same parabola on every side, n^2 times as small, and the
tent T of n sides says how far along its side w is,

    w - w^2 = I_n(w) + (T(w) - T(w)^2) / n^2.

With n = 2 throughout, I_2 is T/4 and this is Yarotsky's sum ``sum_i 4^-i T^(i)(w)``. Further sides
cost a neuron each, a further layer costs at least three: few layers of several sides are smaller.

Plain tents fold [0, 1] and serve curves of one run; signed tents fold [-1, 1], begin odd, and serve
any number of inflections.

References:
    D. Yarotsky 2017, "Error bounds for approximations with deep ReLU networks", Neural Networks 94,
    section 3.1 (parabolas from tents of two sides).
    M. Telgarsky 2016, "Benefits of depth in neural networks", COLT, section 3 (sawtooths compose).
    S. Milkert, D. Hyde, F. Laine 2024, arXiv 2311.18022, section 3 (towers of triangle functions
    with trainable peaks).
"""

import math
from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.backend import Array
from worker.numerics.networks.knots import Zigzag
from worker.numerics.networks.network import Layers, Shape, flatten

# Knots as near as this count as being so far apart: slopes stay finite.
NEAREST = 1e-6
# The kinks of a tent of n sides are kept within this part of 1 / n from where even sides have them.
# Further off one of them soon turns on nowhere, and its neuron is lost.
REACH = 0.35
# The middle kink of a symmetric tent.
MIDDLE = 0.5
# The sum neuron is kept this far above 0, in units of the scaled y, so that its ReLU never acts.
HEADROOM = 1.0
# The first neuron turns on this far left of 0, so that no rounding brings its knot inside.
LEAD = 0.125

# The sides n_i of every tent, from the first; none for a shallow network.
Sides = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Tower:
    """One member of the family: K pieces and the sides of every tent, plain or signed.

    Its structured parameters, [B, Q], are: the K - 1 inner knots, the K + 1 values of the base,
    then for each tent layer its kinks, increasing, and the values of h_i there: n - 1 of each if
    plain; if signed 2 (n - 1), as many on either side of 0.

    Attributes:
        zigzag: [K + 1] values of Z at the knots.
        sides: n_i of each tent layer; none makes it a shallow network.
        signed: whether Z has both signs.
        headroom: how far W's neurons are kept above 0. With some, training moves W as a whole and
            ends about as well from any start; with none, their ReLUs are kinks to train as well,
            and some starts end better.
    """

    zigzag: FloatArray
    sides: Sides
    signed: bool
    headroom: float = 0.0

    @property
    def pieces(self) -> int:
        """The number of pieces K."""
        return int(self.zigzag.size) - 1

    @property
    def shape(self) -> Shape:
        """The layers' widths; see ``tower_shape``."""
        return tower_shape(self.pieces, self.sides, signed=self.signed)

    @property
    def segments(self) -> int:
        """K n_1 ... n_m."""
        return self.pieces * math.prod(self.sides)

    def ends(self, structured: FloatArray) -> FloatArray:
        """The knots, [K + 1], of structured parameters [1, Q]."""
        return np.concatenate([[0.0], structured[0, : self.pieces - 1], [1.0]])

    def assemble(self, structured: Array) -> Array:
        """The dense parameters [B, P] of structured ones [B, Q], analytic in each of them.

        Analytic so that a complex step differentiates it; how far the sum neuron is lifted
        above 0 does not change the function and follows real parts only.
        """
        inner, base, tents = self._split(structured)
        ends = np.zeros_like(base[:, :1])
        knots = np.concatenate([ends, inner, ends + 1.0], 1)
        zigzag = np.broadcast_to(self.zigzag, knots.shape)
        lift = _lift(base, tents)
        # (sum, W) as an affine function of the layer below; every tent layer takes it from there.
        affine = np.stack([_bends(knots, base), _bends(knots, zigzag)], 1)
        first = np.concatenate([base[:, :1] + lift, zigzag[:, :1] + ends], 1)
        constant = first - LEAD * affine[:, :, 0]
        shifts = np.concatenate([ends + LEAD, -inner], 1)
        layers: Layers = [(np.ones_like(shifts[:, :, None]), shifts)]
        for tent in tents[:-1]:
            # W's own neuron, kept above 0, then those of the kinks.
            turned_on = np.concatenate([self.headroom - tent.nodes[:, :1], -tent.kinks], 1)
            layers.append(_folded(affine, constant, turned_on))
            sums = np.concatenate([ends + 1.0, tent.hat], 1)
            affine = np.stack([sums, np.concatenate([ends, tent.fold], 1)], 1)
            steep = np.concatenate([tent.hat[:, :1], tent.fold[:, :1]], 1)
            constant = np.concatenate([ends, tent.low], 1) - self.headroom * steep
        for tent in tents[-1:]:
            # W goes no further: its own neuron, always on, is one with the sum's.
            into, left = tent.hat[:, :1], tent.nodes[:, :1]
            carried = affine[:, 0] + into * affine[:, 1]
            shift = constant[:, :1] + into * (constant[:, 1:] - left)
            affine = np.stack([carried, affine[:, 1]], 1)
            constant = np.concatenate([shift, constant[:, 1:]], 1)
            layers.append(_folded(affine, constant, -tent.kinks))
            affine = np.concatenate([ends + 1.0, tent.hat[:, 1:]], 1)[:, None]
            constant = ends
        layers.append((affine[:, :1], constant[:, :1] - lift))
        return flatten(layers)

    def _split(self, structured: Array) -> tuple[Array, Array, list["_Tent"]]:
        """Inner knots [B, K - 1], base [B, K + 1], and the tents."""
        counts = [kinks_of(n, signed=self.signed) for n in self.sides for _ in range(2)]
        ends = np.cumsum([self.pieces - 1, self.pieces + 1, *counts])
        inner, base, *parts = np.split(structured, ends[:-1], 1)
        tents = zip(self.sides, parts[::2], parts[1::2], strict=True)
        return inner, base, [_Tent.at(*tent, signed=self.signed) for tent in tents]


@dataclass(frozen=True, eq=False)
class _Tent:
    """A tent T and what its layer adds to the sum, h: piecewise linear with the same kinks.

    Attributes:
        kinks: [B, k].
        nodes: the kinks between the ends, [B, k + 2].
        low: T at its left end, [B, 1].
        fold: T's coefficients of ``w - nodes[0]`` and of relu(w - kink), [B, k + 1].
        hat: those of h, which is 0 at both ends.
    """

    kinks: Array
    nodes: Array
    low: Array
    fold: Array
    hat: Array

    @classmethod
    def at(cls, sides: int, kinks: Array, heights: Array, *, signed: bool) -> "_Tent":
        """The tent with these kinks, kept near where they begin, and h with these heights."""
        even, tips = np.arange(1, sides) / sides, np.arange(sides + 1) % 2.0
        if signed:
            # 0 is no kink: the sides next to it are one line.
            even = np.concatenate([-even[::-1], even])
            tips = np.concatenate([-tips[:0:-1], tips[1:]])
        low, high = even - REACH / sides, even + REACH / sides
        kinks = np.where(kinks.real < low, low, np.where(kinks.real > high, high, kinks))
        left = -1.0 if signed else 0.0
        end = np.ones_like(kinks[:, :1])
        nodes = np.concatenate([left * end, kinks, end], 1)
        tips = np.broadcast_to(tips, nodes.shape)
        heights = np.concatenate([0 * end, heights, 0 * end], 1)
        return cls(kinks, nodes, tips[:, :1] * end, _bends(nodes, tips), _bends(nodes, heights))


def _folded(affine: Array, constant: Array, turned_on: Array) -> tuple[Array, Array]:
    """A tent layer: the sum's neuron, then one of W for each shift."""
    folded = np.repeat(affine[:, 1:], turned_on.shape[1], 1)
    weight = np.concatenate([affine[:, :1], folded], 1)
    return weight, np.concatenate([constant[:, :1], constant[:, 1:] + turned_on], 1)


def _lift(base: Array, tents: list[_Tent]) -> Array:
    """A constant above minus every value of the sum neurons, [B, 1]."""
    lift = HEADROOM - base.real.min(1, keepdims=True)
    for tent in tents:
        # No part of h is steeper than all its bends together, and its argument is at most 2.
        lift = lift + 2.0 * np.abs(tent.hat.real).sum(1, keepdims=True)
    return lift


def kinks_of(sides: int, *, signed: bool) -> int:
    """How many kinks a tent of so many sides has, on [0, 1] or on either half of [-1, 1]."""
    return (sides - 1) * (2 if signed else 1)


def tower_shape(pieces: int, sides: Sides, *, signed: bool) -> Shape:
    """The layers' widths of a tower of K pieces and tents of so many sides.

    A tent layer holds the sum, W, and the kinks of the tent; the last does without W. With two
    sides throughout that makes 4 K + 5 parameters for m = 1, signed 5 K + 7; for m > 1
    5 K + 12 m - 10, signed 6 K + 20 m - 17.
    """
    widths = [kinks_of(n, signed=signed) + 2 for n in sides]
    return Shape((1, pieces, *widths[:-1], *[width - 1 for width in widths[-1:]], 1))


def _bends(knots: Array, values: Array) -> Array:
    """Coefficients of ``u - t_0`` and relu(u - t_k) for the function with these values there."""
    lengths = np.diff(knots, axis=1)
    slopes = np.diff(values, axis=1) / np.where(lengths.real > NEAREST, lengths, NEAREST)
    return np.diff(slopes, axis=1, prepend=0.0)


def starting_tower(
    zigzag: Zigzag,
    u: FloatArray,
    v: FloatArray,
    *,
    sides: Sides,
    signed: bool,
    middle: float = MIDDLE,
    share: float = 1.0,
    headroom: float = 0.0,
) -> tuple[Tower, FloatArray]:
    """The deterministic start: the base interpolates, the tents fill the parabolas it leaves.

    With e the middle residual of a typical piece, ``h_i = 4 e (n_1 ... n_{i-1})^-2 (w - w^2)`` at
    the kinks of the i-th tent.

    Args:
        zigzag: knots and zigzag.
        u: scaled abscissae of the samples, [N], from 0 to 1.
        v: scaled ordinates, [N].
        sides: of each tent; none for the base alone.
        signed: whether the tents are signed.
        middle: where the middle of every tent is, the other kinks in proportion.
        share: of the parabolas that the tents fill.
        headroom: of W.

    Returns:
        The tower and its structured parameters, [1, Q].
    """
    knots = zigzag.knots
    base = np.interp(knots, u, v)
    residual = np.interp((knots[1:] + knots[:-1]) / 2, u, v) - (base[1:] + base[:-1]) / 2
    # With a sign in the zigzag the scales are positive; else they carry the sign of the one run.
    scale = 4.0 * share * float(np.median(np.abs(residual) if signed else residual))
    parts = [knots[1:-1], base]
    for n in sides:
        even = np.arange(1, n) / n
        kinks, heights = even ** (math.log(middle) / math.log(MIDDLE)), scale * even * (1 - even)
        if signed:
            kinks = np.concatenate([-kinks[::-1], kinks])
            heights = np.concatenate([-heights[::-1], heights])
        parts += [kinks, heights]
        scale /= n * n
    return Tower(zigzag.values, sides, signed, headroom), np.concatenate(parts)[None]
