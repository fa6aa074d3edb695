"""A stored model over HTTP: its document, network, table and values."""

import csv
import json

import numpy as np
import pytest

from exports.words import words_of
from schemas.network import evaluate

DARK = "?theme=dark"


def test_the_model_is_the_stored_document_byte_for_byte(client, model):
    response = client.get(f"/v1/models/{model.id}")
    assert response.headers["content-type"] == "application/json"
    assert response.content == model.artifacts["manifest.json"]


def test_the_network_is_the_stored_document_byte_for_byte(client, model):
    response = client.get(f"/v1/models/{model.id}/network")
    assert response.headers["content-type"] == "application/json"
    assert response.content == model.artifacts["network.json"]


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        ("", None, "application/json"),
        ("", "*/*", "application/json"),
        ("", "application/json", "application/json"),
        ("", "text/csv", "text/csv; charset=utf-8"),
        ("", "text/*", "text/csv; charset=utf-8"),
        ("", "text/html, text/csv;q=0.5, */*;q=0.1", "text/csv; charset=utf-8"),
        ("", "application/json;q=0.2, text/csv;q=0.3", "text/csv; charset=utf-8"),
        ("", "application/json;q=0, */*", "text/csv; charset=utf-8"),
        ("?format=json", None, "application/json"),
        ("?format=csv", None, "text/csv; charset=utf-8"),
        ("?format=csv", "application/json", "text/csv; charset=utf-8"),
        ("?format=json", "image/png", "application/json"),
    ],
)
def test_the_table_comes_in_the_form_that_was_asked_for(client, model, query, accept, expected):
    headers = {} if accept is None else {"Accept": accept}
    response = client.get(f"/v1/models/{model.id}/breakpoints{query}", headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == expected
    name = "breakpoints.csv" if "csv" in expected else "breakpoints.json"
    assert response.content == model.artifacts[name]


def test_both_forms_of_the_table_hold_the_same_numbers(client, model):
    address = f"/v1/models/{model.id}/breakpoints"
    rows = list(csv.DictReader(client.get(address, params={"format": "csv"}).text.splitlines()))
    table = client.get(address).json()
    assert set(table) == {"x", "y", "slope", "intercept", "check"}
    for name in ("x", "y", "slope", "intercept"):
        assert [float(row[name]) for row in rows] == table[name]


@pytest.mark.parametrize(
    "accept", ["image/png", "text/html", "application/json;q=0", ";;;", "x;q=z"]
)
def test_a_form_that_is_not_offered_is_not_acceptable(client, model, problem, accept):
    response = client.get(f"/v1/models/{model.id}/breakpoints", headers={"Accept": accept})
    document = problem(response, 406, "not-acceptable")
    assert "text/csv" in document["detail"]


def test_an_unknown_format_is_refused(client, model, problem):
    response = client.get(f"/v1/models/{model.id}/breakpoints", params={"format": "xml"})
    document = problem(response, 422, "invalid-input")
    assert document["errors"][0]["field"] == "format"
    assert "csv" in document["errors"][0]["detail"]


def test_the_network_is_evaluated_in_its_own_number_format(client, model):
    x = [-1.0, -0.1, 0.0, 0.3, 7.0]
    answer = client.post(f"/v1/models/{model.id}/evaluate", json={"x": x}).json()
    assert answer["x"] == x
    assert answer["dtype"] == "float32"
    assert answer["y"] == evaluate(model.network, x).tolist()
    np.testing.assert_array_equal(np.float32(answer["y"]), np.abs(np.float32(x)))


def test_values_beyond_float32_are_refused_with_their_index(client, model, problem):
    response = client.post(f"/v1/models/{model.id}/evaluate", json={"x": [1.0, 1e39, 1e300]})
    document = problem(response, 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == ["x.1"]
    assert "float32" in document["detail"]


def test_values_beyond_float64_are_refused_with_their_index(service, make_model, problem):
    steep = make_model(weight=[[1e10], [-1e10]], dtype="float64", tolerance=3.0)
    steep.store(service.stores)
    address = f"/v1/models/{steep.id}/evaluate"
    document = problem(service.client.post(address, json={"x": [1e300]}), 422, "invalid-input")
    assert document["errors"][0]["field"] == "x.0"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"x": []}', "x"),
        ('{"x": 1}', "x"),
        ('{"x": [1, NaN]}', "x.1"),
        ('{"x": [1, "2"]}', "x.1"),
        ("{}", "x"),
        ('{"x": [1], "y": [1]}', "y"),
    ],
)
def test_points_that_are_no_numbers_are_refused(client, model, problem, body, field):
    headers = {"Content-Type": "application/json"}
    response = client.post(f"/v1/models/{model.id}/evaluate", content=body, headers=headers)
    document = problem(response, 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == [field]


def test_an_evaluation_takes_as_many_points_as_a_job(run_service, broker, make_model, problem):
    with run_service(redis_url=broker.url, max_points=3) as service:
        model = make_model().store(service.stores)
        address = f"/v1/models/{model.id}/evaluate"
        assert service.client.post(address, json={"x": [1, 2, 3]}).status_code == 200
        response = service.client.post(address, json={"x": [1, 2, 3, 4]})
        document = problem(response, 422, "invalid-input")
    assert document["errors"][0]["field"] == "x"


def test_points_that_do_not_say_they_are_json_are_unsupported(client, model, problem):
    response = client.post(f"/v1/models/{model.id}/evaluate", content=json.dumps({"x": [1]}))
    problem(response, 415, "unsupported-media-type")


def test_the_plot_is_an_image_with_both_parts(client, model):
    response = client.get(f"/v1/models/{model.id}/plot.svg")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("image/svg+xml")
    assert response.text.count('id="axes_') == 2


def test_the_plot_says_what_is_in_it(client, model):
    plot = client.get(f"/v1/models/{model.id}/plot.svg").text
    assert "<desc" in plot
    assert words_of(model.model).description in plot


def test_the_plot_is_light_unless_it_is_to_be_dark(client, model):
    address = f"/v1/models/{model.id}/plot.svg"
    unsaid, light, dark = (client.get(address + query) for query in ("", "?theme=light", DARK))
    assert unsaid.content == light.content != dark.content
    assert unsaid.headers["etag"] == light.headers["etag"] != dark.headers["etag"]
    again = client.get(address + DARK, headers={"If-None-Match": dark.headers["etag"]})
    assert again.status_code == 304
    assert client.get(address + DARK).content == dark.content


@pytest.mark.parametrize("theme", ["auto", "", "DARK"])
def test_an_unknown_theme_is_refused(client, model, problem, theme):
    response = client.get(f"/v1/models/{model.id}/plot.svg", params={"theme": theme})
    document = problem(response, 422, "invalid-input")
    assert document["errors"][0]["field"] == "theme"
    assert "'light' or 'dark'" in document["errors"][0]["detail"]


def test_a_deleted_model_is_gone_and_its_question_is_open_again(empty_service, make_model, problem):
    model = make_model()
    model.store(empty_service.stores, created_ms=model.model.created_ms)
    client = empty_service.client
    address = f"/v1/models/{model.id}"
    asked = {
        "samples": {"x": model.samples.x.tolist(), "y": model.samples.y.tolist()},
        "target": {"tolerance": model.tolerance},
    }
    job = client.post("/v1/jobs", json=asked).json()
    assert client.delete(address).status_code == 204
    for gone in (client.get(address), client.get(f"{address}/network"), client.delete(address)):
        problem(gone, 404, "not-found")
    assert client.get(job["links"]["self"]).json()["model_id"] == model.id
    assert client.post("/v1/jobs", json=asked).json()["cached"] is False
    assert empty_service.stores.models.page(limit=5, cursor=None)[0] == []
