"""POST /v1/jobs with the curve itself as the body."""

import io
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

CSV = {"Content-Type": "text/csv; charset=utf-8"}
NPY = {"Content-Type": "application/x-npy"}


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def post(client, body, headers, **query):
    return client.post("/v1/jobs", content=body, headers=headers, params=query)


def test_a_csv_file_asks_the_same_question_as_json(client):
    job = post(
        client, b"x,y\n0,0\n1,1\n2,4\n", CSV, tolerance="1e-3", relative_to="range", effort="quick"
    ).json()
    asked = {
        "samples": {"x": [0, 1, 2], "y": [0, 1, 4]},
        "target": {"tolerance": 1e-3, "relative_to": "range"},
        "options": {"effort": "quick"},
    }
    same = client.post("/v1/jobs", json=asked).json()
    for field in ("samples", "target", "options"):
        assert job[field] == same[field]


@pytest.mark.parametrize(
    "array",
    [
        np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 4.0]]),
        np.array([[0, 0], [1, 1], [2, 4]]),
        np.asfortranarray(np.array([[0, 0], [1, 1], [2, 4]], dtype=np.float32)),
        np.array([(4, 2), (0, 0), (1, 1)], dtype=[("y", ">i2"), ("x", "<f8")]),
    ],
)
def test_an_npy_file_may_have_rows_columns_or_fields(client, array):
    answer = post(client, npy(array), NPY, tolerance=0.1)
    assert answer.status_code == 202, answer.text
    job = post(client, b"0,0\n1,1\n2,4", CSV, tolerance=0.1).json()
    assert answer.json()["samples"] == job["samples"]


def test_weights_and_tolerances_are_columns(client):
    job = post(client, b"x,y,tolerance\n0,0,0.1\n1,1,0.2", CSV).json()
    assert job["target"]["tolerance"] == "per_sample"
    fields = [("x", float), ("y", float), ("weight", float)]
    weighted = np.array([(0, 0, 1), (1, 1, 2)], dtype=fields)
    job = post(client, npy(weighted), NPY, metric="rmse", tolerance=0.1).json()
    assert job["samples"]["weighted"]


def test_a_name_can_be_given_in_the_address(client):
    assert post(client, b"0,0\n1,1", CSV, tolerance=1, name="line").json()["name"] == "line"


def test_metadata_and_a_webhook_can_be_given_in_the_address(client):
    events = ["job.succeeded", "job.failed"]
    said = {
        "metadata": ["sensor:flow-7", "at:2026-01-31T12:00"],
        "webhook_url": "https://example.org/hook",
    }
    job = post(client, b"0,0\n1,1", CSV, tolerance=1, **said, webhook_events=events).json()
    assert job["metadata"] == {"sensor": "flow-7", "at": "2026-01-31T12:00"}
    assert job["webhook"] == {"url": "https://example.org/hook", "events": events}
    job = post(client, npy(np.eye(2)), NPY, tolerance=1, **said).json()
    assert job["webhook"] == {"url": "https://example.org/hook", "events": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"metadata": "sensor"}, "metadata"),
        ({"metadata": ["a:1", "a:2"]}, "metadata"),
        ({"metadata": [f"{number}:" for number in range(17)]}, "metadata"),
        ({"webhook_url": "ftp://example.org"}, "webhook_url"),
        ({"webhook_events": "job.succeeded"}, "webhook_url"),
        (
            {"webhook_url": "https://example.org", "webhook_events": ["job.failed"] * 2},
            "webhook_events",
        ),
        ({"webhook_url": "https://example.org", "webhook_events": "all"}, "webhook_events.0"),
        ({"tolerance": "-1"}, "tolerance"),
        ({"tolerance": "small"}, "tolerance"),
        ({"tolerance": "0.1", "metric": "sup"}, "metric"),
        ({"tolerance": "0.1", "max_parameters": "2"}, "max_parameters"),
        ({"tolerence": "0.1"}, "tolerence"),
    ],
)
def test_what_is_wrong_in_the_address_is_named_as_it_stands_there(client, problem, query, field):
    answer = post(client, b"0,0\n1,1", CSV, **{"tolerance": "1", **query})
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == field


def test_a_question_without_a_goal_says_what_is_missing(client, problem):
    assert (
        "give a tolerance"
        in problem(post(client, b"0,0\n1,1", CSV), 422, "invalid-input")["detail"]
    )


def test_a_tolerance_is_given_once(client, problem):
    answer = post(client, b"x,y,tolerance\n0,0,0.1\n1,1,0.2", CSV, tolerance=0.1)
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "tolerance"


def test_a_bad_line_is_named_by_its_number(client, problem):
    answer = post(client, b"x,y\n0,0\n1,one\n", CSV, tolerance=0.1)
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "line.3"


@pytest.mark.parametrize(
    ("name", "value"),
    [("tolerance", "0.1"), ("metadata", "a:1"), ("webhook_url", "https://example.org")],
)
def test_json_has_a_place_for_what_else_the_address_says(client, question, problem, name, value):
    answer = client.post("/v1/jobs", json=question, params={name: value})
    (error,) = problem(answer, 422, "invalid-input")["errors"]
    assert error["field"] == name
    assert error["detail"] == "belongs into the JSON body, not into the address"


class Bomb:
    def __reduce__(self):
        return print, ("unpickled",)


def test_an_npy_file_with_a_pickle_is_refused_unread(client, problem, capfd):
    body = npy(np.array([Bomb(), Bomb()], dtype=object), allow_pickle=True)
    assert (
        "Python objects"
        in problem(post(client, body, NPY, tolerance=1), 422, "invalid-input")["detail"]
    )
    bare = pickle.dumps(Bomb())
    problem(post(client, bare, NPY, tolerance=1), 422, "invalid-input")
    assert "unpickled" not in capfd.readouterr().out


def test_an_npy_file_that_promises_more_than_it_holds_is_refused(client, problem):
    whole = npy(np.zeros((2, 100)))
    huge = whole.replace(b"(2, 100)", b"(2,9**9)").replace(b"9**9", b"9999")
    negative = whole.replace(b"(2, 100)", b"(-2,-10)")
    problem(post(client, negative, NPY, tolerance=1), 422, "invalid-input")
    for body in (whole[:-1], whole[:-800], huge, whole + b"x"):
        assert (
            "bytes follow"
            in problem(post(client, body, NPY, tolerance=1), 422, "invalid-input")["detail"]
        )


def test_an_npy_file_of_too_many_samples_is_refused_unread(client, problem):
    body = npy(np.zeros((2, 4_000_000), "i1"))
    answer = problem(post(client, body, NPY, tolerance=1), 422, "invalid-input")
    assert "has 4000000 samples; at most 100000" in answer["detail"]


@pytest.mark.parametrize(
    "array",
    [np.zeros(4), np.zeros((3, 3)), np.zeros((2, 2, 2)), np.array([["0", "1"], ["1", "2"]]),
     np.zeros((2, 3), complex), np.zeros(3, [("x", float), ("z", float)])],
)  # fmt: skip
def test_an_npy_file_of_another_shape_or_kind_is_refused(client, problem, array):
    problem(post(client, npy(array), NPY, tolerance=1), 422, "invalid-input")


@given(st.binary(max_size=300))
def test_no_bytes_are_a_server_error(service, data):
    for headers in (CSV, NPY, {"Content-Type": "application/json"}):
        assert post(service.client, data, headers, tolerance=1).status_code in (202, 400, 422)


@given(st.binary(max_size=200), st.integers(0, 250))
def test_no_damage_of_an_npy_file_is_a_server_error(service, data, place):
    whole = npy(np.arange(20.0).reshape(2, 10))
    damaged = whole[:place] + data + whole[place + len(data) :]
    assert post(service.client, damaged, NPY, tolerance=1).status_code in (201, 202, 422)


@given(st.text(alphabet="0123456789.,;e-+ \n\t#xyNaninf_\x00é", max_size=200))
def test_no_text_is_a_server_error(service, text):
    answer = post(service.client, text.encode(), CSV, tolerance=1)
    assert answer.status_code in (201, 202, 422)
    assert json.loads(answer.content)


@pytest.mark.parametrize(
    ("body", "headers", "field", "says"),
    [
        # Lines as an editor counts them: comments and empty ones, too.
        (b"# mV\nx,y\n\n0,0\n1,1\n1,2\n", CSV, ["line.6", "line.5"], "x has the value 1.0 twice"),
        (b"5,1\n0,0\n1e-200,2\n", CSV, ["line.3", "line.2"], "x is closer than 1e-100"),
        (b"x,y\n0,0\n1,1e101\n", CSV, ["line.3"], "y is 1e+101 here"),
        (b"x,y,weight\n0,0,1\n1,1,-1\n", CSV, ["line.3"], "weight must be"),
        (b"x,y,tolerance\n0,0,-1\n1,1,1\n", CSV, ["line.2"], "tolerance "),
        (npy(np.array([[3.0, 1.0, 3.0], [0, 0, 1]])), NPY, ["row.2", "row.0"], "x has the value"),
        (npy(np.array([[0.0, 1.0], [np.nan, 0]])), NPY, ["row.0"], "y "),
    ],
)
def test_what_is_wrong_with_a_sample_is_told_by_its_line_or_row(client, body, headers, field, says):
    said = {} if b"tolerance" in body else {"tolerance": 1}
    metric = "rmse" if b"weight" in body else "max_abs"
    answer = post(client, body, headers, metric=metric, **said)
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [error["field"] for error in errors] == field
    assert errors[0]["detail"].startswith(says)
