"""The paper's recipe with Adam, and the initialisations it is compared with, all seeds at once.

What is known of the paper's experiment is followed; what is not is assumed, and the assumptions are
in ``ASSUMED``, which the benchmark prints beside its figures.

References:
    S. Milkert, D. Hyde, F. Laine, arXiv 2311.18022: the construction, Theorem 3.1, two phases.
    K. He, X. Zhang, S. Ren, J. Sun 2015, "Delving deep into rectifiers", section 2.2 (Kaiming).
    D. Singh, G. J. Sreejith, arXiv 2103.12499: RAAI, anti-correlated and asymmetric weights.
    L. Lu, Y. Shin, Y. Su, G. E. Karniadakis 2019, "Dying ReLU and initialization", arXiv
    1903.06733: RAI, the asymmetric part of RAAI.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from worker.numerics.networks.compelled import PEAK_MARGIN, differentiable_scales, sum_of_tents
from worker.numerics.networks.network import Shape, flatten

Layers = list[tuple[Tensor, Tensor]]

LEARNING_RATE = 1e-3
# Deviation of RAI's Gaussian part, for which a layer keeps its signals' size (Lu et al. 2019).
RAI_DEVIATION = 0.6007
ASSUMED = (
    "Adam 1e-3 with its default moments, full batch (an epoch is a step), float64, the last "
    "iterate. Rows without phase 1 get both phases' epochs. The published best lie between "
    "ours of 1 and of 10 steps an epoch.",
    "The construction starts from peaks uniform in (0.1, 0.9) and f = c0 + c1 u + sum s_i W_i with "
    "c0 = f(0), c1 = f(1) - f(0), and s_0 = (1 - a_0) a_1 c1, the recurrence of Theorem 3.1 begun "
    "one step earlier, with the sign of f's curvature. Phase 1 trains c0, c1 and the scales' "
    "common factor as well.",
    "Kaiming: normal weights of variance 2 / fan-in, biases 0.",
    "RAAI: from its abstract and the asymmetric initialisation it builds on. A hidden neuron's "
    "weights and bias are Gaussian of variance 0.6007^2 / fan-in and sum 0 (the strongest equal "
    "anti-correlation); one of them at random is replaced by a Beta(2, 1) number; the output's "
    "weights likewise without the replacement. The authors' strength of correlation is not known "
    "to us.",
)


@dataclass(frozen=True)
class Recipe:
    """One row of the paper's table.

    Attributes:
        name: as printed.
        start: (u, y, seeds, generator) -> structured or dense parameters, [B, Q].
        assemble: structured -> dense parameters, [B, P]; None: there is no phase 1.
    """

    name: str
    start: Callable[[Tensor, Tensor, int, torch.Generator], Tensor]
    assemble: Callable[[Tensor], Tensor] | None = None


def train_by_adam(
    recipe: Recipe, shape: Shape, u: Tensor, y: Tensor, *, seeds: int, epochs: int
) -> Tensor:
    """Dense parameters, [seeds, P], after two phases of so many epochs each.

    Args:
        recipe: where it starts and what phase 1 trains.
        shape: of the network.
        u: samples in [0, 1], [1, N].
        y: values there, [1, N].
        seeds: independent runs; Adam works by element, so that a batch is the runs side by side.
        epochs: of each phase; all of them in phase 2 if there is no phase 1.
    """
    parameters = recipe.start(u, y, seeds, torch.Generator().manual_seed(0))
    if recipe.assemble is None:
        epochs *= 2
    else:
        structured = _adam(recipe.assemble, shape, parameters, u, y, epochs)
        parameters = recipe.assemble(structured)
    return _adam(lambda dense: dense, shape, parameters, u, y, epochs)


def _adam(
    assemble: Callable[[Tensor], Tensor],
    shape: Shape,
    start: Tensor,
    u: Tensor,
    y: Tensor,
    epochs: int,
) -> Tensor:
    parameters = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([parameters], lr=LEARNING_RATE)
    for _ in range(epochs):
        optimiser.zero_grad()
        values = differentiable(shape, assemble(parameters), u)
        # Runs share nothing: each one's gradient is that of its own mean.
        (values - y).square().mean(1).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return parameters.detach()


def differentiable(shape: Shape, parameters: Tensor, u: Tensor) -> Tensor:
    """Values [B, N] of networks [B, P] at points [1, N], for torch to differentiate.

    The engine's own forward pass works in place.
    """
    *hidden, (last, end) = shape.layers(parameters)
    h = u[:, None, :]
    for weight, bias in hidden:
        h = torch.relu(weight @ h + bias[:, :, None])
    values: Tensor = (last @ h)[:, 0] + end
    return values


def kaiming(shape: Shape, batch: int, generator: torch.Generator) -> Tensor:
    """Normal weights of variance 2 / fan-in, biases 0: [batch, P]."""
    layers: Layers = []
    for into, out in pairwise(shape.widths):
        weight = torch.randn(batch, out, into, generator=generator, dtype=torch.float64)
        layers.append((weight * math.sqrt(2 / into), weight.new_zeros(batch, out)))
    return _flat(layers)


def raai(shape: Shape, batch: int, generator: torch.Generator) -> Tensor:
    """Anti-correlated Gaussian numbers, one a hidden neuron replaced by Beta(2, 1): [batch, P].

    The n = fan-in + 1 numbers of a neuron have correlation -1 / (n - 1), hence sum 0. The positive
    replacement makes it less likely that the neuron is off for every input.
    """
    layers: Layers = []
    for into, out in pairwise(shape.widths):
        numbers = anti_correlated(batch * out, into + 1, generator)
        numbers = (numbers * RAI_DEVIATION / math.sqrt(into)).view(batch, out, into + 1)
        if len(layers) < len(shape.widths) - 2:
            one = torch.randint(into + 1, (batch, out, 1), generator=generator)
            # The larger of two uniform numbers is Beta(2, 1).
            larger = torch.rand(2, batch, out, 1, generator=generator, dtype=torch.float64).amax(0)
            numbers = numbers.scatter(2, one, larger)
        layers.append((numbers[:, :, :-1], numbers[:, :, -1]))
    return _flat(layers)


def _flat(layers: Layers) -> Tensor:
    parameters: Tensor = flatten(layers)
    return parameters


def anti_correlated(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Standard normal numbers whose rows, [count, size], sum to 0."""
    numbers = torch.randn(count, size, generator=generator, dtype=torch.float64)
    return (numbers - numbers.mean(1, keepdim=True)) * math.sqrt(size / (size - 1))


def construction(
    depth: int, u: Tensor, y: Tensor, seeds: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """The start for a convex or concave function: peaks, ends and scales of the tents.

    Args:
        depth: hidden layers m.
        u: samples in [0, 1], [1, N].
        y: values there, [1, N].
        seeds: how many starts B.
        generator: of the peaks.

    Returns:
        Logits of the peaks [B, m], (c0, c1) [B, 2] and the scales [B, m] of Theorem 3.1.
    """
    logits = torch.logit(torch.rand(seeds, depth, generator=generator, dtype=torch.float64))
    peaks = peaks_of(logits)
    rise = y[0, -1] - y[0, 0]
    above_chord = torch.sign((y - y[0, 0] - rise * u).sum())
    first = above_chord * rise.abs() * (1 - peaks[:, :1]) * peaks[:, 1:2]
    ends = torch.stack([y[0, 0], rise]).expand(seeds, 2)
    return logits, ends, first * differentiable_scales(peaks)


def peaks_of(logits: Tensor) -> Tensor:
    """Peaks inside (c, 1 - c)."""
    return PEAK_MARGIN + (1 - 2 * PEAK_MARGIN) * torch.sigmoid(logits)


def recipes(depth: int) -> list[Recipe]:
    """The rows of the paper's table for networks of width 4, in its order."""

    def kaiming_start(u: Tensor, y: Tensor, seeds: int, generator: torch.Generator) -> Tensor:
        return kaiming(Shape((1, *[4] * depth, 1)), seeds, generator)

    def raai_start(u: Tensor, y: Tensor, seeds: int, generator: torch.Generator) -> Tensor:
        return raai(Shape((1, *[4] * depth, 1)), seeds, generator)

    def free_start(u: Tensor, y: Tensor, seeds: int, generator: torch.Generator) -> Tensor:
        return torch.cat(construction(depth, u, y, seeds, generator), dim=1)

    def tied_start(u: Tensor, y: Tensor, seeds: int, generator: torch.Generator) -> Tensor:
        logits, ends, scales = construction(depth, u, y, seeds, generator)
        return torch.cat([logits, ends, scales[:, :1]], dim=1)

    def free(structured: Tensor) -> Tensor:
        logits, c0, c1 = structured[:, :depth], structured[:, depth], structured[:, depth + 1]
        dense: Tensor = sum_of_tents(peaks_of(logits), structured[:, depth + 2 :], c0, c1)
        return dense

    def tied(structured: Tensor) -> Tensor:
        # The last number is s_0; Theorem 3.1 gives the other scales.
        scales = structured[:, depth + 2 :] * differentiable_scales(peaks_of(structured[:, :depth]))
        return free(torch.cat([structured[:, : depth + 2], scales], dim=1))

    return [
        Recipe("Kaiming", kaiming_start),
        Recipe("RAAI", raai_start),
        Recipe("no phase 1", lambda *given: free(free_start(*given))),
        Recipe("phase 1 without Theorem 3.1", free_start, free),
        Recipe("full method", tied_start, tied),
    ]
