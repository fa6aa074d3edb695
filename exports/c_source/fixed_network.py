"""The network in C, in fixed point: 16 bits in, 32 bits between the layers and out."""

from dataclasses import dataclass

import numpy as np

from exports.c_source.c_files import Code, array, later_layers
from exports.c_source.fixed_code import fixed_code
from exports.c_source.fixed_outside import Ends
from exports.c_source.fixed_point import (
    SCALED,
    VALUE_BITS,
    Floats,
    Grid,
    Integers,
    fraction_bits,
    scaled,
    times_power,
)
from exports.subject import Subject
from schemas.errors import FieldError, InvalidInput
from schemas.network import Network

# A sum is of int64_t: weights of a row may make up this many bits, values have the others.
ROW_BITS = 31
SUM_BITS = 61
MAX_SHIFT = 62
# More fraction bits than any number of float64 could use.
ANY = 10_000
# Every input is computed with every neuron to certify the code.
MAX_NEURONS = 4096
CHUNK_NUMBERS = 1 << 22


@dataclass(frozen=True)
class FixedLayer:
    """A layer of integers: row j is scaled(bias_j + sum of weight_ji * h_i, shift_j).

    Attributes:
        weight: [out, in].
        bias: [out].
        shift: [out], not negative.
        bits: fraction bits of what comes out.
    """

    weight: Integers
    bias: Integers
    shift: Integers
    bits: int

    @classmethod
    def of(cls, weight: Floats, bias: Floats, bits: int, values: Floats) -> "FixedLayer":
        """A layer for inputs of so many fraction bits and outputs like these, [N, out].

        Each row has a scale of its own, as large as its weights and its bias allow.
        """
        finer = np.array(
            [
                min(
                    _fitting(float(np.abs(row).sum()), ROW_BITS),
                    _fitting(abs(float(b)), SUM_BITS) - bits,
                )
                for row, b in zip(weight, bias, strict=True)
            ],
            dtype=np.int64,
        )
        finer[finer > ANY // 2] = finer[finer <= ANY // 2].max(initial=0)
        # No row may have to be shifted to the left.
        out = min(fraction_bits(values, VALUE_BITS), int(finer.min()) + bits)
        shift = finer + bits - out
        finer -= np.maximum(shift - MAX_SHIFT, 0)
        shift = np.minimum(shift, MAX_SHIFT)
        return cls(times_power(weight, finer[:, None]), times_power(bias, finer + bits), shift, out)

    def at(self, hidden: Integers) -> Integers:
        """What the layer computes, [N, in] -> [N, out]; without ReLU."""
        return scaled(hidden @ self.weight.T + self.bias, self.shift)


def _fitting(largest: float, bits: int) -> int:
    """The most fraction bits with which a number this large has at most so many bits; for 0 any."""
    return ANY if largest == 0.0 else fraction_bits(np.array([largest]), bits)


def fixed_network(subject: Subject, name: str) -> Code:
    """The network as a function of integers; its error is certified for every input.

    Raises:
        InvalidInput: it has more neurons than can be certified, or 16 bits hardly have a number in
            the interval.
    """
    neurons = subject.model.architecture.neurons
    if neurons > MAX_NEURONS:
        detail = (
            f"is for networks of at most {MAX_NEURONS} neurons, and this has {neurons}; the "
            "breakpoint table in fixed point does the same in less time"
        )
        raise InvalidInput(FieldError(path=("arithmetic",), detail=detail))
    grid = Grid.of(subject)
    layers = _layers(subject.network, grid)

    outside = subject.network.outside
    ends = None if outside is None else Ends.of(outside, grid, layers[-1].bits)

    def inside(x: Integers) -> Integers:
        return _at(layers, x)

    return fixed_code(
        subject,
        name,
        grid,
        y_bits=layers[-1].bits,
        what=f"The network, layer widths {subject.model.architecture.layer_widths}",
        body=SCALED + _constants(layers) + _function(layers, ends, name),
        compute=inside if ends is None else ends.around(inside),
    )


def _layers(network: Network, grid: Grid) -> list[FixedLayer]:
    """The layers in integers, their scales from every value that each neuron takes."""
    found: list[FixedLayer] = []
    bits = grid.bits
    for depth, (weight, bias) in enumerate(network.weights(), start=1):
        extremes = _extremes(network, grid, depth)
        layer = FixedLayer.of(weight.astype(np.float64), bias.astype(np.float64), bits, extremes)
        found.append(layer)
        bits = layer.bits
    return found


def _extremes(network: Network, grid: Grid, depth: int) -> Floats:
    """The least and the largest sum of each neuron of a layer over the inputs, [2, out]."""
    layers = network.weights()[:depth]
    # Where x is moved into the interval, no other input is ever seen.
    x = grid.x(grid.every if network.outside is None else grid.inputs)
    step = max(1, CHUNK_NUMBERS // max(len(bias) for _, bias in layers))
    ends = []
    for start in range(0, x.size, step):
        hidden = x[start : start + step, None]
        for index, (weight, bias) in enumerate(layers):
            hidden = (np.maximum(hidden, 0.0) if index else hidden) @ weight.T.astype(
                np.float64
            ) + bias
        ends += [hidden.min(axis=0), hidden.max(axis=0)]
    return np.stack([np.min(ends, axis=0), np.max(ends, axis=0)])


def _at(layers: list[FixedLayer], x: Integers) -> Integers:
    """What the C code computes for inputs, [N] -> [N]."""
    step = max(1, CHUNK_NUMBERS // max(layer.bias.size for layer in layers))
    out = np.empty_like(x)
    for start in range(0, x.size, step):
        hidden = x[start : start + step, None]
        for index, layer in enumerate(layers):
            hidden = layer.at(np.maximum(hidden, 0) if index else hidden)
        out[start : start + step] = hidden[:, 0]
    return out


def _constants(layers: list[FixedLayer]) -> str:
    text = "/* Weights, an output neuron a row, biases and shifts of each layer. */\n"
    for index, layer in enumerate(layers, start=1):
        text += array("int32_t", f"weight_{index}", layer.weight)
        text += array("int64_t", f"bias_{index}", layer.bias)
        text += array("uint8_t", f"shift_{index}", layer.shift)
    return text + "\n"


def _function(layers: list[FixedLayer], ends: Ends | None, name: str) -> str:
    widths = [layer.bias.size for layer in layers]
    moving = ends.text() if ends else ""
    head = f"int32_t {name}(int16_t x)\n{{\n"
    if len(widths) == 1:
        value = "scaled(bias_1[0] + (int64_t)weight_1[0] * x, shift_1[0])"
        return f"{head}{moving}    return {ends.result(value) if ends else value};\n}}\n"
    inputs, second = widths[0], widths[1]
    more = len(widths) > 2
    widest = max(widths[1:])
    body = (
        f"    int64_t sum[{second}];\n    int32_t a[{widest}];\n"
        + (f"    int32_t b[{widest}];\n" if more else "")
        + f"    size_t i, j;\n\n{moving}"
        f"    for (j = 0; j < {second}; ++j) {{\n        sum[j] = bias_2[j];\n    }}\n"
        f"    for (i = 0; i < {inputs}; ++i) {{\n"
        "        const int64_t all = bias_1[i] + (int64_t)weight_1[i] * x;\n"
        "        const int32_t hidden = relu(scaled(all, shift_1[i]));\n"
        f"        for (j = 0; j < {second}; ++j) {{\n"
        f"            sum[j] += (int64_t)weight_2[j * {inputs} + i] * hidden;\n        }}\n    }}\n"
        f"    for (j = 0; j < {second}; ++j) {{\n"
        "        a[j] = scaled(sum[j], shift_2[j]);\n    }\n"
    )
    calls, last = later_layers(widths, ("weight", "bias", "shift"))
    value = ends.result(f"{last}[0]") if ends else f"{last}[0]"
    return f"{_RELU}{_LAYER if more else ''}{head}{body}{calls}    return {value};\n}}\n"


_RELU = """\
static int32_t relu(int32_t value)
{
    return value < 0 ? 0 : value;
}

"""

_LAYER = """\
/* The next layer from the sums of the one before it. */
static void layer(const int32_t *weight, const int64_t *bias, const uint8_t *shift,
                  const int32_t *in, size_t inputs, int32_t *out, size_t outputs)
{
    size_t i, j;

    for (j = 0; j < outputs; ++j) {
        int64_t sum = bias[j];
        for (i = 0; i < inputs; ++i) {
            sum += (int64_t)weight[j * inputs + i] * relu(in[i]);
        }
        out[j] = scaled(sum, shift[j]);
    }
}

"""
