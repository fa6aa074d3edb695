"""Lines that pass given points exactly and meet at binary fractions of few digits.

Of such lines float64 adds up values without rounding, in any order. They replace the lines of a
path one after the other, to both sides of one that is known: the next knot is tried at one binary
fraction after the other, the shortest first, until the slope from there is one as well.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice

import numpy as np

from worker.numerics.paths.polyline import Polyline
from worker.numerics.paths.spans import (
    KNOT_DIGITS,
    SLOPE_DIGITS,
    ExactLine,
    Span,
    is_short,
    small_unit,
)

# Places of the next knot that are tried for each of a knot.
PLACES = 24


def meet(spans: Sequence[Span], tries: Iterator[int]) -> tuple[Polyline, bool] | None:
    """Lines in place of those of a path, each of which passes its points.

    All numbers are short, unless the points of a span leave it a slope that is not.

    Args:
        spans: of the lines, from left to right.
        tries: as long as it lasts further places of knots are tried.

    Returns:
        The path, and whether it is exact: its knots, values and slopes not rounded. None if none
        was found.
    """
    short = not any(span.is_hopeless for span in spans)
    first = max(range(len(spans)), key=lambda k: len(spans[k].points))
    line = spans[first].known or _chosen(spans[first])
    if not spans[first].accepts(line):
        return None
    after = _chained(spans[first:], line, tries, short=short)
    if after is None:
        return None
    mirrored = [span.mirrored() for span in reversed(spans[: first + 1])]
    before = _chained(mirrored, _mirrored(line), tries, short=short)
    if before is None:
        return None
    lines = [*(_mirrored(one) for one in reversed(before[0])), *after[0][1:]]
    ends = Fraction(spans[0].left[0]), Fraction(spans[-1].right[1])
    knots = [ends[0], *(-x for x in reversed(before[1])), *after[1], ends[1]]
    values = [_at(one, x) for one, x in zip([lines[0], *lines], knots, strict=True)]
    x, y = np.array(knots, dtype=np.float64), np.array(values, dtype=np.float64)
    if not np.all(np.diff(x) > 0.0):
        return None
    return Polyline(x, y), short and all(map(_same, x, knots)) and all(map(_same, y, values))


def _same(number: np.float64, exact: Fraction) -> bool:
    return Fraction(float(number)) == exact


def _mirrored(line: ExactLine) -> ExactLine:
    return -line[0], line[1], -line[2]


def _at(line: ExactLine, x: Fraction) -> Fraction:
    return line[1] + line[2] * (x - line[0])


def _chosen(span: Span) -> ExactLine:
    """A line through the span's point, if it has one, or else about where its own is."""
    if span.points:
        return span.nearby(*span.points[0])
    x, y, _ = span.line
    unit = small_unit(span.spare)
    low, high = sorted((span.left[1], span.right[0]))
    place = next(places(low, high, about=x))
    slope = Fraction(span.line[2])
    return span.nearby(place, round((Fraction(y) + slope * (place - Fraction(x))) / unit) * unit)


# Lines, and the knots between them.
_Chain = tuple[list[ExactLine], list[Fraction]]


def _chained(
    spans: Sequence[Span], line: ExactLine, tries: Iterator[int], *, short: bool
) -> _Chain | None:
    """Lines for the spans, each beginning on the one before; the first is given."""
    lines, knots = [line], [Fraction(spans[0].left[1])]
    # Depth first: what may follow each line, so far.
    waiting: list[Iterator[tuple[Fraction, ExactLine]]] = []
    while len(lines) < len(spans):
        if len(waiting) < len(lines):
            waiting.append(_following(spans[len(lines) :], lines[-1], knots[-1], short=short))
        for knot, found in waiting[-1]:
            if next(tries, None) is None:
                return None
            if short and not (is_short(found[2], SLOPE_DIGITS) and is_short(knot, KNOT_DIGITS)):
                continue
            if _joins(spans[len(lines) - 1 :], lines[-1], knots[-1], knot, found):
                lines.append(found)
                knots.append(knot)
                break
        else:
            waiting.pop()
            if not waiting:
                return None
            lines.pop()
            knots.pop()
    return lines, knots[1:]


def _joins(
    spans: Sequence[Span], line: ExactLine, begun: Fraction, knot: Fraction, found: ExactLine
) -> bool:
    """Whether the path may turn from a line, begun at some x, into the next one at a knot."""
    span, room = spans[1], spans[1].room
    if not (room.has(float(knot), float(_at(found, knot))) and span.accepts(found)):
        return False
    # Samples beside the knot belong to one line or the other only now.
    if not room.keeps(line, float(begun), float(knot)):
        return False
    return len(spans) > 2 or room.keeps(found, float(knot), span.right[1])


def _following(
    spans: Sequence[Span], line: ExactLine, begun: Fraction, *, short: bool
) -> Iterator[tuple[Fraction, ExactLine]]:
    """Where the line of the first of these spans may begin, on the one before, and how it may go.

    Args:
        spans: those that are to come.
        line: of the span before them.
        begun: where that begins.
        short: whether all numbers are to be short.
    """
    span = spans[0]
    if span.known is not None:
        yield from _crossing(span, span.known, line)
        return
    # Of free lines the last two before a known one decide whether they meet it at a short place.
    known = [one.known for one in spans[1:3]]
    targets = [span.points[0][0]] if span.points else []
    for knot in places(*span.left, targets, about=span.line[0]):
        if knot <= begun and span.left[0] != span.left[1]:
            continue
        value = _at(line, knot)
        if span.points and span.points[0][0] != knot:
            x, y = span.points[0]
            yield knot, (x, y, (y - value) / (x - knot))
        elif known and known[0] is not None:
            for end in islice(places(*spans[1].left, [knot], about=spans[1].line[0]), PLACES):
                if end > knot:
                    yield knot, (knot, value, (_at(known[0], end) - value) / (end - knot))
        elif short and len(known) == 2 and known[1] is not None and not spans[1].points:
            yield from ((knot, found) for found in _aimed(spans, known[1], knot, value))
        else:
            yield knot, span.nearby(knot, value)


def _crossing(
    span: Span, known: ExactLine, line: ExactLine
) -> Iterator[tuple[Fraction, ExactLine]]:
    turn = known[2] - line[2]
    if turn:
        knot = known[0] + (_at(line, known[0]) - known[1]) / turn
        if span.left[0] <= knot <= span.left[1]:
            yield knot, known


def _aimed(
    spans: Sequence[Span], known: ExactLine, knot: Fraction, value: Fraction
) -> Iterator[ExactLine]:
    """Lines from a knot, after which one line more meets a known one, its slope short as well.

    With ends at t and u that slope is the height left, ``known(u) - value - slope (t - knot)``,
    over ``u - t``: a binary fraction if the odd part of the width divides the height. Slopes are
    multiples of a unit, so the multiple solves a congruence.
    """
    about = spans[0].nearby(knot, value)
    if not spans[0].accepts(about):
        return
    slope = about[2]
    for end in islice(places(*spans[1].left, about=spans[1].line[0]), PLACES):
        for last in islice(places(*spans[2].left, about=spans[2].line[0]), PLACES):
            if not knot < end < last:
                continue
            odd = _odd_part(last - end)
            unit = small_unit(spans[0].spare / float(end - knot) / odd)
            height = _at(known, last) - value - slope * (end - knot)
            step = unit * (end - knot)
            scale = max(height.denominator, step.denominator)
            whole, steps = int(height * scale), int(step * scale)
            if math.gcd(steps, odd) == 1:
                times = whole * pow(steps, -1, odd) % odd if odd > 1 else 0
                times -= odd if 2 * times > odd else 0
                chosen = slope + times * unit
                at_end = value + chosen * (end - knot)
                left = (_at(known, last) - at_end) / (last - end)
                if spans[1].accepts((end, at_end, left)):
                    yield knot, value, chosen


def _odd_part(number: Fraction) -> int:
    numerator = number.numerator
    return numerator // (numerator & -numerator)


def places(
    low: float, high: float, targets: Sequence[Fraction] = (), *, about: float
) -> Iterator[Fraction]:
    """Binary fractions in an interval: those a power of two from a target first, then short ones.

    Args:
        low: the smallest.
        high: the largest.
        targets: places from which distances are to be powers of two.
        about: where the place is best.
    """
    first, last = Fraction(low), Fraction(high)
    seen: set[Fraction] = set()
    for place in chain(_powers_away(first, last, targets), _shortest(first, last, about)):
        if place not in seen and first <= place <= last and is_short(place, KNOT_DIGITS):
            seen.add(place)
            yield place


def _powers_away(
    first: Fraction, last: Fraction, targets: Sequence[Fraction]
) -> Iterator[Fraction]:
    for target in targets:
        furthest = max(abs(first - target), abs(last - target))
        power = int(np.frexp(float(furthest))[1]) if furthest else 0
        for exponent in range(power, power - KNOT_DIGITS, -1):
            yield target - Fraction(2) ** exponent
            yield target + Fraction(2) ** exponent


def _shortest(first: Fraction, last: Fraction, about: float) -> Iterator[Fraction]:
    """Multiples of smaller and smaller powers of two near a place, and the ends."""
    middle = min(max(Fraction(about), first), last)
    if first < last:
        unit = Fraction(2) ** int(np.frexp(float(last - first))[1])
        for _ in range(KNOT_DIGITS):
            nearest = round(middle / unit)
            yield from ((nearest + step) * unit for step in (0, 1, -1, 2, -2))
            unit /= 2
    yield from (first, last)
