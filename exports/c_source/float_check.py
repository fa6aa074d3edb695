"""What network and table in floating point share: the outside, and the check of known values."""

from dataclasses import dataclass

import numpy as np

from exports.c_source.c_files import FLOATS, array, indented, literal
from exports.self_check import SelfCheck
from schemas.network import Dtype, Outside

# For the header.
FUSING = (
    "Compile with -ffp-contract=off, so that no product is fused with a sum: every machine that",
    "computes in this very format of IEEE 754 gets the same bits, others all but the last few.",
)

# What to do where float32 is not enough.
MORE_DIGITS = "ask for dtype float64"

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


@dataclass(frozen=True)
class Moving:
    """Statements that move x into the interval of the samples.

    Attributes:
        text: the statements; none where x stays as it is.
        added: what the result is to be given back for it, `` + beyond`` or nothing.
    """

    text: str
    added: str

    @classmethod
    def of(cls, outside: Outside | None, dtype: Dtype) -> "Moving":
        """What has to be done for this."""
        if outside is None:
            return cls("", "")
        kind, suffix = FLOATS[dtype]
        ends = {name: literal(np.dtype(dtype.value).type(v), suffix) for name, v in outside}
        low, high = ends["x_min"], ends["x_max"]
        if outside.left == outside.right == 0.0:
            return cls(_CLAMP.format(low=low, high=high, left="", right=""), "")
        left, right = (
            f"        beyond = {ends[slope]} * (x - {end});\n"
            for slope, end in (("left", low), ("right", high))
        )
        zero = literal(np.dtype(dtype.value).type(0.0), suffix)
        declared = f"    {kind} beyond = {zero};\n\n"
        text = declared + _CLAMP.format(low=low, high=high, left=left, right=right)
        return cls(text, " + beyond")


_CLAMP = """\
    if (x < {low}) {{
{left}        x = {low};
    }} else if (x > {high}) {{
{right}        x = {high};
    }}
"""


def pairs(check: SelfCheck, dtype: Dtype, name: str) -> str:
    """The function that compares known values."""
    kind, suffix = FLOATS[dtype]
    columns = {"x": check.x, "y": check.y, "within": check.within}
    defined = {
        column: indented(array(kind, column, values.astype(dtype.value), suffix))
        for column, values in columns.items()
    }
    return _CHECK.format(name=name, kind=kind, count=check.x.size, **defined)
