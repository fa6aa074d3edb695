"""Parameters in the address that an operation does not have."""

import pytest


@pytest.fixture
def operations(client):
    """Every operation, as method, path and what the document says of it."""
    return [
        (method, path, operation)
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method, operation in operations.items()
    ]


def known(operation):
    return [entry for entry in operation.get("parameters", ()) if entry["in"] == "query"]


def test_an_unknown_parameter_is_refused_by_name_wherever_it_is(client, operations, problem):
    tried = 0
    for method, path, operation in operations:
        if path.startswith("/v1/"):
            answer = client.request(method, path, params={"nmae": "x", "limitt": "5"})
            errors = problem(answer, 422, "invalid-input")["errors"]
            assert [error["field"] for error in errors] == ["nmae", "limitt"], path
            for entry in known(operation):
                assert entry["name"] in errors[0]["detail"]
            tried += 1
    assert tried > 15


def test_what_may_have_been_meant_is_said(client, problem):
    (error,) = problem(client.get("/v1/jobs?limt=5"), 422, "invalid-input")["errors"]
    assert error["detail"] == (
        "is not a parameter here, did you mean limit? possible: limit, cursor, status, name, "
        "search, metadata, met, created_from, created_before"
    )
    (error,) = problem(client.get("/v1/batches?q=5"), 422, "invalid-input")["errors"]
    assert error["detail"] == (
        "is not a parameter here; possible: limit, cursor, status, name, search, metadata, "
        "created_from, created_before"
    )
    (error,) = problem(client.get("/v1/jobs/job_0?q=5"), 422, "invalid-input")["errors"]
    assert error["detail"] == "is not a parameter here: there are none"


def test_one_value_that_is_given_twice_is_refused(client, operations, problem):
    tried = 0
    for method, path, operation in operations:
        for entry in known(operation):
            if entry["schema"].get("type") != "array":
                answer = client.request(method, path, params={entry["name"]: ["1", "1"]})
                (error,) = problem(answer, 422, "invalid-input")["errors"]
                assert (error["field"], error["detail"]) == (
                    entry["name"],
                    "is there twice; give it once",
                )
                tried += 1
    assert tried > 30


def test_lists_may_have_several_values(client):
    answer = client.get("/v1/models", params={"metadata": ["site:1", "line:a"], "limit": 1})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_what_probes_and_browsers_ask_for_may_have_any_parameter(client, path):
    assert client.get(path, params={"_": ["1", "2"]}).status_code == 200


def test_whoever_may_not_ask_is_told_that_first(run_service, broker, problem):
    with run_service(redis_url=broker.url, require_keys=True) as service:
        problem(service.client.get("/v1/jobs?limt=5"), 401, "unauthenticated")
