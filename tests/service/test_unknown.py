"""Things that are not there, and methods that are not offered."""

import pytest

ODD = [
    "job_000000000000",
    "a%2Fb",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%2e",
    "%00",
    "%0a",
    "%20",
    "%ff",
    "%C3%A9",
    "%F0%9F%98%80" * 199,
    "x" * 250,
    "x" * 20_000,
    "%7B%7D",
    "*",
]
BELOW_A_MODEL = ["", "/network", "/breakpoints", "/plot.svg"]


@pytest.mark.parametrize("identifier", ODD)
def test_an_unknown_job_is_not_found_whatever_its_id(client, problem, identifier):
    problem(client.get(f"/v1/jobs/{identifier}"), 404, "not-found")


@pytest.mark.parametrize("path", BELOW_A_MODEL)
@pytest.mark.parametrize("identifier", ODD)
def test_an_unknown_model_is_not_found_whatever_its_id(client, problem, identifier, path):
    problem(client.get(f"/v1/models/{identifier}{path}"), 404, "not-found")


@pytest.mark.parametrize("identifier", ODD)
def test_an_unknown_model_is_not_evaluated(client, problem, identifier):
    response = client.post(f"/v1/models/{identifier}/evaluate", json={"x": [1]})
    problem(response, 404, "not-found")


def test_the_answer_names_what_was_looked_for(client, problem):
    document = problem(client.get("/v1/jobs/job_7"), 404, "not-found")
    assert document["detail"] == "there is no job 'job_7'"


@pytest.mark.parametrize(
    "path", ["/page", "/v1", "/v2/jobs", "/v1/jobs/", "/v1/jobs/x/y", "/favicon.ico"]
)
def test_an_unknown_address_is_not_found(client, problem, path):
    problem(client.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/jobs", {"GET", "HEAD", "POST"}),
        ("PUT", "/v1/jobs/x", {"DELETE", "GET", "HEAD"}),
        ("POST", "/v1/models", {"GET", "HEAD"}),
        ("GET", "/v1/models/x/evaluate", {"POST"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_offered_says_which_are(client, problem, method, path, allowed):
    response = client.request(method, path)
    problem(response, 405, "method-not-allowed")
    assert set(response.headers["allow"].split(", ")) == allowed
