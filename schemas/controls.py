"""Characters that are not shown but do something, on a terminal say."""

import re

# Control characters (C0, delete, C1), marks of the writing direction, separators of lines.
CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069"
CONTROL = re.compile(f"[{CONTROLS}]")


def escape_controls(text: str) -> str:
    """Make a text of others safe to print: each such character but line feeds by its number."""
    return CONTROL.sub(
        lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text
    )
