"""The breakpoint table in other forms, and what there is outside it."""

import csv
import io

import numpy as np
import onnxruntime
import pytest
import torch

from exports.c_source.float_network import sequential as sequential_c
from exports.forms import CChoice, function_name, table_file
from exports.onnx_file import to_onnx
from exports.subject import Subject
from foldline_client.documents.models import Network as NetworkDocument
from foldline_client.network import Network as ClientNetwork
from schemas.errors import InvalidInput
from schemas.exports import TableFormat
from schemas.network import Dtype, Extrapolation, evaluate
from tests.exports.conftest import fitted
from worker.torch_network import sequential

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
        # Where compilers know it already, or our code has it for something else.
        *((taken, None) for taken in ("sin", "sinf", "printf", "bitand", "int16_t", "relu", "x")),
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


def test_all_forms_agree_on_what_is_outside_even_at_infinity():
    far = np.array([-np.inf, -1e30, 1e30, np.inf], dtype=np.float32)
    for extrapolate in LEVEL_OR_ON:
        subject = Subject.of(*fitted("pump_efficiency"), extrapolate=extrapolate)
        expected = evaluate(subject.network, far)
        assert not np.isnan(expected).any()
        session = onnxruntime.InferenceSession(to_onnx(subject))
        values = {
            "onnx": session.run(None, {"x": far[:, None]})[0][:, 0],
            "torch": sequential(subject.network)(torch.from_numpy(far[:, None]))[:, 0].numpy(),
            "c": sequential_c(subject.network, far),
            "client": ClientNetwork(
                NetworkDocument.model_validate(subject.network.model_dump(mode="json"))
            )(far),
        }
        for form, found in values.items():
            np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=form)


def test_a_check_stays_within_what_float32_holds():
    model, network, table, samples = fitted("silu")
    huge = table.model_copy(update={"x": (np.array(table.x) * 3e37).tolist()})
    span = model.samples.model_copy(update={"x_min": -3e38, "x_max": 3e38})
    subject = Subject.of(
        model.model_copy(update={"samples": span}),
        network,
        huge,
        samples,
        extrapolate=Extrapolation.LINEAR,
    )
    assert "Infinity" not in subject.facts()["foldline.check"]
    assert "NaN" not in subject.facts()["foldline.check"]
