"""Slow, independent oracles: what the fast code is held against.

Nothing here shares code with what it checks: enumeration and linear programming for the corridor,
loops and fractions for networks, dense sampling for suprema, differences for derivatives.
"""

import itertools
import math
from fractions import Fraction
from functools import cache

import numpy as np
from scipy.integrate import simpson
from scipy.interpolate import PchipInterpolator
from scipy.optimize import linprog

# --- the corridor ---------------------------------------------------------------------------------


def fewest_segments_by_enumeration(x, lower, upper):
    """The fewest segments of a continuous piecewise-linear function through all gates.

    The samples are cut into groups, one line a group. Between two groups the lines either cross
    inside the gap, in one of two directions, or one more segment without samples joins them. Every
    way to do so is tried, cheapest first, each by linear programming. For a handful of gates.
    """
    count = len(x)
    # Numbers near 1, so that the programme's own tolerance of 1e-7 means something.
    x = (np.asarray(x, float) - x[0]) / (x[-1] - x[0])
    unit = max(np.abs(lower).max(), np.abs(upper).max()) or 1.0
    lower, upper = np.asarray(lower, float) / unit, np.asarray(upper, float) / unit

    @cache
    def crosses(first, cuts, signs, last):
        """Whether lines over the groups of gates first..last cross in every gap."""
        starts, ends = (first, *cuts), (*cuts, last)
        rows, limits = [], []

        def line(group, at, sign):
            row = np.zeros(2 * len(starts))
            row[2 * group : 2 * group + 2] = sign, sign * at
            return row

        for group, (start, end) in enumerate(zip(starts, ends, strict=True)):
            for i in range(start, end):
                rows += [line(group, x[i], 1), line(group, x[i], -1)]
                limits += [upper[i], -lower[i]]
        for group, (cut, sign) in enumerate(zip(cuts, signs, strict=True)):
            for at, side in ((x[cut - 1], sign), (x[cut], -sign)):
                rows.append(line(group, at, side) - line(group + 1, at, side))
                limits.append(0.0)
        bounds = [(None, None)] * (2 * len(starts))
        found = linprog(np.zeros(2 * len(starts)), A_ub=rows, b_ub=limits, bounds=bounds)
        assert found.status in (0, 2), found.message
        return found.status == 0

    def feasible(gaps):
        """Gaps are 0 (same line), +1 or -1 (lines cross), or 2 (joined by a segment)."""
        joints = [i + 1 for i, gap in enumerate(gaps) if gap == 2]
        for first, last in itertools.pairwise([0, *joints, count]):
            cuts = tuple(i + 1 for i in range(first, last - 1) if gaps[i])
            if not crosses(first, cuts, tuple(gaps[i - 1] for i in cuts), last):
                return False
        return True

    ways = itertools.product((0, 1, -1, 2), repeat=count - 1)
    for gaps in sorted(ways, key=lambda gaps: sum(map(abs, gaps))):
        if feasible(gaps):
            return 1 + sum(map(abs, gaps))
    raise AssertionError("joining every gate to the next is always possible")


def fewest_segments_in_a_tube(x, lower, upper, knots):
    """The fewest segments of a function inside a polygonal tube, with knots at these abscissae.

    What can be reached with so many links is an interval at every knot. One more link leads from
    there to the values of all lines through the interval and the tube's corners on the way: each
    pair of those must agree on a slope, which bounds the value from both sides. In exact arithmetic
    if numbers are. Never less than what knots anywhere can do.
    """
    corners = list(zip(x, lower, upper, strict=True))
    knots = sorted({*x, *knots})

    def width(at):
        after = next(i for i in range(1, len(corners)) if corners[i][0] >= at)
        (x0, low0, high0), (x1, low1, high1) = corners[after - 1], corners[after]
        part = (at - x0) / (x1 - x0)
        return low0 + part * (low1 - low0), high0 + part * (high1 - high0)

    def reached(start, interval, end):
        lowest, highest = width(end)
        passed = [(start, *interval), *(c for c in corners if start < c[0] < end)]
        for xi, _, high in passed:
            for xj, low, _ in passed:
                # (v - high) / (end - xi) <= (v - low) / (end - xj), for the value v at the end.
                factor = xi - xj
                bound = high * (end - xj) - low * (end - xi)
                if factor > 0:
                    highest = min(highest, bound / factor)
                elif factor < 0:
                    lowest = max(lowest, bound / factor)
                elif bound < 0:
                    return None
        return (lowest, highest) if lowest <= highest else None

    within = {knots[0]: width(knots[0])}
    for links in itertools.count(1):
        found = {}
        for start, interval in within.items():
            for end in (k for k in knots if k > start):
                new = reached(start, interval, end)
                if new is not None:
                    low, high = found.get(end, new)
                    found[end] = min(low, new[0]), max(high, new[1])
        if knots[-1] in found:
            return links
        within = found
    raise AssertionError("knots at every corner are always enough")


# --- networks -------------------------------------------------------------------------------------


def network_arrays(network):
    """Weights and biases of a network document, read back from its JSON, in its dtype."""
    read = type(network).model_validate_json(network.model_dump_json())
    return [
        (
            np.array(layer.weight, dtype=read.dtype.value),
            np.array(layer.bias, dtype=read.dtype.value),
        )
        for layer in read.layers
    ]


def evaluate_by_loops(weights, x, *, bias_first=False):
    """One network at the points x, one multiplication and one addition after the other.

    Arithmetic is that of the weights' own type: float32, float64 or, for objects, fractions.
    """
    values = []
    number = weights[0][0].dtype.type if weights[0][0].dtype != object else Fraction
    for point in x:
        hidden = [number(point)]
        for index, (weight, bias) in enumerate(weights):
            out = []
            for row, shift in zip(weight, bias, strict=True):
                total = shift if bias_first else number(0)
                for w, h in zip(row, hidden, strict=True):
                    total = total + w * h
                total = total if bias_first else total + shift
                out.append(total if index == len(weights) - 1 or total > 0 else number(0))
            hidden = out
        values.append(hidden[0])
    return np.array(values, dtype=object if number is Fraction else np.float64)


def exactly(weights):
    """The same weights as fractions."""
    return [
        (
            np.array([[Fraction(float(v)) for v in row] for row in w], dtype=object),
            np.array([Fraction(float(v)) for v in b], dtype=object),
        )
        for w, b in weights
    ]


def rounding_bound(weights, x):
    """An upper bound of what rounding, of x or on the way, may change in a network's values at x.

    ``e <- |W| e + (n + 2) eps (|W| |h| + |b|)`` from layer to layer, from ``e = eps |x|``.
    """
    eps = float(np.finfo(weights[0][0].dtype).eps)
    weights = [(w.astype(float), b.astype(float)) for w, b in weights]
    hidden = np.asarray(x, float)[None]
    error = eps * np.abs(hidden)
    for index, (w, b) in enumerate(weights):
        size = np.abs(w) @ np.abs(hidden) + np.abs(b)[:, None]
        error = np.abs(w) @ error + (w.shape[1] + 2) * eps * size
        hidden = w @ hidden + b[:, None]
        hidden = hidden if index == len(weights) - 1 else np.maximum(hidden, 0)
    return error[0]


def exact_breakpoints(weights, x_min, x_max):
    """Where the slope of a network of small whole numbers really changes, ends included.

    Args:
        weights: as fractions.
        x_min: whole number.
        x_max: whole number.
    """
    points = [Fraction(x_min), Fraction(x_max)]
    for depth in range(1, len(weights)):
        signals = [_before(weights[:depth], point) for point in points]
        found = set(points)
        for (x0, z0), (x1, z1) in itertools.pairwise(zip(points, signals, strict=True)):
            for a, b in zip(z0, z1, strict=True):
                if a * b < 0:
                    found.add(x0 + (x1 - x0) * a / (a - b))
        points = sorted(found)
    values = [_before(weights, point)[0] for point in points]
    kept = [points[0]]
    for i in range(1, len(points) - 1):
        before = (values[i] - values[i - 1]) / (points[i] - points[i - 1])
        after = (values[i + 1] - values[i]) / (points[i + 1] - points[i])
        if before != after:
            kept.append(points[i])
    return [*kept, points[-1]]


def _before(weights, x):
    """Pre-activations of the last of these layers at x."""
    hidden = [x]
    for index, (weight, bias) in enumerate(weights):
        sums = [
            sum((w * h for w, h in zip(row, hidden, strict=True)), shift)
            for row, shift in zip(weight, bias, strict=True)
        ]
        hidden = sums if index == len(weights) - 1 else [max(z, Fraction(0)) for z in sums]
    return hidden


# --- errors and suprema ---------------------------------------------------------------------------


def error_in_metric(metric, values, y):
    """An error at the samples, summed without rounding."""
    differences = [abs(float(v) - float(t)) for v, t in zip(values, y, strict=True)]
    match metric:
        case "max_abs":
            return max(differences)
        case "max_rel":
            return max(d / abs(t) for d, t in zip(differences, y.tolist(), strict=True) if t)
    mean = math.fsum(d * d for d in differences) / len(differences)
    return mean if metric == "mse" else math.sqrt(mean)


def supremum_by_sampling(function, start, end, *, points=20_001):
    """The largest |function| on a dense grid: never above the supremum."""
    return float(np.abs(function(np.linspace(start, end, points))).max())


def promise_by_sampling(function, breakpoints, x, y, limits, between, *, points=4001):
    """What a function does between samples, looked at on a fine grid: never above the suprema.

    The grid holds every breakpoint and sample, and points close to both sides of them.

    Returns:
        The largest |function - lines|, that less |pchip - lines|, and that less the limits.
    """
    grid = np.concatenate([np.linspace(x[0], x[-1], points), breakpoints, x])
    inside = [x[:-1] + t * np.diff(x) for t in (0.01, 0.11, 0.3, 0.5, 0.7, 0.89, 0.99)]
    grid = np.unique(np.concatenate([grid, *inside]))
    grid = grid[(grid >= x[0]) & (grid <= x[-1])]
    lines = np.interp(grid, x, y)
    off = np.abs(function(grid) - lines)
    open_there = np.zeros_like(grid)
    if between == "smooth" and len(x) > 2:
        open_there = np.abs(PchipInterpolator(x, y)(grid) - lines)
    promised = off - open_there
    return off.max(), promised.max(), (promised - np.interp(grid, x, limits)).max()


def mean_promise_by_sampling(function, breakpoints, x, y, between, weight=None, *, points=400):
    """The root mean square of what a function is off the lines beyond |pchip - lines|, by Simpson.

    Every interval between samples counts as much as the lighter of its two samples.
    """
    pchip = PchipInterpolator(x, y) if between == "smooth" and len(x) > 2 else None
    weight = np.ones(len(x)) if weight is None else weight
    total = 0.0
    for i in range(len(x) - 1):
        inner = breakpoints[(breakpoints > x[i]) & (breakpoints < x[i + 1])]
        if pchip is not None:
            # Where it crosses the lines nothing is open.
            climb = np.diff(y[i : i + 2])
            rise, fall = (x[i + 1] - x[i]) * pchip.derivative()(x[i : i + 2]) - climb
            if rise * fall > 0.0:
                crossing = x[i] + rise / (rise + fall) * (x[i + 1] - x[i])
                inner = np.sort([*inner, crossing])
        square = 0.0
        for start, end in itertools.pairwise([x[i], *inner, x[i + 1]]):
            # Finest at the ends, where a narrow excess may be.
            s = np.linspace(0.0, 1.0, 2 * points + 1)
            grid = start + (end - start) * s**3 * (10 - 15 * s + 6 * s**2)
            pace = (end - start) * 30 * s**2 * (1 - s) ** 2
            lines = np.interp(grid, x, y)
            off = np.abs(function(grid) - lines)
            off = off if pchip is None else np.maximum(off - np.abs(pchip(grid) - lines), 0.0)
            square += float(simpson(off**2 * pace, x=s))
        total += min(weight[i], weight[i + 1]) * square / (x[i + 1] - x[i])
    return math.sqrt(total / weight.sum())


def derivative_by_differences(function, at, *, step=1e-6):
    """Central differences of a vector function by every component of its argument: [Q, N]."""
    rows = []
    for index in range(at.size):
        shift = np.zeros_like(at)
        shift[index] = step
        rows.append((function(at + shift) - function(at - shift)) / (2 * step))
    return np.stack(rows)
