"""The breakpoint table in other forms, and what there is outside it."""

import csv
import io

import numpy as np
import pytest

from exports.forms import CChoice, function_name, table_file
from exports.subject import Subject
from schemas.errors import InvalidInput
from schemas.exports import TableFormat
from schemas.network import Dtype, Extrapolation, evaluate
from tests.exports.conftest import fitted

LEVEL_OR_ON = [Extrapolation.LINEAR, Extrapolation.CLAMP]


def at(table, x):
    """What the rows give, their first and last segment going on."""
    index = (np.searchsorted(table.x, x, side="right") - 1).clip(0, len(table.x) - 1)
    return np.array(table.y)[index] + np.array(table.slope)[index] * (x - np.array(table.x)[index])


@pytest.mark.parametrize("extrapolate", LEVEL_OR_ON)
def test_the_outer_segments_go_on_as_the_network_does(curve, extrapolate):
    model, network, table, samples = fitted(curve)
    subject = Subject.of(model, network, table, samples, extrapolate=extrapolate)
    real = subject.network.model_copy(update={"dtype": Dtype.FLOAT64})
    length = samples.x[-1] - samples.x[0]
    # Beyond the level segments, too.
    x = np.linspace(samples.x[0] - 3 * length, samples.x[-1] + 3 * length, 2001)
    expected = evaluate(real, x)
    reach = np.abs(expected).max()
    np.testing.assert_allclose(at(table.extrapolated(extrapolate), x), expected, atol=1e-6 * reach)


@pytest.mark.parametrize("extrapolate", LEVEL_OR_ON)
def test_every_form_holds_the_same_numbers(extrapolate):
    subject = Subject.of(*fitted("pump_efficiency"), extrapolate=extrapolate)
    array = np.load(io.BytesIO(table_file(subject, TableFormat.NPY, CChoice())))
    text = table_file(subject, TableFormat.CSV, CChoice()).decode()
    rows = [tuple(map(float, row.values())) for row in csv.DictReader(text.splitlines())]
    assert array.tolist() == rows
    assert len(rows) == subject.table.segments + 1 + 2 * (extrapolate is Extrapolation.CLAMP)


def test_a_table_cannot_say_what_the_network_does_outside():
    subject = Subject.of(*fitted("silu"), extrapolate=Extrapolation.NETWORK)
    with pytest.raises(InvalidInput, match="extrapolate: must be linear or clamp"):
        table_file(subject, TableFormat.CSV, CChoice())


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("Pump efficiency, 2024", "pump_efficiency_2024"),
        ("int", None),
        ("42", None),
        ("é*/", None),
        (None, None),
        ("a" * 99, "a" * 24),
    ],
)
def test_a_function_is_called_after_the_model_where_c_allows_it(name, function):
    model, network, table, samples = fitted("silu")
    named = model.model_copy(update={"name": name})
    subject = Subject.of(named, network, table, samples, extrapolate=Extrapolation.LINEAR)
    assert function_name(subject) == function or f"foldline_{model.id[:8]}"
