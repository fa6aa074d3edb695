"""Bodies that nobody wrote, or somebody with bad intentions: refused, and never a server error."""

import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.batches import BatchResult
from schemas.curves import Curve

CSV = "text/csv"
NPY = "application/x-npy"
JSON = "application/json"
NDJSON = "application/x-ndjson"


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


QUESTION = {
    "samples": {"x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 4.0], "weight": [1, 1, 2]},
    "target": {"metric": "rmse", "tolerance": 0.1, "relative_to": "absolute"},
    "options": {"effort": "quick", "seed": 1, "max_segments": 3, "time_limit": 2.5},
    "name": "a name",
    "metadata": {"key": "value"},
    "webhook": {"url": "https://example.org/hook", "events": ["job.succeeded"]},
}
ITEM = {**QUESTION, "custom_id": "first"}
VALID = {
    ("jobs", CSV): b"x,y\n0,0\n1,1\n2,4\n",
    ("jobs", NPY): npy(np.arange(12.0).reshape(2, 6)),
    ("jobs", JSON): json.dumps(QUESTION).encode(),
    ("samples", CSV): b"x;y\n0,5;0\n1;1\n2;4\n",
    ("samples", NPY): npy(np.arange(12.0).reshape(6, 2)),
    ("samples", JSON): json.dumps({**QUESTION["samples"], "tolerance": [0.1] * 3}).encode(),
    ("batches", CSV): b"x,a,b\n0,0,1\n1,1,\n2,4,0.25\n",
    ("batches", NDJSON): f"{json.dumps(ITEM)}\n{json.dumps(QUESTION)}\n".encode(),
    ("batches", JSON): json.dumps({"items": [ITEM, QUESTION], "name": "all"}).encode(),
}
every_kind = pytest.mark.parametrize("kind", VALID, ids="-".join)
bounded = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What parsers stumble over.
STONES = [
    b"1e999",
    b"-1e-999",
    b"1" * 5_000,
    b"NaN",
    b"-Infinity",
    b"null",
    b"true",
    b'"\\ud800"',
    b"\\u0000",
    b"\x00",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"[" * 2_000,
    b'{"a":' * 2_000,
    b"]",
    b"}",
    b'"',
    b",",
    b";",
    b"\r",
    b"\n",
    b"#",
    b'"x": [1, 2], ',
    b'"custom_id": 7, ',
]


@pytest.fixture
def answered(service, problem):
    """Sends a body, and checks that the answer is none of a broken server."""

    def send(kind, body):
        path, media_type = kind
        query = "?tolerance=0.1" if media_type in (CSV, NPY) and path != "samples" else ""
        headers = {"Content-Type": media_type}
        response = service.client.post(f"/v1/{path}{query}", content=body, headers=headers)
        if response.status_code in (400, 422):
            problem(response, response.status_code, response.json()["type"].rpartition(":")[2])
        elif path == "samples":
            assert response.status_code == 200, response.text
            canonical = Curve.model_validate_json(response.content)
            assert canonical.x == sorted(set(canonical.x))
        else:
            assert response.status_code in (201, 202), response.text
            links = response.json()["links"]
            assert service.client.get(links["self"]).status_code == 200
            if path == "batches":
                for line in service.client.get(links["results"]).raise_for_status().iter_lines():
                    BatchResult.model_validate_json(line)
        return response

    return send


@st.composite
def damaged(draw, whole):
    """A valid body with pieces that are lost, doubled, or replaced by others."""
    piece = st.one_of(st.binary(max_size=20), st.sampled_from(STONES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(whole)))
        stop = draw(st.integers(start, min(start + 20, len(whole))))
        between = draw(st.one_of(piece, st.just(whole[start:stop] * 2)))
        whole = whole[:start] + between + whole[stop:]
    return whole


@every_kind
@bounded
@given(body=st.binary(max_size=300))
def test_no_bytes_break_the_server(answered, kind, body):
    answered(kind, body)


@every_kind
@bounded
@given(data=st.data())
def test_no_damage_breaks_the_server(answered, kind, data):
    answered(kind, data.draw(damaged(VALID[kind])))


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(),
        st.integers(),
        st.sampled_from([10**400, -(2**63), 2**63, 5e-324, 1e308]),
        st.text(max_size=5),
        st.sampled_from(["\ud800", "\x00", "", "x" * 1_000, "per_sample"]),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def _places(document, path=()):
    yield path
    within = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in within:
        if isinstance(value, dict | list):
            yield from _places(value, (*path, name))
        else:
            yield (*path, name)


@bounded
@given(place=st.sampled_from(list(_places(ITEM))), value=anything)
def test_no_value_in_any_place_of_a_question_breaks_the_server(answered, place, value):
    document = json.loads(json.dumps(ITEM))
    if place:
        *path, last = place
        inner = document
        for name in path:
            inner = inner[name]
        inner[last] = value
    else:
        document = value
    line = json.dumps(document)
    answered(("batches", NDJSON), line)
    answered(("batches", JSON), json.dumps({"items": [document]}))
    alone = {name: v for name, v in document.items() if name != "custom_id"} if place else document
    answered(("jobs", JSON), json.dumps(alone))
    answered(("batches", JSON), json.dumps({"items": [ITEM], "name": value, "webhook": value}))


HOSTILE = {
    "a million commas": b"," * 1_000_000,
    "a million columns": b"x" + b",1" * 1_000_000 + b"\n1" + b",1" * 1_000_000,
    "a very long cell": b"x,y\n0,0\n1," + b"9" * 200_000 + b"\n",
    "a quote that never ends": b'x,y\n0,0\n1,"' + b"2\n" * 100_000,
    "a very long word for a number": b"x,y\n0,0\n1," + b"a" * 100_000 + b"\n",
    "NULs": b"\x00" * 100_000,
    "a number of 5,000 digits": b"1" * 5_000,
    "an endless exponent": b"1e" + b"9" * 100_000,
    "lists in lists": b"[" * 100_000,
    "objects in objects": b'{"items":' * 100_000,
    "a text that never ends": b'{"name": "' + b"x" * 1_000_000,
    "empty lines": b"\n" * 1_000_000,
    "only white space": b" " * 1_000_000,
    "100,000 bad lines": b"{\n" * 100_000,
}


@every_kind
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_no_hostile_body_breaks_the_server(answered, client, kind, body):
    response = answered(kind, body)
    assert response.status_code in (400, 422) or kind[0] == "batches"
    # However much was sent, the answer says it shortly.
    assert len(response.content) < 30_000
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("kind", [("jobs", CSV), ("batches", CSV), ("batches", NDJSON)])
def test_of_lines_without_anything_not_more_than_so_many_are_passed_over(answered, kind):
    begin, _, end = VALID[kind].partition(b"\n")
    blank = {CSV: b"\n#\r \t\n", NDJSON: b"\n \r\n\t\n"}[kind[1]]
    body = [begin, b"\n", blank * 33_333, b"\n", end]
    assert answered(kind, b"".join(body)).status_code == 202
    body[3] *= 2
    document = answered(kind, b"".join(body)).json()
    assert document["errors"][0]["field"] == "line.100002"


def test_white_space_of_any_kind_around_a_number_is_passed_over(answered):
    answered(("batches", CSV), b"x,a\n0,0\n\x1f4,\x1c0.25\x1f\n")


@pytest.mark.parametrize("custom_id", [1, 1.5, True, [], {}, "", "x" * 201, "\ud800"])
def test_a_custom_id_of_another_kind_is_refused(answered, custom_id):
    batch = answered(("batches", NDJSON), json.dumps({**ITEM, "custom_id": custom_id})).json()
    (refusal,) = batch["refusals"]
    assert [error["field"] for error in refusal["problem"]["errors"]] == ["custom_id"]


@pytest.mark.parametrize(
    ("member", "again", "field"),
    [
        ('"name": "a name"', '"name": "another"', "name"),
        ('"name": "a name"', '"n\\u0061me": "another"', "name"),
        ('"tolerance": 0.1', '"tolerance": 0.1', "target.tolerance"),
        ('"key": "value"', '"key": "other"', "metadata.key"),
    ],
)
def test_a_field_that_is_there_twice_is_refused(answered, member, again, field):
    body = json.dumps(QUESTION).replace(member, f"{member}, {again}")
    single = answered(("jobs", JSON), body).json()
    of_lines = answered(("batches", NDJSON), body).json()["refusals"][0]["problem"]
    of_items = answered(("batches", JSON), f'{{"items": [{body}]}}').json()["refusals"][0][
        "problem"
    ]
    for refused in (single, of_lines, of_items):
        (error,) = refused["errors"]
        assert (error["field"], error["detail"]) == (
            field,
            "is there twice; an object has each field once",
        )


def test_a_field_of_a_batch_that_is_there_twice_is_refused(answered):
    body = json.dumps({"items": [ITEM], "name": "a"})[:-1] + ', "name": "b"}'
    (error,) = answered(("batches", JSON), body).json()["errors"]
    assert error["field"] == "name"


def test_one_line_more_than_a_batch_may_have_is_refused(answered, service):
    waiting = service.stores.ledger.waiting()
    response = answered(("batches", NDJSON), VALID["jobs", JSON] + b"\n" + b"{}\n" * 10_000)
    assert "more than 10000 questions" in response.json()["detail"]
    assert service.stores.ledger.waiting() == waiting


def test_a_line_of_twenty_megabytes_is_refused_by_number_and_the_rest_goes_on(answered):
    line = json.dumps({**ITEM, "name": "x" * 20_000_000}).encode()
    body = b"\n".join([b"", VALID["jobs", JSON], line, VALID["jobs", JSON], b""])
    batch = answered(("batches", NDJSON), body).json()
    assert (batch["counts"]["queued"], batch["counts"]["refused"]) == (2, 1)
    (refusal,) = batch["refusals"]
    assert (refusal["line"], refusal["custom_id"]) == (3, None)
    assert "more than 16777216 bytes" in refusal["problem"]["detail"]


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_may_be_as_long_as_a_body_and_not_longer(storage_settings, run_service, end):
    line = VALID["jobs", JSON].ljust(1_024)
    body = b"\n".join([line, line + b" ", line + end])
    with run_service(redis_url=storage_settings.redis_url, max_body_bytes=1_024) as service:
        headers = {"Content-Type": NDJSON}
        batch = service.client.post("/v1/batches", content=body, headers=headers).json()
    assert batch["counts"]["queued"] == 2
    assert [refusal["line"] for refusal in batch["refusals"]] == [2]
