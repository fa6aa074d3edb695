"""A header and a source, put together from their pieces."""

import io
import json
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exports.subject import Subject
from schemas.network import Dtype, Extrapolation

# What the C of a number format is called, and what its literals end with.
FLOATS = {Dtype.FLOAT32: ("float", "f"), Dtype.FLOAT64: ("double", "")}
ROW = 6


@dataclass(frozen=True)
class Code:
    """C99 that computes a function.

    Attributes:
        name: of the function; the files are called after it.
        header: what ``NAME.h`` holds.
        source: what ``NAME.c`` holds.
        certificate: the errors of just this code, by name.
    """

    name: str
    header: str
    source: str
    certificate: dict[str, float]

    def archive(self) -> bytes:
        """Both files in a zip; the same code gives the same bytes."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for ending, content in (("h", self.header), ("c", self.source)):
                # By itself it would have the time of writing.
                entry = zipfile.ZipInfo(f"{self.name}.{ending}")
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
        return file.getvalue()


@dataclass(frozen=True)
class Piece:
    """What a form of the function is made of.

    Attributes:
        what: what the function is, in words for the header; lines.
        declaration: the function without its end, ``float NAME(float x)``.
        macros: for the header.
        includes: of the source, besides its header.
        body: constants and functions of the source, the declared one among them.
        check: the function ``NAME_check``.
        certificate: the errors of just this code, by name.
        kept: whether this code keeps the target at the samples; None if it limits none there.
        remedy: what to do if it does not.
    """

    what: list[str]
    declaration: str
    macros: list[str]
    includes: list[str]
    body: str
    check: str
    certificate: dict[str, float]
    kept: bool | None
    remedy: str


def assemble(subject: Subject, name: str, piece: Piece) -> Code:
    """The two files of a piece."""
    guard = f"{name.upper()}_H"
    lines = [
        "/*",
        *(f" * {plain(line)}".rstrip() for line in _banner(subject, piece)),
        " */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdint.h>",
        "",
        *piece.macros,
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        f"{piece.declaration};",
        "",
        "/* How many of 16 known values come out wrong: 0 where everything is in order. */",
        f"int {name}_check(void);",
        "",
        "#ifdef __cplusplus",
        "}",
        "#endif",
        "",
        "#endif",
    ]
    source = [
        f"/* {plain(subject.title())} */",
        f'#include "{name}.h"',
        "",
        *(f"#include <{include}>" for include in piece.includes),
        "",
        piece.body.strip("\n"),
        "",
        piece.check.strip("\n"),
    ]
    return Code(name, "\n".join(lines) + "\n", "\n".join(source) + "\n", piece.certificate)


def _banner(subject: Subject, piece: Piece) -> list[str]:
    model = subject.model
    interval = f"[{model.samples.x_min!r}, {model.samples.x_max!r}]"
    outside = {
        Extrapolation.NETWORK: "the layers go on as they are",
        Extrapolation.LINEAR: "the first and the last segment go on",
        Extrapolation.CLAMP: "the values at its ends stay",
    }[subject.extrapolate]
    return [
        subject.title(),
        "",
        *piece.what,
        f"Samples: {model.samples.count} in {interval}. Outside {outside}.",
        "",
        "Certified of this code:",
        *(f"  {name} = {value!r}" for name, value in piece.certificate.items()),
        "Certified of the network:",
        *(
            f"  {name} = {json.dumps(value)}"
            for name, value in model.certificate.model_dump(exclude_none=True).items()
        ),
        f"Target: {model.target.model_dump_json(exclude_none=True)}, "
        f"{'met' if model.met else 'not met'} by the network.",
        *_whether_kept(piece),
    ]


def _whether_kept(piece: Piece) -> list[str]:
    if piece.kept is None:
        return []
    if piece.kept:
        return ["This code keeps it at the samples."]
    return [f"This code does NOT keep it at the samples: {piece.remedy}."]


def plain(text: str) -> str:
    """Text as a comment may hold it: ASCII, on one line, with no mark that C reads in comments."""
    kept = text.encode("ascii", "backslashreplace").decode()
    kept = "".join(c if c.isprintable() else " " for c in kept).replace("\\", "/")
    for mark in ("*/", "/*", "??"):
        while mark in kept:
            kept = kept.replace(mark, f"{mark[0]} {mark[1]}")
    return kept


def array(kind: str, name: str, values: NDArray[np.generic] | list[int], suffix: str = "") -> str:
    """The definition of a constant array."""
    texts = [literal(value, suffix) for value in np.asarray(values).ravel()]
    rows = [", ".join(texts[start : start + ROW]) for start in range(0, len(texts), ROW)]
    return f"static const {kind} {name}[{len(texts)}] = {{\n    " + ",\n    ".join(rows) + "\n};\n"


def indented(text: str) -> str:
    """Text as it stands within a function."""
    return "".join(f"    {line}\n" for line in text.splitlines())


def later_layers(widths: list[int], parts: tuple[str, ...]) -> tuple[str, str]:
    """The calls of the C function ``layer`` from the third layer on: from ``a`` to ``b`` and back.

    Args:
        widths: of all layers but the input.
        parts: what the constants of a layer are called, without its number.

    Returns:
        The calls, and in which of the two the last layer is.
    """
    calls, now, then = "", "a", "b"
    for index in range(3, len(widths) + 1):
        names = ", ".join(f"{part}_{index}" for part in parts)
        calls += f"    layer({names}, {now}, {widths[index - 2]}, {then}, {widths[index - 1]});\n"
        now, then = then, now
    return calls, now


def literal(value: np.floating | np.integer, suffix: str = "") -> str:
    """A number as C reads it back exactly."""
    if not isinstance(value, np.floating):
        return _integer(int(value))
    # The shortest that no other number of this format has.
    text = np.format_float_scientific(value, unique=True, trim="0", exp_digits=1)
    return f"{text}{suffix}"


def _integer(value: int) -> str:
    # A literal has no sign, and that of the least number is too large without one.
    if value == -(2**31):
        return "(-2147483647 - 1)"
    if abs(value) < 2**31:
        return str(value)
    return f"INT64_C({value})"
