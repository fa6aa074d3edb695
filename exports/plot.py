"""A picture of a fit: the samples and the network above, its error below."""

import io
import re
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from exports.themes import PALETTES, Palette
from exports.words import words_of
from schemas.exports import Theme
from schemas.models import Model
from schemas.samples import FloatArray, Samples
from schemas.table import BreakpointTable, evaluate_table

# Small, so that text can still be read where a page has room for 480 pixels.
SIZE_INCHES = (6.4, 5.0)
# More markers than these go into the file as an image: as shapes they would make megabytes.
MAX_SHAPES = 2_000
# Of that image.
DPI = 200

# Matplotlib reads these from one place for the whole process, and its font and text caches do not
# expect two threads; so one picture is drawn at a time, and the place is left as it was.
_DRAWING = Lock()
# What no XML document may hold, not even escaped (XML 1.0, section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(model: Model, samples: Samples, table: BreakpointTable, theme: Theme) -> str:
    """Draw samples and network, and below them the error of the network.

    The error between samples is against their linear interpolant. Both are piecewise linear, so
    the line through the error at the breakpoints of both is exact, not a sketch. Where the target
    limits each error, the limits are two lines.

    Args:
        model: the document of the model.
        samples: what it was fitted to, [N].
        table: the breakpoint table of its network.
        theme: what the picture is to be seen on.

    Returns:
        The picture as SVG, with what it shows in words; the same input gives the same text.
    """
    colours = PALETTES[theme]
    with _DRAWING, matplotlib.rc_context(_settings(colours)):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _draw_function(upper, samples, table, colours)
        _draw_error(lower, samples, table, model.target.limits(samples), colours)
        buffer = io.StringIO()
        metadata = {"Date": None, "Creator": None}
        figure.savefig(buffer, format="svg", dpi=DPI, metadata=metadata)
    return _in_words(buffer.getvalue(), model)


def _settings(colours: Palette) -> dict[Any, Any]:  # keys are a type of matplotlib's own
    return {
        "svg.hashsalt": "foldline",
        "font.size": 11,
        "legend.fontsize": 10,
        "figure.facecolor": colours.background,
        "savefig.facecolor": colours.background,
        "axes.facecolor": colours.background,
        "axes.edgecolor": colours.frame,
        "axes.labelcolor": colours.text,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.formatter.limits": (-3, 4),
        "axes.formatter.use_mathtext": True,
        "grid.color": colours.grid,
        "text.color": colours.text,
        "xtick.color": colours.frame,
        "ytick.color": colours.frame,
        "xtick.labelcolor": colours.text,
        "ytick.labelcolor": colours.text,
    }


def _draw_function(axes: Axes, samples: Samples, table: BreakpointTable, colours: Palette) -> None:
    dots = _markers(axes, samples.x, samples.y, style=".", size=5, colour=colours.samples)
    (line,) = axes.plot(table.x, table.y, color=colours.network, linewidth=1.3)
    knots = _markers(
        axes, np.asarray(table.x), np.asarray(table.y), style="o", size=6, colour=colours.network
    )
    # Open and wide, for a breakpoint may be where a sample is.
    knots.set_markerfacecolor("none")
    axes.set_ylabel("y")
    segments = "1 segment" if table.segments == 1 else f"{table.segments} segments"
    _legend(axes, {"samples": (dots,), f"network, {segments}": (line, knots)})


def _draw_error(
    axes: Axes,
    samples: Samples,
    table: BreakpointTable,
    limits: FloatArray | None,
    colours: Palette,
) -> None:
    x = np.union1d(samples.x, table.x)
    between = evaluate_table(table, x) - np.interp(x, samples.x, samples.y)
    at_samples = evaluate_table(table, samples.x) - samples.y
    (line,) = axes.plot(x, between, color=colours.network, linewidth=1.0)
    dots = _markers(axes, samples.x, at_samples, style=".", size=5, colour=colours.samples)
    shown: dict[str, tuple[Line2D, ...]] = {"at samples": (dots,), "between samples": (line,)}
    if limits is not None:
        for side in (1.0, -1.0):
            (line,) = axes.plot(
                samples.x, side * limits, color=colours.limit, linestyle="--", linewidth=1.1
            )
        shown["tolerance"] = (line,)
    axes.set_xlabel("x")
    axes.set_ylabel("error")
    _legend(axes, shown)


def _legend(axes: Axes, shown: dict[str, tuple[Line2D, ...]]) -> None:
    """Above the axes, where it hides nothing, and right, where no power of ten stands."""
    axes.legend(
        list(shown.values()),
        list(shown),
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(shown),
        frameon=False,
        borderaxespad=0.2,
        columnspacing=1.4,
        handletextpad=0.5,
    )


def _markers(
    axes: Axes, x: FloatArray, y: FloatArray, *, style: str, size: float, colour: str
) -> Line2D:
    (markers,) = axes.plot(
        x, y, style, markersize=size, color=colour, rasterized=x.size > MAX_SHAPES
    )
    return markers


def _in_words(svg: str, model: Model) -> str:
    """The picture as one image with a title and a description, which readers of screens say.

    References:
        W3C, SVG Accessibility API Mappings, section 8 (names and descriptions).
    """
    words = words_of(model)
    texts = {"title": words.title, "desc": words.description}
    # Of its own for each model: one page may hold several pictures.
    names = {tag: f"{tag}-{model.id}" for tag in texts}
    spoken = "".join(
        f'\n <{tag} id="{names[tag]}">{_escaped(text)}</{tag}>' for tag, text in texts.items()
    )
    head, start, picture = svg.partition("<svg ")
    attributes, end, body = picture.partition(">")
    labels = f'role="img" aria-labelledby="{" ".join(names.values())}" xml:lang="en" '
    return f"{head}{start}{labels}{attributes}{end}{spoken}{body}"


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))
