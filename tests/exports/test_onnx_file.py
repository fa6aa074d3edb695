"""Exported ONNX, as onnxruntime reads it."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from exports.onnx_file import to_onnx
from exports.self_check import rounding_bound
from schemas.network import evaluate


@pytest.fixture
def session(subject):
    return onnxruntime.InferenceSession(to_onnx(subject))


def run(session, x):
    return session.run(None, {"x": x[:, None]})[0][:, 0]


def test_onnxruntime_computes_the_network_within_rounding(subject, session):
    span = subject.model.samples
    length = span.x_max - span.x_min
    x = np.linspace(span.x_min - length, span.x_max + length, 3001)
    x = x.astype(subject.network.dtype.value)
    off = np.abs(run(session, x).astype(float) - evaluate(subject.network, x).astype(float))
    assert (off <= 2 * rounding_bound(subject.network, x)).all()


def test_there_is_nothing_in_it_that_nobody_reads(subject, capfd):
    model = to_onnx(subject)
    onnxruntime.InferenceSession(model)
    assert capfd.readouterr().err == ""
    graph = onnx.load_from_string(model).graph
    read = {name for node in graph.node for name in node.input} | {"y"}
    made = {name for node in graph.node for name in node.output}
    assert {"x"} | made | {constant.name for constant in graph.initializer} == read


@pytest.mark.parametrize("batch", [0, 1, 7])
def test_the_size_of_the_batch_is_free(subject, session, batch):
    x = np.full(batch, subject.model.samples.x_min, subject.network.dtype.value)
    assert run(session, x).shape == (batch,)


def test_it_meets_its_own_check(subject, session):
    check = json.loads(session.get_modelmeta().custom_metadata_map["foldline.check"])
    assert len(check["x"]) == 16
    y = run(session, np.array(check["x"], subject.network.dtype.value))
    assert (np.abs(y - check["y"]) <= check["within"]).all()


def test_it_says_which_model_it_is_what_was_asked_and_what_is_certified(subject, session):
    model = subject.model
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["foldline.model_id"] == model.id
    assert json.loads(facts["foldline.target"]) == model.target.model_dump(mode="json")
    assert json.loads(facts["foldline.certificate"]) == model.certificate.model_dump(mode="json")
    assert facts["foldline.extrapolate"] == subject.extrapolate
    text = onnx.load_from_string(to_onnx(subject)).doc_string
    assert model.id in text
    assert facts["foldline.certificate"] in text
