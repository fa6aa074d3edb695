"""Lists of jobs and models: pages, newest first."""

import time
from datetime import UTC, datetime

import pytest

from schemas.models import ModelFacts


def _collect(client, path, limit):
    """All pages of a list, one after the other."""
    pages, cursor = [], None
    while not pages or cursor is not None:
        query = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
        document = client.get(path, params=query).raise_for_status().json()
        pages.append([entry["id"] for entry in document["data"]])
        cursor = document["next_cursor"]
    return pages


def _post(client, question):
    job_id = client.post("/v1/jobs", json=question).json()["id"]
    # Ids sort to the millisecond; two jobs of one millisecond have no order.
    began = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == began:
        time.sleep(0.0002)
    return job_id


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


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/models"])
def test_an_empty_list_is_an_empty_page(empty_service, path):
    assert empty_service.client.get(path).json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/models"])
@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
def test_a_limit_out_of_bounds_is_refused(client, problem, path, limit):
    document = problem(client.get(path, params={"limit": limit}), 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == ["limit"]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/models"])
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
    for limit in (1, 20):
        ids, cursor = [], ""
        while cursor is not None:
            asked = {**query, "limit": limit} | ({"cursor": cursor} if cursor else {})
            page = empty_service.client.get("/v1/models", params=asked).raise_for_status().json()
            ids += [model["id"] for model in page["data"]]
            cursor = page["next_cursor"]
        assert ids == [three_models[index] for index in found]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metadata", "site"),
        ("metadata", ["site:1", "site:2"]),
        ("met", "maybe"),
        ("created_from", "yesterday"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(client, problem, name, value):
    document = problem(client.get("/v1/models", params={name: value}), 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == [name]
