"""Networks and tables in JSON, as plain readers read them: each carries a check, and passes it."""

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.forms import CChoice, network_file, table_file
from exports.self_check import reading_bound
from exports.subject import Subject, with_checks
from schemas.exports import NetworkFormat, TableFormat
from schemas.network import Extrapolation
from schemas.table import BreakpointTable
from tests.exports.conftest import fitted

OF_TABLES = [Extrapolation.LINEAR, Extrapolation.CLAMP]
# No difference and no product of these is too small for float64.
NUMBERS = st.just(0.0) | st.floats(1e-60, 1e60) | st.floats(-1e60, -1e-60)


def network_of(subject):
    return json.loads(network_file(subject, NetworkFormat.JSON, CChoice(), program=None))


def table_of(subject):
    return json.loads(table_file(subject, TableFormat.JSON, CChoice()))


def layers_at(network, x):
    """What the layers and the outside of a document give, [N] -> [N], in its dtype."""
    kind = np.dtype(network["dtype"]).type
    inside, beyond = x.astype(kind), 0.0
    if outside := network["outside"]:
        low, high = kind(outside["x_min"]), kind(outside["x_max"])
        inside = inside.clip(low, high)
        beyond = kind(outside["left"]) * np.minimum(x.astype(kind) - low, 0)
        beyond += kind(outside["right"]) * np.maximum(x.astype(kind) - high, 0)
    *hidden, last = network["layers"]
    value = inside[None]
    for layer in hidden:
        value = np.maximum(affine(layer, value, kind), 0)
    return affine(last, value, kind)[0] + beyond


def affine(layer, value, kind):
    return np.array(layer["weight"], kind) @ value + np.array(layer["bias"], kind)[:, None]


def interpolated(table, x):
    """Between the rows, the outer segments going on."""
    xs, ys, slopes = (np.array(table[column]) for column in ("x", "y", "slope"))
    below = ys[0] + slopes[0] * (x - xs[0])
    above = ys[-1] + slopes[-1] * (x - xs[-1])
    return np.where(x < xs[0], below, np.where(x > xs[-1], above, np.interp(x, xs, ys)))


def by_segment(table, x):
    """``slope * x + intercept`` of the row that x follows."""
    row = (np.searchsorted(table["x"], x, side="right") - 1).clip(0, len(table["x"]) - 1)
    return np.array(table["slope"])[row] * x + np.array(table["intercept"])[row]


def passes(document, read):
    """Whether what is read at the inputs of a check is as near to the outputs as it says."""
    x, y, within = (np.array(document["check"][column]) for column in ("x", "y", "within"))
    assert x.shape == (16,)
    return bool((np.abs(read(document, x).astype(float) - y) <= within).all())


def test_a_network_passes_its_check(subject):
    assert passes(network_of(subject), layers_at)


@pytest.mark.parametrize("extrapolate", OF_TABLES)
def test_a_table_passes_its_check_which_is_of_the_network(curve, extrapolate):
    subject = Subject.of(*fitted(curve), extrapolate=extrapolate)
    table = table_of(subject)
    assert passes(table, interpolated)
    assert passes(table, by_segment)
    network = {**network_of(subject), "check": table["check"]}
    assert passes(network, layers_at)


def test_what_is_off_by_as_much_as_the_target_allows_is_noticed(curve):
    model, network, table, samples = fitted(curve)
    allowed = 1e-3 * (model.samples.y_max - model.samples.y_min)
    for document in with_checks(model, network, table, samples):
        assert max(document.check.within) < 0.1 * allowed


def test_what_is_outside_is_checked_as_it_is_chosen(curve):
    linear, clamp = (Subject.of(*fitted(curve), extrapolate=how) for how in OF_TABLES)
    assert not passes({**table_of(clamp), "check": table_of(linear)["check"]}, interpolated)
    assert not passes({**network_of(clamp), "check": network_of(linear)["check"]}, layers_at)


def test_what_is_stored_is_what_is_made_when_it_is_asked_for(curve):
    of_network, of_table = (
        Subject.of(*fitted(curve), extrapolate=how)
        for how in (Extrapolation.NETWORK, Extrapolation.LINEAR)
    )
    network, table = with_checks(*fitted(curve))
    assert network.model_dump(mode="json") == network_of(of_network)
    assert table.model_dump(mode="json") == table_of(of_table)
    # The check that is stored is not that of another choice.
    model, _, _, samples = fitted(curve)
    again = Subject.of(model, network, table, samples, extrapolate=Extrapolation.CLAMP)
    fresh = Subject.of(*fitted(curve), extrapolate=Extrapolation.CLAMP)
    assert table_of(again) == table_of(fresh)


@given(
    x=st.lists(NUMBERS, min_size=2, max_size=6, unique=True).map(sorted),
    y=st.lists(NUMBERS, min_size=6, max_size=6),
    at=NUMBERS,
)
def test_a_table_is_read_within_rounding_however_it_is_read(x, y, at):
    rows = list(zip(x, y, strict=False))
    slope = [(d - b) / (c - a) for (a, b), (c, d) in itertools.pairwise(rows)]
    intercept = [b - s * a for (a, b), s in zip(rows, slope, strict=False)]
    columns = {"x": x, "y": y[: len(x)], "slope": slope, "intercept": intercept}
    for column in ("slope", "intercept"):
        columns[column] = [*columns[column], columns[column][-1]]
    row = min(max(sum(start <= at for start in x) - 1, 0), len(x) - 2)
    (a, b), (c, d) = [map(Fraction, pair) for pair in rows[row : row + 2]]
    exact = b + (d - b) / (c - a) * (Fraction(at) - a)
    (bound,) = reading_bound(BreakpointTable(**columns), np.array([at]))
    for read in (interpolated, by_segment):
        (value,) = read(columns, np.array([at]))
        assert abs(Fraction(value) - exact) <= Fraction(bound)
