"""What network and table in floating point share: clamping, and the check of known values."""

import numpy as np

from exports.c_source.c_files import FLOATS, array, literal
from exports.self_check import SelfCheck
from schemas.network import Dtype, Network

# For the header.
FUSING = (
    "Compile with -ffp-contract=off, so that no product is fused with a sum: then every machine",
    "with IEEE arithmetic gives these values to the last bit, else within the last few bits.",
)

_CHECK = """\
int {name}_check(void)
{{
{x}{y}{within}    int wrong = 0;
    size_t i;

    for (i = 0; i < {count}; ++i) {{
        const {kind} off = {name}(x[i]) - y[i];
        /* So written that it is wrong for NaN, too. */
        if (!(off <= within[i] && -off <= within[i])) {{
            ++wrong;
        }}
    }}
    return wrong;
}}
"""


def clamping(network: Network, kind: str, suffix: str) -> str:
    """The statements that move x into the interval; none where it stays as it is."""
    if network.clamp is None:
        return ""
    low, high = (literal(end, suffix) for end in np.asarray(network.clamp, network.dtype.value))
    return (
        f"    if (x < {low}) {{\n        x = {low};\n    }} else if (x > {high}) {{\n"
        f"        x = {high};\n    }}\n"
    )


def pairs(check: SelfCheck, dtype: Dtype, name: str) -> str:
    """The function that compares known values."""
    kind, suffix = FLOATS[dtype]
    columns = {"x": check.x, "y": check.y, "within": check.within}
    defined = {
        column: _indented(array(kind, column, values.astype(dtype.value), suffix))
        for column, values in columns.items()
    }
    return _CHECK.format(name=name, kind=kind, count=check.x.size, **defined)


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())
