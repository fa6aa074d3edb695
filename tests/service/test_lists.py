"""Lists of jobs, batches and models: pages, newest first, of what is wanted."""

import re
from datetime import UTC, datetime

import pytest

from schemas.models import ModelFacts
from schemas.problems import Problem, ProblemType
from tests.jobs import take


def _collect(client, path, limit, **wanted):
    """All pages of a list, one after the other."""
    pages, cursor = [], None
    while not pages or cursor is not None:
        query = {**wanted, "limit": limit} | ({} if cursor is None else {"cursor": cursor})
        document = client.get(path, params=query).raise_for_status().json()
        pages.append([entry["id"] for entry in document["data"]])
        cursor = document["next_cursor"]
    return pages


def _post(client, question):
    return client.post("/v1/jobs", json=question).raise_for_status().json()["id"]


def test_jobs_come_newest_first_in_pages(empty_service, question):
    ids = [_post(empty_service.client, question) for _ in range(5)]
    pages = _collect(empty_service.client, "/v1/jobs", 2)
    assert pages == [ids[4:2:-1], ids[2:0:-1], ids[0::-1]]


def test_a_page_that_is_just_full_is_the_last(empty_service, question):
    ids = [_post(empty_service.client, question) for _ in range(4)]
    assert _collect(empty_service.client, "/v1/jobs", 2) == [ids[3:1:-1], ids[1::-1]]


def test_pages_do_not_shift_when_jobs_are_added(empty_service, question):
    client = empty_service.client
    ids = [_post(client, question) for _ in range(4)]
    first = client.get("/v1/jobs", params={"limit": 2}).json()
    _post(client, question)
    second = client.get("/v1/jobs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in second["data"]] == ids[1::-1]


def test_models_come_newest_first_in_pages(empty_service, make_model):
    ids = [
        make_model(tolerance=tolerance).store(empty_service.stores, created_ms=tolerance).id
        for tolerance in (1, 20, 300)
    ]
    assert _collect(empty_service.client, "/v1/models", 2) == [ids[2:0:-1], ids[0::-1]]
    assert _collect(empty_service.client, "/v1/models", 3) == [ids[::-1]]


def test_models_whose_files_are_gone_are_left_out(empty_service, make_model):
    kept = make_model().store(empty_service.stores)
    empty_service.stores.models.add("0" * 32, created_ms=5, facts=ModelFacts(met=True))
    assert _collect(empty_service.client, "/v1/models", 20) == [[kept.id]]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches", "/v1/models"])
def test_an_empty_list_is_an_empty_page(empty_service, path):
    assert empty_service.client.get(path).json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches", "/v1/models"])
@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
def test_a_limit_out_of_bounds_is_refused(client, problem, path, limit):
    document = problem(client.get(path, params={"limit": limit}), 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == ["limit"]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches", "/v1/models"])
@pytest.mark.parametrize("cursor", ["", "%", "abc", "a", "AAAA", "é", "x" * 5_000, "gICA"])
def test_a_cursor_that_is_none_is_refused(client, problem, path, cursor):
    response = client.get(path, params={"cursor": cursor})
    document = problem(response, 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == ["cursor"]


@pytest.fixture
def three_models(empty_service, make_model):
    """Models of January, February and March 1970, by what they are called."""
    labelled = [
        ("red", {"site": "1"}, True),
        ("blue", {"site": "1", "line": "a"}, False),
        ("red", {}, False),
    ]
    ids = []
    for month, (name, metadata, met) in enumerate(labelled, start=1):
        made = make_model(tolerance=month)
        update = {"name": name, "metadata": metadata, "met": met}
        made.model = made.model.model_copy(update=update)
        created = datetime(1970, month, 15, tzinfo=UTC)
        ids.append(made.store(empty_service.stores, created_ms=int(created.timestamp() * 1e3)).id)
    return ids


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [2, 1, 0]),
        ({"name": "red"}, [2, 0]),
        ({"name": "red", "met": "true"}, [0]),
        ({"search": "E"}, [2, 1, 0]),
        ({"search": "eD"}, [2, 0]),
        ({"search": "reds"}, []),
        ({"metadata": "site:1"}, [1, 0]),
        ({"metadata": ["site:1", "line:a"]}, [1]),
        ({"met": "false"}, [2, 1]),
        ({"created_from": "1970-02-01T00:00:00Z"}, [2, 1]),
        ({"created_before": "1970-02-01T00:00:00"}, [0]),
        ({"created_from": "1970-02-01", "created_before": "1970-03-01"}, [1]),
        ({"name": "green"}, []),
    ],
)
def test_models_are_filtered(empty_service, three_models, query, found):
    _check_found(empty_service.client, "/v1/models", query, [three_models[k] for k in found])


def _check_found(client, path, query, ids):
    for limit in (1, 20):
        pages = _collect(client, path, limit, **query)
        assert [entry for page in pages for entry in page] == ids


@pytest.fixture
def four_jobs(empty_service, question):
    """Jobs, the oldest first: one that met its target, one that did not, a failed and a new one."""
    ledger = empty_service.stores.ledger
    ids = []
    for name, metadata in [
        ("red", {"site": "1"}),
        ("blue", {"site": "1", "line": "a"}),
        ("red", {}),
        ("blue", {}),
    ]:
        ids.append(_post(empty_service.client, {**question, "name": name, "metadata": metadata}))
    met, unmet, failed = take(ledger, 3, holder="worker")
    ledger.succeed(met, model_id="0" * 32, met=True, error=0.0)
    ledger.succeed(unmet, model_id="1" * 32, met=False, error=1.0)
    ledger.fail(failed, problem=Problem.of(ProblemType.INTERNAL, status=500, detail="because"))
    return ids


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "failed"}, [2]),
        ({"status": ["queued", "failed"]}, [3, 2]),
        ({"status": "cancelled"}, []),
        ({"status": "succeeded", "name": "red"}, [0]),
        ({"name": "red"}, [2, 0]),
        ({"name": "re"}, []),
        ({"search": "RE"}, [2, 0]),
        ({"metadata": "site:1"}, [1, 0]),
        ({"metadata": ["site:1", "line:a"]}, [1]),
        ({"met": "true"}, [0]),
        ({"met": "false"}, [1]),
        ({"created_from": "2020-01-01"}, [3, 2, 1, 0]),
        ({"created_before": "2020-01-01"}, []),
    ],
)
def test_jobs_are_filtered(empty_service, four_jobs, query, found):
    _check_found(empty_service.client, "/v1/jobs", query, [four_jobs[k] for k in found])


def test_jobs_and_batches_are_found_by_the_very_moment_of_their_creation(empty_service, question):
    client = empty_service.client
    for path, body in [("/v1/jobs", question), ("/v1/batches", {"items": [question]})]:
        ids = [client.post(path, json=body).raise_for_status().json()["id"] for _ in range(3)]
        moment = client.get(f"{path}/{ids[1]}").json()["created_at"]
        _check_found(client, path, {"created_from": moment}, ids[:0:-1])
        _check_found(client, path, {"created_before": moment}, ids[:1])


def test_batches_are_filtered(empty_service, question):
    client = empty_service.client
    red, blue = (
        client.post(
            "/v1/batches", json={"items": [question], "name": name, "metadata": {"for": name}}
        ).json()["id"]
        for name in ("red", "blue")
    )
    client.post(f"/v1/batches/{red}/cancel").raise_for_status()
    for query, found in [
        ({"status": "cancelled"}, [red]),
        ({"status": ["running", "cancelled"]}, [blue, red]),
        ({"status": "completed"}, []),
        ({"status": "running", "name": "red"}, []),
        ({"name": "blue"}, [blue]),
        ({"search": "Blu"}, [blue]),
        ({"metadata": "for:red"}, [red]),
    ]:
        _check_found(client, "/v1/batches", query, found)


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches", "/v1/models"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metadata", "site"),
        ("metadata", ["site:1", "site:2"]),
        ("met", "maybe"),
        ("created_from", "yesterday"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(client, problem, path, name, value):
    document = problem(client.get(path, params={name: value}), 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == [name]


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/v1/jobs", ["queued", "running", "succeeded", "failed", "cancelled"]),
        ("/v1/batches", ["running", "completed", "cancelled"]),
    ],
)
def test_an_unknown_status_is_refused_with_those_that_there_are(client, problem, path, statuses):
    response = client.get(path, params={"status": ["running", "done"]})
    (error,) = problem(response, 422, "invalid-input")["errors"]
    assert error["field"] == "status.1"
    assert re.findall(r"'(\w+)'", error["detail"]) == statuses
