"""Hops: a trained network is kicked a little and refined again, many times."""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray
from worker.numerics.networks.network import Shape, flatten

# Relative sizes of kicks to the weights: from, to. Those that helped were about 3e-4.
SMALLEST_KICK, LARGEST_KICK = 1e-4, 2e-2
# How many of them are to one layer only.
ONE_LAYER = 0.5


@dataclass
class Allowance:
    """What is left for hops, and what they took.

    Attributes:
        hops: how many are left.
        most_work: products, at most.
        work: products so far.
    """

    hops: int
    most_work: float
    work: float = 0.0

    @property
    def used_up(self) -> bool:
        """Whether nothing is left."""
        return self.hops <= 0 or self.work >= self.most_work


def kicked(
    shape: Shape, parameters: FloatArray, generator: np.random.Generator, kicks: int = 1
) -> FloatArray:
    """Random kicks of random sizes to all layers or one of them, [P] -> [kicks, P]."""
    return np.concatenate([_kicked(shape, parameters, generator) for _ in range(kicks)])


def _kicked(shape: Shape, parameters: FloatArray, generator: np.random.Generator) -> FloatArray:
    size = np.exp(generator.uniform(np.log(SMALLEST_KICK), np.log(LARGEST_KICK)))
    kicked: FloatArray = parameters * (1 + size * generator.standard_normal(parameters.size))
    if generator.random() < ONE_LAYER:
        kept = shape.layers(parameters[None].copy())
        layer = generator.integers(len(kept))
        kept[layer] = shape.layers(kicked[None])[layer]
        kicked = flatten(kept)[0]
    return kicked[None]
