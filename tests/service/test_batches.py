"""Batches: many questions at once, each with its own fate."""

import json
import threading

import pytest

from schemas.batches import Batch, item_id
from schemas.errors import NotFound
from schemas.jobs import JobStatus
from schemas.models import Model
from schemas.samples import Samples
from service import results
from storage.setbacks import Setback
from tests.jobs import take
from tests.waiting import HANGS_AFTER_S

NDJSON = {"Content-Type": "application/x-ndjson"}


def item(number, **more):
    samples = {"x": [0.0, 1.0, 2.0], "y": [0.0, 1.0 + number, 4.0]}
    return {"samples": samples, "target": {"tolerance": 0.1}, "custom_id": f"c{number}", **more}


def ndjson(*documents):
    return "\n".join(d if isinstance(d, str) else json.dumps(d) for d in documents)


def lines(response):
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


@pytest.fixture
def client(empty_service):
    return empty_service.client


@pytest.fixture
def ledger(empty_service):
    return empty_service.stores.ledger


@pytest.fixture
def end(ledger, empty_service, make_model):
    """Ends the next waiting job, or all that wait, with a model."""
    model = make_model().store(empty_service.stores)

    def end_jobs(count=1_000):
        claims = take(ledger, count)
        for claim in claims:
            ledger.succeed(claim, model_id=model.id, met=True, error=0.5)
        return [claim.job_id for claim in claims]

    return end_jobs


def test_every_line_becomes_a_job_with_its_samples(client, empty_service):
    response = client.post("/v1/batches", content=ndjson(item(1), "", item(2)), headers=NDJSON)
    assert response.status_code == 202
    batch = Batch.model_validate_json(response.content)
    assert response.headers["location"] == batch.links.self
    assert batch.counts.model_dump() == {
        "total": 2, "refused": 0, "queued": 2, "running": 0,
        "succeeded": 0, "failed": 0, "cancelled": 0,
    }  # fmt: skip
    job = client.get(f"/v1/jobs/{item_id(batch.id, 1)}").json()
    assert (job["batch_id"], job["custom_id"], job["status"]) == (batch.id, "c2", "queued")
    place = empty_service.stores.ledger.get(job["id"]).input
    content = empty_service.stores.artifacts.get_input(
        place.name, offset=place.offset, length=place.length
    )
    assert Samples.from_npy(content).y.tolist() == [0.0, 3.0, 4.0]


def test_json_and_csv_tables_are_batches_too(client):
    document = {"items": [item(1), item(2)], "name": "nightly", "metadata": {"site": "7"}}
    batch = client.post("/v1/batches", json=document).json()
    assert (batch["name"], batch["metadata"]) == ("nightly", {"site": "7"})
    assert batch["counts"]["queued"] == 2
    table = "x,left,right\n0,0,1\n1,1,\n2,4,0.25\n3,9,0.125\n"
    batch = client.post(
        "/v1/batches?tolerance=0.1&relative_to=range&name=table",
        content=table,
        headers={"Content-Type": "text/csv"},
    ).json()
    assert (batch["name"], batch["counts"]["queued"]) == ("table", 2)
    jobs = [client.get(f"/v1/jobs/{item_id(batch['id'], index)}").json() for index in (0, 1)]
    assert [job["custom_id"] for job in jobs] == ["left", "right"]
    # An empty cell is no sample.
    assert [job["samples"]["count"] for job in jobs] == [4, 3]
    assert jobs[0]["target"]["relative_to"] == "range"


@pytest.mark.parametrize(
    ("kind", "content", "query"),
    [
        ("text/csv", "x,a\n0,0\n1,1\n", {"tolerance": 1}),
        ("application/x-ndjson", ndjson(item(1)), {}),
    ],
)
def test_what_is_said_of_a_batch_as_a_whole_can_be_in_its_address(client, kind, content, query):
    query = {
        **query,
        "name": "nightly",
        "metadata": ["site:7", "line:a"],
        "webhook_url": "https://example.org/hook",
        "webhook_events": "batch.completed",
    }
    answer = client.post(
        "/v1/batches", params=query, content=content, headers={"Content-Type": kind}
    )
    batch = answer.json()
    assert (batch["name"], batch["metadata"]) == ("nightly", {"site": "7", "line": "a"})
    assert batch["webhook"] == {"url": "https://example.org/hook", "events": ["batch.completed"]}
    assert batch["counts"]["queued"] == 1


def test_what_is_wrong_in_the_address_of_a_batch_is_named_as_it_stands_there(client, problem):
    headers = {"Content-Type": "text/csv"}
    query = {"tolerance": 1, "webhook_events": "job.failed"}
    answer = client.post("/v1/batches", params=query, content="x,a\n0,0\n1,1\n", headers=headers)
    (error,) = problem(answer, 422, "invalid-input")["errors"]
    assert (error["field"], error["detail"]) == ("webhook_url", "is missing")


def test_what_is_wrong_with_a_line_is_said_by_line_and_does_not_sink_the_rest(client, end):
    bad = item(2, target={"tolerance": -1})
    content = ndjson(item(1), bad, "{nonsense", item(1), item(3))
    batch = client.post("/v1/batches", content=content, headers=NDJSON).json()
    assert (batch["counts"]["total"], batch["counts"]["refused"]) == (5, 3)
    said = {refusal["line"]: refusal["problem"] for refusal in batch["refusals"]}
    assert said[2]["errors"][0]["field"] == "target.tolerance"
    assert said[2]["detail"].startswith("line.2.target.tolerance: ")
    assert "line of its own" in said[3]["detail"]
    assert "'c1' again" in said[4]["detail"]
    end()
    found = lines(client.get(batch["links"]["results"]))
    assert [result["index"] for result in found] == [0, 1, 2, 3, 4]
    assert [result["line"] for result in found] == [1, 2, 3, 4, 5]
    assert [result["status"] for result in found] == [
        "succeeded", "refused", "refused", "refused", "succeeded",
    ]  # fmt: skip
    assert client.get(batch["links"]["self"]).json()["status"] == "completed"


def test_a_question_that_is_no_object_is_named_by_its_place(client):
    batch = client.post("/v1/batches", json={"items": [item(1), 3]}).json()
    (refusal,) = batch["refusals"]
    assert (refusal["line"], refusal["index"]) == (None, 1)
    assert refusal["problem"]["detail"] == "items.1: must be a JSON object"
    batch = client.post("/v1/batches", content=b"\n[]\n", headers=NDJSON).json()
    (result,) = lines(client.get(batch["links"]["results"]))
    assert (result["line"], result["index"]) == (2, 0)
    assert result["problem"]["detail"] == "line.2: must be a JSON object"


def test_a_column_that_cannot_be_read_is_named_with_its_line(client):
    table = "x,left,right\n0,0,1\n1,oops,2\n2,4,3\n"
    headers = {"Content-Type": "text/csv"}
    batch = client.post("/v1/batches?tolerance=1", content=table, headers=headers).json()
    (refusal,) = batch["refusals"]
    assert (refusal["custom_id"], refusal["line"], refusal["index"]) == ("left", 3, 0)
    assert batch["counts"]["queued"] == 1


def test_a_column_with_two_values_at_one_x_names_both_lines(client):
    table = "x,left,right\n0,0,1\n1,1,\n1,2,3\n\n2,4,3\n"
    headers = {"Content-Type": "text/csv"}
    batch = client.post("/v1/batches?tolerance=1", content=table, headers=headers).json()
    (refusal,) = batch["refusals"]
    assert (refusal["custom_id"], refusal["line"], refusal["index"]) == ("left", 4, 0)
    said = [error["detail"] for error in refusal["problem"]["errors"]]
    fields = [error["field"] for error in refusal["problem"]["errors"]]
    assert all("x has the value 1.0 twice" in detail for detail in said)
    assert fields == ["line.4", "line.3"]
    assert batch["counts"]["queued"] == 1


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/x-ndjson", "tolerance"),
        ("application/json", "name"),
        ("application/json", "metadata"),
    ],
)
def test_what_the_body_has_a_place_for_is_not_passed_over_in_the_address(
    client, problem, kind, name
):
    content = ndjson(item(1)) if "nd" in kind else json.dumps({"items": [item(1)]})
    headers = {"Content-Type": kind}
    answer = client.post(f"/v1/batches?{name}=1", content=content, headers=headers)
    (error,) = problem(answer, 422, "invalid-input")["errors"]
    assert error["field"] == name


BAD = item(2, target={"tolerance": -1})


@pytest.mark.parametrize(
    ("kind", "content", "fields"),
    [
        (
            "application/x-ndjson",
            ndjson(item(1), BAD, "{nonsense", "[]"),
            ["line.2.target.tolerance", "line.3", "line.4"],
        ),
        (
            "application/json",
            json.dumps({"items": [item(1), BAD, 3]}),
            ["items.1.target.tolerance", "items.2"],
        ),
        (
            "text/csv",
            "x,left,right\n0,0,1\n1,oops,2\n2,4,3\n",
            ["column.left.line.3"],
        ),
    ],
)
def test_bad_questions_sink_the_rest_if_asked_to_and_say_where_they_are(
    client, ledger, problem, kind, content, fields
):
    query = {"all_or_nothing": True} | ({"tolerance": 1} if kind == "text/csv" else {})
    headers = {"Content-Type": kind}
    answer = client.post("/v1/batches", params=query, content=content, headers=headers)
    document = problem(answer, 422, "invalid-input")
    assert [error["field"] for error in document["errors"]] == fields
    assert document["detail"].startswith(f"{fields[0]}: ")
    assert not document["errors"][-1]["detail"].startswith("line")
    assert ledger.waiting() == 0
    assert client.get("/v1/batches").json()["data"] == []


def test_a_batch_without_a_valid_question_has_ended_at_once(client):
    batch = client.post("/v1/batches", content="{}\n", headers=NDJSON).json()
    assert batch["status"] == "completed"
    (result,) = lines(client.get(batch["links"]["results"] + "?follow=true"))
    assert result["status"] == "refused"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("", "application/x-ndjson"),
        ("\n \n", "application/x-ndjson"),
        ('{"items": []}', "application/json"),
        ('{"name": "x"}', "application/json"),
        ("x\n1\n2\n", "text/csv"),
        ("x a\n1 2\n1", "text/csv"),
        ("", "text/csv"),
        (b"\xff\xfe", "text/csv"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(client, ledger, problem, content, kind):
    answer = client.post("/v1/batches?tolerance=1", content=content, headers={"Content-Type": kind})
    problem(answer, 422, "invalid-input")
    assert ledger.waiting() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"items": [{}, {"name": nul}]}', "Expecting value at byte 24"),
        ('{"items": [{}], "name": nul}', "Expecting value at byte 24"),
        ('{"items": [{}', "ends within its items"),
        ("x", "at byte 0"),
    ],
)
def test_a_batch_that_is_not_json_is_malformed_and_leaves_nothing(
    client, empty_service, problem, content, said
):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/batches", content=content, headers=headers)
    detail = problem(answer, 400, "malformed-body")["detail"]
    assert said in detail
    assert "\n" not in detail
    assert empty_service.stores.ledger.waiting() == 0
    assert client.get("/v1/batches").json()["data"] == []


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ('{"items": [{}], "items": [{}]}', "items"),
        ('{"items": [{}], "nmae": "x"}', "nmae"),
        ('{"items": [{}], "name": "a", "name": "b"}', "name"),
        ('{"items": {"0": {}}}', "items"),
        ('{"items": []}', "items"),
        ('{"items": [{}, ' + "[" * 5_000, "items.1"),
        ("[]", ""),
    ],
)
def test_what_is_wrong_with_a_batch_as_a_whole_is_named(client, problem, content, field):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/batches", content=content, headers=headers)
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == field


def test_numbers_that_are_too_large_concern_their_item_only(client):
    # As JavaScript writes 1e20.
    large = json.dumps(item(1)).replace("4.0", "100000000000000000000")
    endless = json.dumps(item(2)).replace("4.0", "1e999")
    content = f'{{"items": [{large}, {endless}]}}'
    headers = {"Content-Type": "application/json"}
    batch = client.post("/v1/batches", content=content, headers=headers).json()
    assert batch["counts"]["queued"] == 1
    (refusal,) = batch["refusals"]
    assert (refusal["index"], refusal["custom_id"]) == (1, "c2")
    assert refusal["problem"]["errors"][0]["field"] == "samples.y.2"


def test_a_batch_of_another_kind_is_unsupported(client, problem):
    answer = client.post("/v1/batches", content=b"x", headers={"Content-Type": "text/plain"})
    assert "x-ndjson" in problem(answer, 415, "unsupported-media-type")["detail"]


def test_more_questions_than_a_batch_may_have_are_refused(storage_settings, run_service, problem):
    with run_service(redis_url=storage_settings.redis_url, max_batch_items=2) as service:
        content = ndjson(item(1), item(2), item(3))
        answer = service.client.post("/v1/batches", content=content, headers=NDJSON)
        problem(answer, 422, "invalid-input")
        assert service.stores.ledger.waiting() == 0


def test_a_batch_that_does_not_fit_into_the_queue_is_not_taken_in_part(
    storage_settings, run_service, problem
):
    with run_service(redis_url=storage_settings.redis_url, max_waiting=2) as service:
        content = ndjson(item(1), item(2), item(3))
        answer = service.client.post("/v1/batches", content=content, headers=NDJSON)
        problem(answer, 429, "queue-full")
        assert service.stores.ledger.waiting() == 0
        content = ndjson(item(1), item(2))
        answer = service.client.post("/v1/batches", content=content, headers=NDJSON)
        assert answer.status_code == 202


def test_a_batch_counts_its_jobs_through_every_move(client, ledger):
    content = ndjson(*map(item, range(5)))
    batch = client.post("/v1/batches", content=content, headers=NDJSON).json()
    first, second, third = take(ledger, 3)
    ledger.give_back(first)
    ledger.succeed(second, model_id="m", met=True, error=0.0)
    client.post(f"/v1/jobs/{item_id(batch['id'], 4)}/cancel")
    counts = client.get(batch["links"]["self"]).json()["counts"]
    assert counts == {
        "total": 5, "refused": 0, "queued": 2, "running": 1,
        "succeeded": 1, "failed": 0, "cancelled": 1,
    }  # fmt: skip
    assert len(take(ledger, 9)) == 2
    for _ in range(2):
        ledger.give_back(third, setback=Setback.CRASH)
        (third,) = take(ledger, 9)
    ledger.give_back(third, setback=Setback.CRASH)
    counts = client.get(batch["links"]["self"]).json()["counts"]
    assert (counts["failed"], counts["running"], counts["queued"]) == (1, 2, 0)


def test_results_come_in_the_order_of_the_questions_or_of_their_ends(client, ledger, end):
    content = ndjson(*map(item, range(3)))
    batch = client.post("/v1/batches", content=content, headers=NDJSON).json()
    first, second = take(ledger, 2)
    for claim in (second, first):
        ledger.succeed(claim, model_id="m", met=True, error=0.0)
    address = batch["links"]["results"]
    assert [r["index"] for r in lines(client.get(address))] == [0, 1]
    assert [r["index"] for r in lines(client.get(address + "?order=finished"))] == [1, 0]
    end()
    assert [r["index"] for r in lines(client.get(address))] == [0, 1, 2]


@pytest.mark.parametrize("order", ["input", "finished"])
def test_results_can_be_followed_until_the_last(client, end, eventually, order):
    content = ndjson(*map(item, range(3)))
    batch = client.post("/v1/batches", content=content, headers=NDJSON).json()
    end(1)
    address = f"{batch['links']['results']}?follow=true&order={order}"
    with client.stream("GET", address) as response:
        following = response.iter_lines()
        assert json.loads(next(following))["index"] == 0
        finisher = threading.Thread(target=end)
        finisher.start()
        assert [json.loads(line)["index"] for line in following] == [1, 2]
        finisher.join()


@pytest.mark.parametrize("order", ["input", "finished"])
def test_who_follows_results_hears_something_though_nothing_ends(client, end, order, monkeypatch):
    monkeypatch.setattr(results, "KEEP_ALIVE_S", 0.1)
    batch = client.post("/v1/batches", content=ndjson(item(1)), headers=NDJSON).json()
    address = f"{batch['links']['results']}?follow=true&order={order}"
    with client.stream("GET", address) as response:
        # A proxy hands on at once what comes.
        assert response.headers["x-accel-buffering"] == "no"
        pieces = response.iter_text()
        assert [next(pieces), next(pieces)] == [" ", " "]
        end()
        (result,) = "".join(pieces).splitlines()
    assert json.loads(result)["index"] == 0


def test_a_result_has_of_its_model_what_is_asked_for(client, end):
    batch = client.post("/v1/batches", content=ndjson(item(1)), headers=NDJSON).json()
    end()
    address = batch["links"]["results"]
    (plain,) = lines(client.get(address))
    assert "network" not in plain
    assert plain["error"] == 0.5
    (full,) = lines(client.get(address + "?include=network&include=breakpoints&include=model"))
    assert full["network"]["layers"]
    assert full["breakpoints"]["x"] == [-1.0, 0.0, 1.0]
    assert Model.model_validate(full["model"]).id == full["model_id"]
    client.delete(f"/v1/models/{full['model_id']}")
    (left,) = lines(client.get(address + "?include=network"))
    assert left["status"] == "succeeded"
    assert left["network"] is None


def test_a_cancelled_batch_ends_all_that_had_not_ended(client, ledger, problem):
    content = ndjson(*map(item, range(4)))
    batch = client.post("/v1/batches", content=content, headers=NDJSON).json()
    done, running = take(ledger, 2)
    ledger.succeed(done, model_id="m", met=True, error=0.0)
    answer = client.post(batch["links"]["cancel"])
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["counts"]["cancelled"] == 3
    assert answer.json()["finished_at"]
    assert ledger.waiting() == 0
    assert not ledger.holds(running)
    assert not ledger.succeed(running, model_id="m", met=True, error=0.0)
    assert client.post(batch["links"]["cancel"]).json()["status"] == "cancelled"


def test_a_completed_batch_cannot_be_cancelled(client, end, problem):
    batch = client.post("/v1/batches", content=ndjson(item(1)), headers=NDJSON).json()
    end()
    problem(client.post(batch["links"]["cancel"]), 409, "conflict")


def test_a_batch_is_taken_once_for_each_key(client, ledger, problem):
    headers = NDJSON | {"Idempotency-Key": "k"}
    first = client.post("/v1/batches", content=ndjson(item(1)), headers=headers)
    again = client.post("/v1/batches", content=ndjson(item(1)), headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert ledger.waiting() == 1
    problem(
        client.post("/v1/batches", content=ndjson(item(2)), headers=headers),
        422,
        "invalid-input",
    )


def test_a_job_that_comes_alone_overtakes_what_is_left_of_a_batch(client, ledger, question):
    client.post("/v1/batches", content=ndjson(*map(item, range(200))), headers=NDJSON)
    alone = client.post("/v1/jobs", json=question).json()["id"]
    claimed = [claim.job_id for claim in take(ledger, 150)]
    assert alone in claimed


def test_the_jobs_of_a_batch_are_not_in_the_list_of_jobs(client):
    batch = client.post("/v1/batches", content=ndjson(item(1)), headers=NDJSON).json()
    assert client.get("/v1/jobs").json()["data"] == []
    assert [b["id"] for b in client.get("/v1/batches").json()["data"]] == [batch["id"]]


def test_a_batch_can_be_waited_for(client, end, eventually, ledger):
    answers = []

    def ask():
        headers = NDJSON | {"Prefer": "wait=60"}
        answers.append(client.post("/v1/batches", content=ndjson(item(1)), headers=headers))

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(ledger.waiting)
    end()
    asking.join()
    assert answers[0].status_code == 201
    assert answers[0].json()["status"] == "completed"


def test_other_tenants_see_no_batch(client, empty_service):
    batch = client.post("/v1/batches", content=ndjson(item(1)), headers=NDJSON).json()
    other = empty_service.app.state.resources.stores.of("other")
    assert other.batches.page(limit=10, cursor=None) == ([], None)
    with pytest.raises(NotFound):
        other.batches.get(batch["id"])


def test_an_unknown_batch_is_not_found(client, problem):
    for path in ("", "/results", "/cancel"):
        method = "POST" if path == "/cancel" else "GET"
        problem(client.request(method, f"/v1/batches/batch_1{path}"), 404, "not-found")


def test_ten_thousand_functions_are_one_batch(client, ledger):
    content = ndjson(*map(item, range(10_000)))
    batch = client.post(
        "/v1/batches", content=content, headers=NDJSON, timeout=HANGS_AFTER_S
    ).json()
    assert batch["counts"]["queued"] == 10_000
    assert ledger.waiting() == 10_000
    assert client.post(batch["links"]["cancel"]).json()["counts"]["cancelled"] == 10_000


def test_questions_that_were_answered_before_are_answered_at_once(
    client, empty_service, make_model, ledger
):
    made = make_model().store(empty_service.stores)
    samples = {"x": [-1, -0.5, 0, 0.5, 1], "y": [1, 0.5, 0, 0.5, 1]}
    known = {"samples": samples, "target": {"tolerance": made.tolerance}, "custom_id": "known"}
    batch = client.post("/v1/batches", content=ndjson(item(1), known), headers=NDJSON).json()
    assert (batch["counts"]["queued"], batch["counts"]["succeeded"]) == (1, 1)
    (result,) = lines(client.get(batch["links"]["results"]))
    assert (result["custom_id"], result["model_id"], result["cached"]) == ("known", made.id, True)
    assert ledger.waiting() == 1
    batch = client.post("/v1/batches", content=ndjson(known), headers=NDJSON).json()
    assert batch["status"] == "completed"


def test_a_large_batch_is_cancelled_piece_by_piece(client, ledger, monkeypatch):
    monkeypatch.setattr("storage.batches.CANCELLED_AT_ONCE", 3)
    batch = client.post("/v1/batches", content=ndjson(*map(item, range(8))), headers=NDJSON).json()
    take(ledger, 2)
    after = client.post(batch["links"]["cancel"]).json()
    assert (after["status"], after["counts"]["cancelled"]) == ("cancelled", 8)
    assert ledger.waiting() == 0


def test_a_cancellation_that_was_cut_short_ends_with_the_last_job(
    client, empty_service, end, monkeypatch
):
    monkeypatch.setattr("storage.batches.CANCELLED_AT_ONCE", 3)
    batch = client.post("/v1/batches", content=ndjson(*map(item, range(5))), headers=NDJSON).json()
    batches = empty_service.stores.batches
    monkeypatch.setattr("storage.batches.range", lambda *_: [0], raising=False)
    assert batches.cancel(batch["id"])
    monkeypatch.undo()
    assert client.get(batch["links"]["self"]).json()["finished_at"] is None
    end()
    after = client.get(batch["links"]["self"]).json()
    assert after["finished_at"] is not None
    assert (after["status"], after["counts"]["succeeded"]) == ("cancelled", 2)


def test_a_second_try_that_comes_too_late_changes_nothing(client, empty_service, ledger):
    batch = client.post("/v1/batches", content=ndjson(item(1), item(2)), headers=NDJSON).json()
    (first,) = take(ledger)
    batches = empty_service.stores.batches
    job = ledger.get(item_id(batch["id"], 0))
    batches.write(batch["id"], [job.model_copy(update={"status": JobStatus.QUEUED})], [])
    assert ledger.get(first.job_id).status is JobStatus.RUNNING
    assert not batches.discard(batch["id"], 2)
    assert ledger.waiting() == 1


def test_a_batch_whose_jobs_are_not_all_there_is_not_accepted(client, empty_service, monkeypatch):
    batches = type(empty_service.stores.batches)
    accept = batches.accept

    def lose_one_first(self, record, **limits):
        self._redis.unlink(f"foldline:job:{item_id(record.id, 1)}")
        accept(self, record, **limits)

    with monkeypatch.context() as faulty:
        faulty.setattr(batches, "accept", lose_one_first)
        content, key = ndjson(item(1), item(2)), {**NDJSON, "Idempotency-Key": "k"}
        assert client.post("/v1/batches", content=content, headers=key).status_code == 503
    assert client.post("/v1/batches", content=content, headers=key).status_code == 202
    assert empty_service.stores.ledger.waiting() == 2
