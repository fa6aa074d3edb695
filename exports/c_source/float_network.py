"""The network in C, in its own number format."""

import numpy as np
from numpy.typing import NDArray

from exports.c_source.c_files import FLOATS, Code, Piece, array, assemble, later_layers, literal
from exports.c_source.float_check import FUSING, MORE_DIGITS, Moving, pairs
from exports.subject import Subject
from schemas.network import Network


def float_network(subject: Subject, name: str) -> Code:
    """The network as a function of one number in its dtype.

    The neurons of the first layer are used as they come, so that only the widths of the later
    layers take memory: a shallow network takes none.
    """
    network = subject.network
    kind, suffix = FLOATS[network.dtype]
    values = sequential(network, subject.samples.x)
    piece = Piece(
        what=[
            f"The network, layer widths {subject.model.architecture.layer_widths}, in {kind}.",
            *FUSING,
        ],
        declaration=f"{kind} {name}({kind} x)",
        macros=[],
        includes=["stddef.h"],
        body=_constants(network, kind, suffix) + _functions(network, name, kind, suffix),
        check=pairs(subject.check, network.dtype, name),
        certificate={"max_abs_error": subject.largest_error(values)},
        kept=subject.kept_by(values),
        remedy=MORE_DIGITS,
    )
    return assemble(subject, name, piece)


def sequential(network: Network, x: NDArray[np.float64]) -> NDArray[np.floating]:
    """What the C code computes at x, [N] -> [N]: biases first, then neuron after neuron."""
    layers = network.weights()
    value = np.asarray(x, dtype=network.dtype.value)
    inside, added = (value, None) if network.outside is None else network.outside.split(value)
    hidden = [inside]
    for index, (weight, bias) in enumerate(layers):
        sums = [np.full(value.shape, b) for b in bias]
        for i, h in enumerate(hidden):
            for j, total in enumerate(sums):
                total += weight[j, i] * h
        last = index + 1 == len(layers)
        hidden = sums if last else [np.maximum(total, 0) for total in sums]
    return hidden[0] if added is None else hidden[0] + added


def _constants(network: Network, kind: str, suffix: str) -> str:
    text = "/* Weights, an output neuron a row, and biases of each layer. */\n"
    for index, (weight, bias) in enumerate(network.weights(), start=1):
        text += array(kind, f"weight_{index}", weight, suffix)
        text += array(kind, f"bias_{index}", bias, suffix)
    return text + "\n"


def _functions(network: Network, name: str, kind: str, suffix: str) -> str:
    widths = [len(layer.bias) for layer in network.layers]
    zero = literal(np.float32(0.0), suffix)
    head = f"{kind} {name}({kind} x)\n{{\n"
    moving = Moving.of(network.outside, network.dtype)
    if len(widths) == 1:
        return f"{head}{moving.text}    return bias_1[0] + weight_1[0] * x{moving.added};\n}}\n"
    relu = (
        f"static {kind} relu({kind} value)\n{{\n    return value < {zero} ? {zero} : value;\n}}\n\n"
    )
    sums, second = max(widths[1:]), widths[1]
    body = (
        f"    {kind} a[{sums}];\n"
        + (f"    {kind} b[{sums}];\n" if len(widths) > 2 else "")
        + f"    size_t i, j;\n\n{moving.text}"
        f"    for (j = 0; j < {second}; ++j) {{\n        a[j] = bias_2[j];\n    }}\n"
        f"    for (i = 0; i < {widths[0]}; ++i) {{\n"
        f"        const {kind} hidden = relu(bias_1[i] + weight_1[i] * x);\n"
        f"        for (j = 0; j < {second}; ++j) {{\n"
        f"            a[j] += weight_2[j * {widths[0]} + i] * hidden;\n        }}\n    }}\n"
    )
    calls, last = later_layers(widths, ("weight", "bias"))
    layer = _LAYER.format(kind=kind) if len(widths) > 2 else ""
    return f"{relu}{layer}{head}{body}{calls}    return {last}[0]{moving.added};\n}}\n"


# The activation is that of the neurons behind, so that the last layer needs no case of its own.
_LAYER = """\
/* The next layer from the sums of the one before it. */
static void layer(const {kind} *weight, const {kind} *bias, const {kind} *in, size_t inputs,
                  {kind} *out, size_t outputs)
{{
    size_t i, j;

    for (j = 0; j < outputs; ++j) {{
        {kind} sum = bias[j];
        for (i = 0; i < inputs; ++i) {{
            sum += weight[j * inputs + i] * relu(in[i]);
        }}
        out[j] = sum;
    }}
}}

"""
