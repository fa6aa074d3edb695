"""Questions that have no answer: 422, naming the field and what would be right."""

import json

import pytest

NAN, INFINITY = float("nan"), float("inf")


def _set(document, path, value):
    for part in path[:-1]:
        document = document.setdefault(part, {})
    document[path[-1]] = value


REFUSED = {
    "fewer than two points": ("samples", {"x": [1.0], "y": [1.0]}, "samples.x"),
    "no points": ("samples", {"x": [], "y": []}, "samples.x"),
    "one point sent twice": ("samples", {"x": [1.0, 1.0], "y": [2.0, 2.0]}, "samples.x"),
    "more x than y": ("samples", {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0]}, "samples.y"),
    "more y than x": ("samples", {"x": [1.0, 2.0], "y": [1.0, 2.0, 3.0]}, "samples.y"),
    "NaN in x": ("samples", {"x": [1.0, NAN], "y": [1.0, 2.0]}, "samples.x.1"),
    "NaN in y": ("samples", {"x": [1.0, 2.0], "y": [NAN, 2.0]}, "samples.y.0"),
    "infinity": ("samples", {"x": [1.0, 2.0], "y": [1.0, -INFINITY]}, "samples.y.1"),
    "beyond the largest magnitude": (
        "samples",
        {"x": [1.0, 2.0], "y": [1.0, 1e301]},
        "samples.y.1",
    ),
    "one x with two y": ("samples", {"x": [1, 2, 1], "y": [1, 2, 3]}, "samples.x.2"),
    "text for a number": ("samples", {"x": ["1", 2], "y": [1, 2]}, "samples.x.0"),
    "true for a number": ("samples", {"x": [1, True], "y": [1, 2]}, "samples.x.1"),
    "null for a number": ("samples", {"x": [1, 2], "y": [None, 2]}, "samples.y.0"),
    "a number for a list": ("samples", {"x": 1, "y": [1, 2]}, "samples.x"),
    "a list for an object": ("samples", [[1, 2], [1, 2]], "samples"),
    "no y": ("samples", {"x": [1, 2]}, "samples.y"),
    "a third column": ("samples", {"x": [1, 2], "y": [1, 2], "z": [1, 2]}, "samples.z"),
    "tolerance below zero": ("target.tolerance", -0.1, "target.tolerance"),
    "tolerance without limit": ("target.tolerance", INFINITY, "target.tolerance"),
    "tolerance in words": ("target.tolerance", "small", "target.tolerance"),
    "no tolerance and no budget": ("target", {}, "target.tolerance"),
    "an unknown metric": ("target.metric", "l3", "target.metric"),
    "an unknown field of the target": ("target.toleranze", 1, "target.toleranze"),
    "a relative error in ranges": (
        "target",
        {"metric": "max_rel", "tolerance": 0.1, "relative_to": "range"},
        "target.relative_to",
    ),
    "a relative error where y is 0": (
        "target",
        {"metric": "max_rel", "tolerance": 0.1},
        "target.metric",
    ),
    "fewer tolerances than samples": ("target.tolerance", [1, 2, 3], "target.tolerance"),
    "a tolerance below zero among others": (
        "target.tolerance",
        [1, 2, -1, 1],
        "target.tolerance.2",
    ),
    "a tolerance too large among others": (
        "target.tolerance",
        [1, 2, 1e101, 1],
        "target.tolerance.2",
    ),
    "no tolerances at all": ("target.tolerance", [], "target.tolerance"),
    "the word for stored tolerances": ("target.tolerance", "per_sample", "target.tolerance"),
    "a tolerance for each sample for a mean": (
        "target",
        {"metric": "rmse", "tolerance": [1, 1, 1, 1]},
        "target.tolerance",
    ),
    "weights for a largest error": ("samples.weight", [1, 1, 1, 1], "samples.weight"),
    "fewer weights than samples": ("samples.weight", [1, 1], "samples.weight"),
    "a weight below zero": ("samples.weight", [1, 1, -1, 1], "samples.weight.2"),
    "weights of zero alone": ("samples.weight", [0, 0, 0, 0], "samples.weight"),
    "a floor of zero": (
        "target",
        {"metric": "max_rel", "tolerance": 0.1, "floor": 0},
        "target.floor",
    ),
    "a floor for another metric": ("target.floor", 1, "target.floor"),
    "an unknown thing to minimise": ("options.minimise", "time", "options.minimise"),
    "an unknown option": ("options.speed", "high", "options.speed"),
    "a budget too small for any network": (
        "options.max_parameters",
        3,
        "options.max_parameters",
    ),
    "an unknown field": ("tolerance", 0.1, "tolerance"),
    "a field that is no pointer": ("a/b~c", 1, "a/b~c"),
    "a name without letters": ("name", "", "name"),
    "too many labels": ("metadata", {str(i): "" for i in range(17)}, "metadata"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_is_refused_with_the_name_of_the_field(client, question, case):
    path, value, field = REFUSED[case]
    _set(question, path.split("."), value)
    # json.dumps writes NaN and Infinity as Python's own parser takes them.
    response = client.post(
        "/v1/jobs", content=json.dumps(question), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["type"] == "urn:foldline:problem:invalid-input"
    error = document["errors"][0]
    assert error["field"] == field
    assert field in document["detail"]


def test_unequal_counts_are_both_named(client, question, problem):
    question["target"]["tolerance"] = [1, 2, 3]
    document = problem(client.post("/v1/jobs", json=question), 422, "invalid-input")
    assert "has 3 values but samples.x has 4" in document["errors"][0]["detail"]


def test_a_number_too_large_for_a_float_is_infinite(client, problem):
    body = b'{"samples": {"x": [1, 1e999], "y": [1, 2]}, "target": {"tolerance": 1}}'
    headers = {"Content-Type": "application/json"}
    document = problem(client.post("/v1/jobs", content=body, headers=headers), 422, "invalid-input")
    assert document["errors"][0]["field"] == "samples.x.1"


def test_pointers_escape_what_json_pointers_escape(client, question):
    response = client.post("/v1/jobs", json={**question, "a/b~c": 1})
    assert response.json()["errors"][0]["pointer"] == "/a~1b~0c"


def test_all_wrong_fields_are_named_at_once(client, problem):
    asked = {"samples": {"x": [1]}, "target": {"tolerance": -1}, "extra": 1}
    document = problem(client.post("/v1/jobs", json=asked), 422, "invalid-input")
    assert {error["field"] for error in document["errors"]} == {
        "samples.x",
        "samples.y",
        "target.tolerance",
        "extra",
    }
    assert "3 more" in document["detail"]


def test_of_very_many_wrong_fields_the_first_twenty_are_named(client, question, problem):
    asked = {**question, **{f"extra{i}": 1 for i in range(30)}}
    document = problem(client.post("/v1/jobs", json=asked), 422, "invalid-input")
    assert len(document["errors"]) == 20
    assert "29 more; the first 20 are listed" in document["detail"]


def test_a_flood_of_unknown_fields_is_one_error(client, question, problem):
    asked = {**question, "options": {f"extra{i}": 1 for i in range(100_000)}}
    document = problem(client.post("/v1/jobs", json=asked), 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == ["options"]


def test_a_flood_of_bad_numbers_is_one_error(client, question, problem):
    question["samples"]["x"] = [None] * 300_000
    document = problem(client.post("/v1/jobs", json=question), 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == ["samples.x.0"]


@pytest.mark.parametrize("many", [[[]], [1, 2], [""], [{"a": 1}]])
def test_a_flood_of_values_is_refused_before_they_are_read(client, model, question, problem, many):
    asked = {**question, "samples": many * 500_000}
    points = f"/v1/models/{model.id}/evaluate"
    ndjson = {"content": json.dumps(asked), "headers": {"Content-Type": "application/x-ndjson"}}
    batches = [client.post("/v1/batches", **ndjson).json()]
    if many == [1, 2]:
        # Of lists and objects an item has fewer still.
        batches.append(client.post("/v1/batches", json={"items": [question, asked]}).json())
    found = [
        problem(client.post("/v1/jobs", json=asked), 422, "invalid-input"),
        problem(client.post(points, json={"x": many * 500_000}), 422, "invalid-input"),
        *(refusal["problem"] for batch in batches for refusal in batch["refusals"]),
    ]
    assert len(found) == 2 + len(batches)
    for document in found:
        assert document["errors"][0]["field"] == ""
        assert "has more values than 100000 samples take" in document["detail"]


def test_a_flood_of_events_is_one_error(client, question, problem):
    question["webhook"] = {"url": "https://example.org", "events": ["no event"] * 300_000}
    document = problem(client.post("/v1/jobs", json=question), 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == ["webhook.events.0"]


def test_what_would_be_right_is_said_in_words_of_json(client, question, problem):
    asked = {**question, "target": 1, "metadata": 2, "webhook": {"url": "ftp://example.org"}}
    document = problem(client.post("/v1/jobs", json=asked), 422, "invalid-input")
    assert {error["field"]: error["detail"] for error in document["errors"]} == {
        "target": "must be a JSON object",
        "metadata": "must be a JSON object",
        "webhook.url": "must begin with https:// or http://",
    }


def test_one_point_more_than_allowed_is_refused(run_service, broker, question, problem):
    question["samples"] = {"x": list(range(11)), "y": [0] * 11}
    with run_service(redis_url=broker.url, max_points=10) as service:
        document = problem(service.client.post("/v1/jobs", json=question), 422, "invalid-input")
    assert document["errors"][0]["field"] == "samples.x"
    assert "at most 10" in document["detail"]


@pytest.mark.parametrize("where", ["name", "field", "label"])
def test_half_a_character_is_refused(client, where, problem):
    half = "\\ud800"
    body = {
        "name": f'"name": "{half}"',
        "field": f'"{half}": 1',
        "label": f'"metadata": {{"{half}": "x"}}',
    }[where]
    content = '{"samples": {"x": [1, 2], "y": [1, 2]}, "target": {"tolerance": 1}, ' + body + "}"
    response = client.post(
        "/v1/jobs", content=content, headers={"Content-Type": "application/json"}
    )
    problem(response, 422, "invalid-input")


def test_nothing_is_kept_of_a_refused_question(empty_service, question):
    question["samples"]["y"][0] = None
    assert empty_service.client.post("/v1/jobs", json=question).status_code == 422
    assert empty_service.client.get("/v1/jobs").json()["data"] == []
