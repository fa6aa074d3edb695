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
import torch
from torch import Tensor

from worker.numerics.corridor import FloatArray
from worker.numerics.knots import Zigzag
from worker.numerics.network import Layers, Shape, flatten

# Structured parameters are kept this far inside the range where the construction is defined.
MARGIN = 1e-3
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
    """

    zigzag: FloatArray
    tents: int
    signed: bool

    @property
    def pieces(self) -> int:
        """The number of pieces K."""
        return int(self.zigzag.size) - 1

    @property
    def shape(self) -> Shape:
        """Widths: 1, K, then m layers of 3 (plain) or 4 (signed), 1."""
        width = 4 if self.signed else 3
        return Shape((1, self.pieces, *[width] * self.tents, 1))

    def assemble(self, structured: Tensor) -> Tensor:
        """The dense parameters [B, P] of structured ones [B, Q]; differentiable."""
        pieces, per_tent = self.pieces, 3 if self.signed else 2
        inner, base, tents = torch.split(
            structured, [pieces - 1, pieces + 1, per_tent * self.tents], dim=1
        )
        ends = inner.new_zeros(len(inner), 1)
        knots = torch.cat([ends, inner, ends + 1.0], dim=1)
        tents = tents.reshape(len(tents), self.tents, per_tent)
        zigzag = torch.as_tensor(self.zigzag, dtype=inner.dtype, device=inner.device)
        kinks = torch.stack([_kinks(knots, base), _kinks(knots, zigzag.expand_as(knots))], dim=1)
        offset = HEADROOM - base.amin(1) + tents[:, :, -1].abs().sum(1)
        first = torch.stack([base[:, 0] + offset, zigzag[0].expand(len(base))], dim=1)
        first = first - LEAD * kinks[:, :, 0]
        shifts = torch.cat([ends + LEAD, -inner], dim=1)
        layers: Layers = [(torch.ones_like(knots[:, :-1, None]), shifts)]
        # (sum, W) as an affine function of the layer below; every tent layer takes it from there.
        affine, constant = kinks, first
        for level in range(self.tents):
            peaks, scale = tents[:, level, :-1], tents[:, level, -1]
            offsets, fold, rest = _signed_tent(peaks) if self.signed else _plain_tent(peaks)
            rows = torch.cat([affine[:, :1], affine[:, 1:].expand(-1, offsets.shape[1], -1)], dim=1)
            biases = torch.cat([constant[:, :1], constant[:, 1:] + offsets], dim=1)
            layers.append((rows, biases))
            one, nought = torch.ones_like(scale), torch.zeros_like(scale)
            affine = torch.stack(
                [
                    torch.cat([one[:, None], scale[:, None] * fold], dim=1),
                    torch.cat([nought[:, None], fold], dim=1),
                ],
                dim=1,
            )
            constant = torch.stack([scale * rest, rest], dim=1)
        layers.append((affine[:, :1], constant[:, :1] - offset[:, None]))
        return flatten(layers)


def _kinks(knots: Tensor, values: Tensor) -> Tensor:
    """Coefficients of relu(u - t_k) for the function with these values at the knots, [B, K]."""
    slopes = values.diff(dim=1) / knots.diff(dim=1).clamp_min(MARGIN**2)
    return slopes.diff(dim=1, prepend=torch.zeros_like(slopes[:, :1]))


def _plain_tent(peaks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """``T_a(w) = relu(w) / a - relu(w - a) / (a (1 - a))`` on [0, 1].

    Returns:
        Shifts of the neurons [B, 2], their coefficients [B, 2], and the constant [B].
    """
    a = peaks[:, :1].clamp(MARGIN, 1 - MARGIN)
    shifts = torch.cat([torch.zeros_like(a), -a], dim=1)
    return shifts, torch.cat([1 / a, -1 / (a * (1 - a))], dim=1), torch.zeros_like(a[:, 0])


def _signed_tent(peaks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The odd tent on [-1, 1]: -1 at -b and +1 at a, 0 at -1, 0 and 1.

    With slopes ``-1/(1-b)``, ``(1+1)/(a+b)`` replaced by ``1/b`` and ``1/a`` on either side of 0
    when a differs from b it would need a neuron more; the line from (-b, -1) to (a, 1) is used,
    which passes through 0 when a = b.

    Returns:
        Shifts of the neurons [B, 3], their coefficients [B, 3], and the constant [B].
    """
    a = peaks[:, :1].clamp(MARGIN, 1 - MARGIN)
    b = peaks[:, 1:].clamp(MARGIN, 1 - MARGIN)
    down_left, up, down_right = -1 / (1 - b), 2 / (a + b), -1 / (1 - a)
    shifts = torch.cat([torch.ones_like(a), b, -a], dim=1)
    fold = torch.cat([down_left, up - down_left, down_right - up], dim=1)
    return shifts, fold, torch.zeros_like(a[:, 0])


def starting_tower(
    zigzag: Zigzag, u: FloatArray, v: FloatArray, *, tents: int, signed: bool, peak: float = 0.5
) -> tuple[Tower, Tensor]:
    """The deterministic start: the base interpolates, the tents fill the parabolas it leaves.

    Scales are ``s_i = 4 e 4^-i`` with e the middle residual of a typical piece.

    Args:
        zigzag: knots and zigzag.
        u: scaled abscissae of the samples, [N], from 0 to 1.
        v: scaled ordinates, [N].
        tents: the number of tent layers m; 0 for the base alone.
        signed: whether the tents are signed.
        peak: of every tent.

    Returns:
        The tower and its structured parameters, [1, Q].
    """
    knots = zigzag.knots
    base = np.interp(knots, u, v)
    residual = np.interp((knots[1:] + knots[:-1]) / 2, u, v) - (base[1:] + base[:-1]) / 2
    # With a sign in the zigzag the scales are positive; else they carry the sign of the one run.
    middle = float(np.median(np.abs(residual) if signed else residual))
    scales = 4.0 * middle * 4.0 ** -np.arange(1.0, tents + 1)
    columns = [np.full(tents, peak)] * (2 if signed else 1) + [scales]
    structured = np.concatenate([knots[1:-1], base, np.stack(columns, axis=1).ravel()])
    return Tower(zigzag.values, tents, signed), torch.from_numpy(structured)[None]
