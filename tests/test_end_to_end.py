"""A real question through every part: HTTP, broker, queue, worker, engine, store, and back."""

import csv
import io
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.served import Served
from tests.waiting import HANGS_AFTER_S

CURVES = Path(__file__).parents[1] / "examples/curves"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """A client of everything, started as users start it."""
    served = Served(tmp_path_factory.mktemp("end_to_end"))
    with httpx.Client(base_url=served.url, timeout=HANGS_AFTER_S) as client:
        yield client
    assert served.stop() == 0


def curve(name):
    return np.loadtxt(CURVES / f"{name}.csv", delimiter=",", skiprows=1).T


def finished(api, eventually, question):
    answer = api.post("/v1/jobs", json=question)
    assert answer.status_code in (201, 202), answer.text
    location = answer.headers["Location"]
    job = eventually(
        lambda: (job := api.get(location).json())["status"] not in ("queued", "running") and job,
    )
    assert job["status"] == "succeeded", job["problem"]
    return job


def network_at(network, x):
    """The network's function in its own dtype, one product after the other."""
    dtype = np.dtype(network["dtype"])
    hidden = [x.astype(dtype)]
    for index, layer in enumerate(network["layers"]):
        rows = zip(layer["weight"], layer["bias"], strict=True)
        hidden = [
            sum((dtype.type(w) * h for w, h in zip(row, hidden, strict=True)), dtype.type(bias))
            for row, bias in rows
        ]
        if index < len(network["layers"]) - 1:
            hidden = [np.maximum(h, dtype.type(0)) for h in hidden]
    assert hidden[0].dtype == dtype
    return hidden[0].astype(np.float64)


def rounding(network, x):
    """What two orders of summation may differ by: for each term a rounding of all terms, twice."""
    *inner, last = network["layers"]
    sizes = {"weight": np.abs(last["weight"]).tolist(), "bias": np.abs(last["bias"]).tolist()}
    terms = network_at({"layers": [*inner, sizes], "dtype": "float64"}, x).max()
    depth = sum(len(layer["weight"][0]) + 1 for layer in network["layers"])
    return depth * np.finfo(network["dtype"]).eps * terms


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("thermocouple_k", 1e-3),
        ("ntc_resistance", 1e-3),
        ("pump_efficiency", 1e-4),
        ("income_tax_de_2024", 1e-4),
        ("nile", 1e-2),
    ],
)
def test_a_curve_comes_back_as_a_network_that_keeps_its_promise(api, eventually, name, tolerance):
    x, y = curve(name)
    # In any order, and with a repetition.
    order = np.random.default_rng(0).permutation(x.size)
    order = np.append(order, order[0])
    job = finished(
        api,
        eventually,
        {
            "samples": {"x": x[order].tolist(), "y": y[order].tolist()},
            "target": {"metric": "max_abs", "tolerance": tolerance, "relative_to": "range"},
            "options": {"effort": "quick"},
            "name": name,
            "metadata": {"kind": "test"},
        },
    )
    assert (job["name"], job["metadata"], job["met"]) == (name, {"kind": "test"}, True)
    assert job["progress"]["fraction"] == 1.0
    model = api.get(f"/v1/models/{job['model_id']}").json()
    limit = tolerance * np.ptp(y)

    network = api.get(f"/v1/models/{model['id']}/network").json()
    error = np.abs(network_at(network, x) - y)
    assert error.max() <= limit
    assert error.max() <= model["certificate"]["max_abs_error"] * (1 + 1e-6) <= limit * (1 + 1e-6)
    counted = sum(len(row) + 1 for layer in network["layers"] for row in layer["weight"])
    assert counted == model["architecture"]["parameters"]
    widths = [1, *(len(layer["bias"]) for layer in network["layers"])]
    assert widths == model["architecture"]["layer_widths"]

    table = api.get(f"/v1/models/{model['id']}/breakpoints").json()
    assert (table["x"][0], table["x"][-1]) == (x.min(), x.max())
    assert len(table["x"]) - 1 == model["segments"] >= model["minimal_segments"]
    text = api.get(f"/v1/models/{model['id']}/breakpoints", params={"format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["y"]) for row in rows] == table["y"]

    between = np.linspace(x.min(), x.max(), 1001)
    in_float64 = network | {"dtype": "float64"}
    deviation = np.abs(np.interp(between, table["x"], table["y"]) - network_at(in_float64, between))
    assert deviation.max() <= max(4 * model["certificate"]["table_deviation"], 1e-12 * np.ptp(y))
    sup = np.abs(network_at(in_float64, between) - np.interp(between, x, y)).max()
    assert sup <= model["certificate"]["max_abs_error_between_samples"] * (1 + 1e-9)

    answer = api.post(f"/v1/models/{model['id']}/evaluate", json={"x": between.tolist()}).json()
    np.testing.assert_allclose(
        answer["y"], network_at(network, between), rtol=0, atol=rounding(network, between)
    )
    assert api.get(f"/v1/models/{model['id']}/plot.svg").text.startswith("<?xml")
    assert model["id"] in [entry["id"] for entry in api.get("/v1/models").json()["data"]]


def test_the_same_question_has_the_same_model(api, eventually):
    x = np.linspace(0.0, 1.0, 50)
    question = {
        "samples": {"x": x.tolist(), "y": (x**2).tolist()},
        "target": {"tolerance": 1e-2},
    }
    first, second = (finished(api, eventually, question) for _ in range(2))
    assert first["id"] != second["id"]
    assert first["model_id"] == second["model_id"]
    assert (first["cached"], second["cached"]) == (False, True)


def test_every_sample_keeps_its_own_tolerance(api, eventually):
    x = np.linspace(0.0, 1.0, 80)[::-1]
    tolerance = np.where(x < 0.5, 1e-3, 0.1)
    question = {
        "samples": {"x": x.tolist(), "y": np.sin(9 * x).tolist()},
        "target": {"tolerance": tolerance.tolist()},
        "options": {"effort": "quick"},
    }
    job = finished(api, eventually, question)
    assert job["met"]
    assert job["progress"]["error"] <= 1.0
    network = api.get(f"{job['links']['model']}/network").json()
    assert np.all(np.abs(network_at(network, x) - np.sin(9 * x)) <= tolerance)
    assert api.get(f"{job['links']['model']}/plot.svg").text.startswith("<?xml")
    question["target"]["tolerance"][0] *= 2
    assert finished(api, eventually, question)["model_id"] != job["model_id"]


def test_noise_that_weights_play_down_takes_no_segments(api, eventually):
    x = np.linspace(0.0, 1.0, 300)
    sigma = np.where(x < 0.5, 0.01, 0.5)
    y = np.sin(3 * x) + sigma * np.random.default_rng(0).normal(size=x.size)
    question = {
        "samples": {"x": x.tolist(), "y": y.tolist(), "weight": (sigma**-2.0).tolist()},
        "target": {"metric": "rmse", "tolerance": 0.016},
        "options": {"effort": "quick"},
    }
    job = finished(api, eventually, question)
    assert job["met"]
    model = api.get(job["links"]["model"]).json()
    network = api.get(f"{job['links']['model']}/network").json()
    squares = (network_at(network, x) - y) ** 2
    assert np.sqrt(np.average(squares, weights=sigma**-2.0)) <= 0.016 * (1 + 1e-6)
    assert model["segments"] <= 8


def test_timestamps_need_float64_and_float32_says_that_it_cannot(api, eventually):
    x = 1.7e9 + np.arange(200.0)
    question = {
        "samples": {"x": x.tolist(), "y": np.sin((x - x[0]) / 30).tolist()},
        "target": {"tolerance": 1e-3},
    }
    models = {}
    for dtype in ("auto", "float32"):
        asked = question | {"options": {"dtype": dtype, "effort": "quick"}}
        job = finished(api, eventually, asked)
        models[dtype] = api.get(job["links"]["model"]).json()
    assert models["auto"]["met"]
    assert models["auto"]["architecture"]["dtype"] == "float64"
    assert not models["float32"]["met"]
    assert models["float32"]["certificate"]["max_abs_error"] > 1e-3


def test_the_example_of_the_api_page_works_as_it_stands(api, eventually):
    operation = api.get("/openapi.json").json()["paths"]["/v1/jobs"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        assert finished(api, eventually, example["value"])["met"]


@pytest.mark.parametrize(
    ("architecture", "tolerance", "met"),
    [("auto", 1e-3, True), ("auto", 1e-16, False), ("compelled", 1e-3, False)],
)
def test_a_job_that_has_no_time_for_its_target_ends_with_a_certified_model(
    api, eventually, architecture, tolerance, met
):
    x = np.linspace(0.0, 1.0, 20_000)
    y = np.random.default_rng(0).normal(size=x.size)
    question = {
        "samples": {"x": x.tolist(), "y": y.tolist()},
        "target": {"tolerance": tolerance},
        "options": {"architecture": architecture, "effort": "thorough", "time_limit": 1e-3},
    }
    job = finished(api, eventually, question)
    assert job["met"] is met
    model = api.get(job["links"]["model"]).json()
    certificate = model["certificate"]
    assert model["met"] is met
    assert (certificate["max_abs_error"] <= tolerance) is met
    table = api.get(f"{job['links']['model']}/breakpoints").json()
    error = np.abs(np.interp(x, table["x"], table["y"]) - y).max()
    assert error <= certificate["max_abs_error"] + certificate["table_deviation"] + 1e-12
