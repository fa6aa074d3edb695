"""What network and table in fixed point share: their header, their certificate, their check."""

from collections.abc import Callable

import numpy as np

from exports.c_source.c_files import Code, Piece, array, assemble, indented
from exports.c_source.fixed_point import (
    INPUT_BITS,
    OUTPUT_BITS,
    Floats,
    Grid,
    Integers,
    q_format,
)
from exports.self_check import PAIRS
from exports.subject import Subject
from schemas.network import Dtype, evaluate

_CHECK = """\
int {name}_check(void)
{{
{x}{y}    int wrong = 0;
    unsigned i;

    for (i = 0; i < {count}; ++i) {{
        if ({name}((int16_t)x[i]) != y[i]) {{
            ++wrong;
        }}
    }}
    return wrong;
}}
"""


def real_function(subject: Subject, x: Floats) -> Floats:
    """The network as the real function of its weights, in float64, [N] -> [N]."""
    network = subject.network.model_copy(update={"dtype": Dtype.FLOAT64})
    return np.asarray(evaluate(network, x), dtype=np.float64)


def fixed_code(
    subject: Subject,
    name: str,
    grid: Grid,
    *,
    y_bits: int,
    what: str,
    body: str,
    compute: Callable[[Integers], Integers],
) -> Code:
    """The code of a function in fixed point.

    Args:
        subject: the model.
        name: of the function.
        grid: the inputs.
        y_bits: fraction bits of the outputs.
        what: what the function is.
        body: constants and functions of the source.
        compute: what the code computes, [N] -> [N]; inputs are within 16 bits.
    """

    def output(integers: Integers) -> Floats:
        return np.ldexp(compute(integers).astype(np.float64), -y_bits)

    at_samples = output(grid.nearest(subject.samples.x))
    outside = np.array([-(2**15), 2**15 - 1])
    chosen = np.concatenate([outside, np.linspace(grid.low, grid.high, PAIRS - 2).astype(np.int64)])
    piece = Piece(
        what=[
            f"{what}, in fixed point.",
            f"Input: int16_t, x * 2^{grid.bits} ({q_format(INPUT_BITS, grid.bits)}). "
            f"Output: int32_t, y * 2^{y_bits} ({q_format(OUTPUT_BITS, y_bits)}).",
            "The certificate of this code is of all inputs in the interval: each was computed.",
        ],
        declaration=f"int32_t {name}(int16_t x)",
        macros=[
            "/* Fraction bits: an input is x * 2^X_BITS, an output y * 2^Y_BITS. */",
            f"#define {name.upper()}_X_BITS ({grid.bits})",
            f"#define {name.upper()}_Y_BITS ({y_bits})",
            "/* The inputs within the interval of the samples. */",
            f"#define {name.upper()}_X_MIN ({grid.low})",
            f"#define {name.upper()}_X_MAX ({grid.high})",
        ],
        includes=["stddef.h"],
        body=body,
        check=_CHECK.format(
            name=name,
            count=PAIRS,
            x=indented(array("int32_t", "x", chosen)),
            y=indented(array("int32_t", "y", compute(chosen))),
        ),
        certificate={
            "max_abs_error": subject.largest_error(at_samples),
            **_certificate(subject, grid.x(grid.inputs), output(grid.inputs)),
        },
        kept=subject.kept_by(at_samples),
        remedy=f"{INPUT_BITS} bits of x are too few for it: take float",
    )
    return assemble(subject, name, piece)


def _certificate(subject: Subject, x: Floats, y: Floats) -> dict[str, float]:
    """How far the outputs y are off over every input x in the interval."""
    samples = subject.samples
    return {
        "max_abs_deviation_from_network": float(np.abs(y - real_function(subject, x)).max()),
        "max_abs_error_between_samples": float(
            np.abs(y - np.interp(x, samples.x, samples.y)).max()
        ),
    }
