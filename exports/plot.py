"""A picture of a fit: the samples and the network above, its error below."""

import io
from threading import Lock

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from schemas.samples import FloatArray, Samples
from schemas.table import BreakpointTable, evaluate_table

SIZE_INCHES = (9.0, 6.0)
# More markers than these go into the file as an image: as shapes they would make megabytes.
MAX_SHAPES = 2_000

# Colours that the colour-blind can tell apart (Okabe and Ito 2008).
SAMPLE_COLOUR = "#0072B2"
NETWORK_COLOUR = "#D55E00"
LIMIT_COLOUR = "#444444"

# Matplotlib reads these from one place for the whole process, and its font and text caches do not
# expect two threads; so one picture is drawn at a time, and the place is left as it was.
_DRAWING = Lock()


def draw(samples: Samples, table: BreakpointTable, *, tolerance: FloatArray | float | None) -> str:
    """Draw samples and network, and below them the error of the network.

    The error between samples is against their linear interpolant. Both are piecewise linear, so
    the line through the error at the breakpoints of both is exact, not a sketch.

    Args:
        samples: the samples, [N].
        table: the breakpoint table of the network.
        tolerance: largest allowed |error|, one number or one for each sample, [N], drawn as two
            lines; None for none.

    Returns:
        The picture as SVG; the same input gives the same text.
    """
    with (
        _DRAWING,
        matplotlib.rc_context({"svg.hashsalt": "foldline", "axes.grid": True, "grid.alpha": 0.3}),
    ):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _draw_function(upper, samples, table)
        _draw_error(lower, samples, table, tolerance)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _draw_function(axes: Axes, samples: Samples, table: BreakpointTable) -> None:
    _markers(axes, samples.x, samples.y, style=".", colour=SAMPLE_COLOUR, label="samples")
    axes.plot(table.x, table.y, color=NETWORK_COLOUR, linewidth=1.2, label="network")
    _markers(
        axes,
        np.asarray(table.x),
        np.asarray(table.y),
        style="o",
        colour=NETWORK_COLOUR,
        label=f"breakpoints (segments: {table.segments})",
    )
    axes.set_ylabel("y")
    _legend(axes)


def _draw_error(
    axes: Axes, samples: Samples, table: BreakpointTable, tolerance: FloatArray | float | None
) -> None:
    x = np.union1d(samples.x, table.x)
    between = evaluate_table(table, x) - np.interp(x, samples.x, samples.y)
    at_samples = evaluate_table(table, samples.x) - samples.y
    axes.plot(x, between, color=NETWORK_COLOUR, linewidth=0.8, label="between samples")
    _markers(axes, samples.x, at_samples, style=".", colour=SAMPLE_COLOUR, label="at samples")
    if tolerance is not None:
        limits = np.broadcast_to(tolerance, samples.x.shape)
        for side, label in ((1.0, "tolerance"), (-1.0, None)):
            axes.plot(
                samples.x,
                side * limits,
                color=LIMIT_COLOUR,
                linestyle="--",
                linewidth=0.9,
                label=label,
            )
    axes.set_xlabel("x")
    axes.set_ylabel("network - samples")
    _legend(axes)


def _legend(axes: Axes) -> None:
    """Above the axes, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, frameon=False)


def _markers(
    axes: Axes, x: FloatArray, y: FloatArray, *, style: str, colour: str, label: str
) -> None:
    axes.plot(
        x,
        y,
        style,
        color=colour,
        markersize=4,
        markerfacecolor="none" if style == "o" else colour,
        label=label,
        rasterized=x.size > MAX_SHAPES,
    )
