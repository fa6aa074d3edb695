"""Networks and tables over HTTP, in the forms of their users."""

import io
import json
import zipfile

import numpy as np
import onnxruntime
import pytest
import safetensors.numpy

from service import torch_programs
from storage import keys

TYPES = {
    "network": {
        "json": "application/json",
        "onnx": "application/x-onnx",
        "safetensors": "application/x-safetensors",
        "c": "application/zip",
    },
    "breakpoints": {
        "json": "application/json",
        "csv": "text/csv; charset=utf-8",
        "npy": "application/x-npy",
        "c": "application/zip",
    },
}
FORMS = [(part, form) for part, forms in TYPES.items() for form in forms]


@pytest.mark.parametrize(("part", "form"), FORMS)
def test_each_form_comes_by_its_name_and_by_its_type(client, model, part, form):
    address = f"/v1/models/{model.id}/{part}"
    named = client.get(address, params={"format": form})
    media_type = TYPES[part][form]
    typed = client.get(address, headers={"Accept": media_type.split(";")[0]})
    for response in (named, typed):
        assert response.status_code == 200
        assert response.headers["content-type"] == media_type
    assert named.content == typed.content
    again = client.get(
        address, params={"format": form}, headers={"If-None-Match": named.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("part", "form", "ending"),
    [
        ("network", "onnx", "onnx"),
        ("network", "safetensors", "safetensors"),
        ("network", "c", "zip"),
        ("breakpoints", "npy", "npy"),
        ("breakpoints", "c", "zip"),
    ],
)
def test_what_a_browser_cannot_show_it_saves(client, model, part, form, ending):
    response = client.get(f"/v1/models/{model.id}/{part}", params={"format": form})
    disposition = response.headers["content-disposition"]
    assert disposition == f'attachment; filename="foldline-{model.id[:12]}.{ending}"'


def test_the_onnx_of_the_answer_runs(client, model):
    content = client.get(f"/v1/models/{model.id}/network?format=onnx").content
    session = onnxruntime.InferenceSession(content)
    check = json.loads(session.get_modelmeta().custom_metadata_map["foldline.check"])
    x = np.array(
        check["x"], session.get_inputs()[0].type.split("(")[1][:-1].replace("float", "float32")
    )
    np.testing.assert_allclose(session.run(None, {"x": x[:, None]})[0][:, 0], check["y"], rtol=1e-5)


def test_the_c_of_the_answer_is_called_and_computes_as_asked(client, model):
    address = f"/v1/models/{model.id}/breakpoints"
    chosen = {"format": "c", "arithmetic": "fixed", "name": "tent", "extrapolate": "clamp"}
    content = client.get(address, params=chosen).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["tent.h", "tent.c"]
        header = archive.read("tent.h").decode()
    assert "int32_t tent(int16_t x);" in header
    assert "the values at its ends stay" in header


def test_an_exported_program_is_made_by_a_process_that_has_torch(client, model):
    response = client.get(f"/v1/models/{model.id}/network?format=pt2")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-pt2"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        facts = next(name for name in archive.namelist() if name.endswith("foldline.json"))
        assert json.loads(archive.read(facts))["foldline.model_id"] == model.id
    # The second time it is there already.
    kept = torch_programs._made.cache_info().hits
    assert client.get(f"/v1/models/{model.id}/network?format=pt2").content == response.content
    assert torch_programs._made.cache_info().hits == kept + 1


def test_too_many_who_wait_for_a_program_are_told_to_come_back(client, model, monkeypatch):
    monkeypatch.setattr(torch_programs._room, "acquire", lambda blocking: False)
    response = client.get(f"/v1/models/{model.id}/network?format=pt2")
    assert response.status_code == 503
    assert "retry-after" in response.headers


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("network?format=onnx&arithmetic=fixed", "arithmetic"),
        ("network?name=curve", "name"),
        ("breakpoints?format=csv&name=curve", "name"),
        ("breakpoints?extrapolate=network", "extrapolate"),
        ("network?extrapolate=flat", "extrapolate"),
        ("network?format=c&name=int", "name"),
        ("network?format=c&name=1st", "name"),
        ("network?format=c&name=a%22b", "name"),
        ("network?format=vhdl", "format"),
    ],
)
def test_a_choice_that_a_form_has_not_is_refused_by_name(client, model, address, field):
    response = client.get(f"/v1/models/{model.id}/{address}")
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("network?format=onnx&extrapolate=linear", "extrapolate"),
        ("breakpoints?format=c", "arithmetic"),
    ],
)
def test_slopes_that_are_no_numbers_of_a_form_are_refused(service, make_model, address, field):
    model = make_model(tolerance=0.25)
    model.table = model.table.model_copy(update={"slope": [-1e60, 1e60, 1e60]})
    address = f"/v1/models/{model.store(service.stores).id}/{address}"
    response = service.client.get(address)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert "1e+60" in error["detail"]


def test_no_value_is_made_of_a_slope_that_is_no_number(service, make_model):
    model = make_model(tolerance=0.25)
    model.table = model.table.model_copy(update={"slope": [-1e60, 1e60, 1e60]})
    address = f"/v1/models/{model.store(service.stores).id}/evaluate"
    response = service.client.post(address, json={"x": [0.5], "extrapolate": "linear"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "extrapolate"


def test_weights_say_what_is_done_outside(client, model):
    response = client.get(f"/v1/models/{model.id}/network?extrapolate=clamp").json()
    stored = json.loads(model.artifacts[keys.NETWORK])
    assert response["layers"] == stored["layers"]
    assert response["outside"]["left"] == response["outside"]["right"] == 0.0
    content = client.get(f"/v1/models/{model.id}/network?format=safetensors").content
    assert set(safetensors.numpy.load(content)) == {"0.weight", "0.bias", "2.weight", "2.bias"}


@pytest.mark.parametrize("extrapolate", [None, "linear", "clamp"])
@pytest.mark.parametrize("part", ["network", "breakpoints"])
def test_json_carries_what_the_service_itself_evaluates(client, model, part, extrapolate):
    chosen = {} if extrapolate is None else {"extrapolate": extrapolate}
    check = client.get(f"/v1/models/{model.id}/{part}", params=chosen).json()["check"]
    default = {"network": "network", "breakpoints": "linear"}[part]
    question = {"x": check["x"], "extrapolate": extrapolate or default}
    y = client.post(f"/v1/models/{model.id}/evaluate", json=question).json()["y"]
    off = np.abs(np.subtract(y, check["y"]))
    assert off.shape == (16,)
    assert (off <= check["within"]).all()


def test_values_outside_are_as_asked(client, model):
    table = json.loads(model.artifacts[keys.TABLE_JSON])
    ask = {"x": [table["x"][0] - 1.0, table["x"][-1] + 1.0]}
    address = f"/v1/models/{model.id}/evaluate"
    clamped = client.post(address, json={**ask, "extrapolate": "clamp"}).json()["y"]
    assert clamped == pytest.approx([table["y"][0], table["y"][-1]])
    on = client.post(address, json={**ask, "extrapolate": "linear"}).json()["y"]
    expected = [table["y"][0] - table["slope"][0], table["y"][-1] + table["slope"][-1]]
    assert on == pytest.approx(expected)
