"""Samples over HTTP: read from whatever a job takes, and those of jobs and models."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.csv_text import read_csv
from schemas.curves import Curve
from schemas.samples import Samples, canonical_samples

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
FORMS = {"json": JSON, "csv": "text/csv; charset=utf-8", "npy": NPY}
NUMBERS = st.floats(min_value=-1e100, max_value=1e100)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def structured(rows, *names):
    return npy(np.array(rows, [(name, float) for name in names]))


def post(client, body, media_type, path="samples", **query):
    headers = {"Content-Type": media_type}
    return client.post(f"/v1/{path}", content=body, headers=headers, params=query)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (CSV, b"x,y,weight,tolerance\n2,4,1,0.5\n0,0,1,0.5\n1,1,1,0.25\n1,1,2,0.5\n"),
        (CSV, "\ufeffZeit\tDruck\tweight\ttolerance\t\r\n2\t4\t1\t0,5\t\r\n0\t0\t1\t0,5\t\r\n"
              "1\t1\t3\t0,25\t\r\n".encode()),
        (NPY, structured([(2, 4, 1, 0.5), (0, 0, 1, 0.5), (1, 1, 3, 0.25)],
                         "x", "y", "weight", "tolerance")),
        (JSON, json.dumps({"x": [2, 0, 1, 1], "y": [4, 0, 1, 1], "weight": [1, 1, 1, 2],
                           "tolerance": [0.5, 0.5, 0.25, 0.5]})),
    ],
)  # fmt: skip
def test_a_curve_is_answered_sorted_and_with_repetitions_merged(client, media_type, body):
    response = post(client, body, media_type)
    assert (response.status_code, response.headers["content-type"]) == (200, JSON)
    assert response.json() == {
        "x": [0.0, 1.0, 2.0],
        "y": [0.0, 1.0, 4.0],
        "weight": [1.0, 3.0, 1.0],
        "tolerance": [0.5, 0.25, 0.5],
    }


@pytest.mark.parametrize(
    ("media_type", "body"),
    [(CSV, b"2;4\n0;0\n1;1"), (NPY, npy(np.array([[2, 4], [0, 0], [1, 1]]))),
     (JSON, b'{"x": [2, 0, 1], "y": [4, 0, 1]}')],
)  # fmt: skip
def test_columns_that_are_not_there_are_null(client, media_type, body):
    answer = post(client, body, media_type).json()
    assert answer == {"x": [0, 1, 2], "y": [0, 1, 4], "weight": None, "tolerance": None}


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (CSV, b""),
        (CSV, b"x,y\n"),
        (CSV, b"x,y\n0,0\n1,one\n"),
        (CSV, b"x,y,wieght\n0,0,1\n1,1,1\n"),
        (CSV, b"1,5;2\n2;2.5\n"),
        (CSV, b"0,0\n\xff,1\n"),
        (CSV, b"0,0\n"),
        (CSV, b"0,0\n0,1\n"),
        (CSV, b"0,0\n1e101,1\n"),
        (CSV, b"x,y,weight\n0,0,1\n1,1,-1\n"),
        (CSV, b"x,y,weight\n0,0,0\n1,1,0\n"),
        (CSV, b"x,y,tolerance\n0,0,1\n1,1,-1\n"),
        (CSV, b"0,0\n" + b"1,1\n" * 100_000),
        (NPY, b"0,0\n1,1\n"),
        (NPY, npy(np.zeros((3, 3)))),
        (NPY, npy(np.array([[0, 1], [np.nan, 1]]))),
        (NPY, structured([(0, 0, 1), (1, 1, -1)], "x", "y", "tolerance")),
        (NPY, npy(np.zeros((2, 100_001), "i1"))),
        (JSON, b"{"),
        (JSON, b""),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_words_of_a_job(client, media_type, body):
    ours = post(client, body, media_type)
    theirs = post(
        client, body, media_type, "jobs", **({} if media_type == JSON else {"max_segments": 3})
    )
    assert ours.status_code in (400, 422)
    assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"x": [0, 1]}, "y"),
        ({"x": [0, 1], "y": [0, "1"]}, "y.1"),
        ({"x": [0, 1], "y": [0]}, "y"),
        ({"x": [0, 1], "y": [0, 1, 2]}, "y"),
        ({"x": [0, 0], "y": [0, 1]}, "x.1 x.0"),
        ({"x": [0, 1], "y": [0, 1], "weight": [1, -1]}, "weight.1"),
        ({"x": [0, 1], "y": [0, 1], "weight": [0, 0]}, "weight"),
        ({"x": [0, 1], "y": [0, 1], "tolerance": [1, -1]}, "tolerance.1"),
        ({"x": [0, 1], "y": [0, 1], "tolerance": [1]}, "tolerance"),
        ({"x": [0, 1], "y": [0, 1], "tolerance": 1}, "tolerance"),
        ({"x": [0, 1], "y": [0, 1], "target": {}}, "target"),
        ({"x": [0] * 100_001, "y": [0] * 100_001}, "x"),
    ],
)
def test_what_is_wrong_in_json_is_named_as_it_stands_there(client, problem, document, field):
    answer = problem(post(client, json.dumps(document), JSON), 422, "invalid-input")
    assert [error["field"] for error in answer["errors"]] == field.split()


def test_a_body_of_another_kind_is_unsupported(client, problem):
    response = post(client, b"0,0\n1,1\n", "text/plain")
    problem(response, 415, "unsupported-media-type")
    assert response.headers["accept"] == f"{JSON}, {CSV}, {NPY}"


def test_nothing_is_asked_and_nothing_is_kept(empty_service, problem):
    client, stores = empty_service.client, empty_service.stores
    post(client, b"0,0\n1,1\n", CSV).raise_for_status()
    refused = problem(post(client, b"0,0\n1,1\n", CSV, tolerance=1), 422, "invalid-input")
    assert refused["errors"][0]["field"] == "tolerance"
    assert client.get("/v1/jobs").json()["data"] == []
    assert stores.artifacts.input_names() == []


@pytest.fixture
def kept(service, question):
    """A job that waits, with its samples: ``kept()`` makes one more."""

    def make(body=b"x,y,weight\n1,0.1,3\n0,1e-7,1\n0.3,-2,1\n"):
        query = {"tolerance": 0.1, "metric": "rmse"}
        job = post(service.client, body, CSV, "jobs", **query).raise_for_status().json()
        return f"/v1/jobs/{job['id']}/samples"

    return make


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("of", ["job", "model"])
def test_samples_come_in_each_form_by_its_name_and_by_its_type(client, model, kept, of, form):
    address = kept() if of == "job" else f"/v1/models/{model.id}/samples"
    named = client.get(address, params={"format": form})
    typed = client.get(address, headers={"Accept": FORMS[form].split(";")[0]})
    for response in (named, typed):
        assert response.status_code == 200
        assert response.headers["content-type"] == FORMS[form]
        assert "immutable" in response.headers["cache-control"]
        assert ("content-disposition" in response.headers) == (form == "npy")
    assert named.content == typed.content
    known = {"If-None-Match": named.headers["etag"]}
    assert client.get(address, params={"format": form}, headers=known).status_code == 304


def test_samples_as_npy_are_as_they_are_stored(client, model):
    response = client.get(f"/v1/models/{model.id}/samples?format=npy")
    assert response.content == model.samples.to_npy()
    name = f"foldline-{model.id[:12]}-samples.npy"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_samples_can_be_sent_again_in_every_form(client, kept):
    address = kept()
    first = client.get(address).json()
    assert first == {
        "x": [0.0, 0.3, 1.0],
        "y": [1e-7, -2.0, 0.1],
        "weight": [1.0, 1.0, 3.0],
        "tolerance": None,
    }
    for form, media_type in FORMS.items():
        content = client.get(address, params={"format": form}).content
        assert post(client, content, media_type).json() == first


@given(st.dictionaries(st.integers(-(2**50), 2**50), NUMBERS, min_size=2, max_size=9))
def test_numbers_in_csv_read_back_exactly(points):
    samples = canonical_samples([place / 7 for place in points], list(points.values()))
    again = read_csv(Curve.of(samples).to_csv())
    np.testing.assert_array_equal(again.x, samples.x)
    np.testing.assert_array_equal(again.y, samples.y)


@pytest.mark.parametrize("address", ["/v1/models/none/samples", "/v1/jobs/none/samples"])
def test_there_are_no_samples_of_what_is_not_there(client, problem, address):
    assert "there is no" in problem(client.get(address), 404, "not-found")["detail"]


def test_a_form_that_is_not_offered_is_refused(client, model, problem):
    address = f"/v1/models/{model.id}/samples"
    problem(client.get(address, headers={"Accept": "image/png"}), 406, "not-acceptable")
    problem(client.get(address, params={"format": "c"}), 422, "invalid-input")


def test_a_job_that_has_ended_has_its_samples_still(client, kept):
    address = kept()
    before = client.get(address).content
    client.post(address.replace("samples", "cancel")).raise_for_status()
    assert client.get(address).content == before


def test_jobs_of_a_batch_have_their_own_samples(client):
    body = b"x;first;second\n0;1;2\n1;;3,5\n2;4;5\n"
    batch = post(client, body, CSV, "batches", tolerance=0.1).raise_for_status().json()
    client.post(batch["links"]["cancel"]).raise_for_status()
    lines = client.get(f"{batch['links']['results']}?order=input").text.splitlines()
    first, second = (f"/v1/jobs/{json.loads(line)['job_id']}/samples" for line in lines)
    assert client.get(first).json()["y"] == [1.0, 4.0]
    assert client.get(second).json()["y"] == [2.0, 3.5, 5.0]
    stored = Samples.from_npy(client.get(first, params={"format": "npy"}).content)
    assert stored.x.tolist() == [0.0, 2.0]


def test_samples_of_a_job_that_was_answered_at_once_are_its_models(
    empty_service, make_model, problem
):
    client = empty_service.client
    model = make_model().store(empty_service.stores)
    asked = {
        "samples": {"x": model.samples.x.tolist(), "y": model.samples.y.tolist()},
        "target": {"tolerance": model.tolerance},
    }
    job = client.post("/v1/jobs", json=asked).json()
    assert job["cached"]
    address = f"/v1/jobs/{job['id']}/samples"
    assert client.get(address).json() == client.get(f"/v1/models/{model.id}/samples").json()
    client.delete(f"/v1/models/{model.id}").raise_for_status()
    answer = problem(client.get(address), 404, "not-found")
    assert answer["detail"] == f"the samples of job '{job['id']}' are not kept any more"
    assert client.get(f"/v1/jobs/{job['id']}").status_code == 200
