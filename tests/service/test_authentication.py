"""Keys: who asks, what they may do, how often, and that nobody sees what is another's."""

import logging

import pytest

from schemas.api_keys import Scope
from service.app import create_app
from service.examples import JOB_EXAMPLES
from service.settings import ServiceSettings
from tests.service.conftest import serving

QUESTION = JOB_EXAMPLES["tolerance"]["value"]


@pytest.fixture
def guarded(storage_settings, run_service):
    with run_service(
        redis_url=storage_settings.redis_url,
        data_dir=storage_settings.data_dir,
        require_keys=True,
    ) as service:
        yield service


@pytest.fixture
def api_keys(guarded):
    return guarded.app.state.resources.api_keys


@pytest.fixture
def as_tenant(guarded, api_keys):
    """``as_tenant(name, scope)`` asks with a new key of that tenant."""

    def with_key(tenant="acme", scope=Scope.ADMIN, **options):
        _, token = api_keys.create(tenant, scope=scope, **options)

        def ask(method, path, **more):
            headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
            return guarded.client.request(method, path, headers=headers, **more)

        return ask

    return with_key


def test_nothing_is_answered_without_a_key(guarded, problem):
    for method, path in (
        ("GET", "/v1/jobs"),
        ("GET", "/v1/jobs/job_1"),
        ("GET", "/v1/batches"),
        ("GET", "/v1/models"),
        ("DELETE", "/v1/models/abc"),
        ("GET", "/metrics"),
    ):
        answer = guarded.client.request(method, path)
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    problem(guarded.client.post("/v1/jobs", json=QUESTION), 401, "unauthenticated")


def test_health_and_the_api_pages_need_no_key(guarded):
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert guarded.client.get(path).status_code == 200


@pytest.mark.parametrize("token", ["x", "fl_", "fl_0123456789ab_x", "é" * 40, "fl_*_x"])
def test_what_is_no_key_is_refused(guarded, problem, token):
    headers = {"Authorization": f"Bearer {token}".encode()}
    problem(guarded.client.get("/v1/jobs", headers=headers), 401, "unauthenticated")


def test_the_id_of_a_key_with_another_secret_is_refused(guarded, api_keys, problem):
    _, token = api_keys.create("acme", scope=Scope.ADMIN)
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    headers = {"Authorization": f"Bearer {changed}"}
    problem(guarded.client.get("/v1/jobs", headers=headers), 401, "unauthenticated")


def test_a_revoked_key_is_refused_at_once(api_keys, as_tenant, problem):
    ask = as_tenant()
    assert ask("GET", "/v1/jobs").status_code == 200
    (key,) = api_keys.list()
    assert api_keys.revoke(key.id)
    assert not api_keys.revoke(key.id)
    problem(ask("GET", "/v1/jobs"), 401, "unauthenticated")


def test_a_key_is_good_for_its_scope_and_those_below(as_tenant, problem):
    read, submit, admin = (as_tenant(scope=scope) for scope in Scope)
    assert read("GET", "/v1/jobs").status_code == 200
    problem(read("POST", "/v1/jobs", json=QUESTION), 403, "forbidden")
    assert read("POST", "/v1/samples", json=QUESTION["samples"]).status_code == 200
    job = submit("POST", "/v1/jobs", json=QUESTION).json()
    problem(read("POST", f"/v1/jobs/{job['id']}/cancel"), 403, "forbidden")
    assert submit("POST", f"/v1/jobs/{job['id']}/cancel").status_code == 200
    problem(submit("DELETE", "/v1/models/abc"), 403, "forbidden")
    problem(submit("GET", "/metrics"), 403, "forbidden")
    problem(admin("DELETE", "/v1/models/abc"), 404, "not-found")
    assert admin("GET", "/metrics").status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/jobs", "/v1/samples", "/v1/batches", "/v1/models/abc/evaluate"]
)
@pytest.mark.parametrize("body", [b"{", b"{}", b"\xff"])
def test_nothing_is_said_of_a_body_to_whoever_has_no_key(guarded, problem, path, body):
    headers = {"Content-Type": "application/json"}
    problem(guarded.client.post(path, content=body, headers=headers), 401, "unauthenticated")


def test_tenants_see_nothing_of_each_other(guarded, as_tenant, make_model, problem):
    ours, theirs = as_tenant("acme"), as_tenant("other")
    job = ours("POST", "/v1/jobs", json=QUESTION).json()
    batch = ours("POST", "/v1/batches", json={"items": [QUESTION]}).json()
    model = make_model().store(guarded.app.state.resources.stores.of("acme"))
    places = [
        ("GET", job["links"]["self"]),
        ("GET", job["links"]["events"]),
        ("GET", f"{job['links']['self']}/samples"),
        ("POST", f"{job['links']['self']}/cancel"),
        ("GET", batch["links"]["self"]),
        ("GET", batch["links"]["results"]),
        ("POST", batch["links"]["cancel"]),
        *(
            ("GET", f"/v1/models/{model.id}{rest}")
            for rest in ("", "/network", "/breakpoints", "/samples")
        ),
        ("GET", f"/v1/models/{model.id}/plot.svg"),
        ("DELETE", f"/v1/models/{model.id}"),
    ]
    for method, path in places:
        problem(theirs(method, path), 404, "not-found")
    evaluation = {"json": {"x": [0.5]}}
    problem(theirs("POST", f"/v1/models/{model.id}/evaluate", **evaluation), 404, "not-found")
    lists = ("/v1/jobs", "/v1/batches", "/v1/models")
    for path in (*lists, "/v1/jobs?status=queued", "/v1/batches?status=running"):
        assert theirs("GET", path).json()["data"] == []
        assert len(ours("GET", path).json()["data"]) == 1
    assert ours("GET", job["links"]["self"]).json()["status"] == "queued"


def test_idempotency_keys_are_each_tenants_own(as_tenant):
    headers = {"Idempotency-Key": "k"}
    ours, theirs = as_tenant("acme"), as_tenant("other")
    first = ours("POST", "/v1/jobs", json=QUESTION, headers=headers).json()
    second = theirs("POST", "/v1/jobs", json=QUESTION, headers=headers).json()
    assert first["id"] != second["id"]
    assert ours("POST", "/v1/jobs", json=QUESTION, headers=headers).json() == first


def test_a_model_of_another_tenant_answers_no_question(guarded, as_tenant, make_model):
    model = make_model().store(guarded.app.state.resources.stores.of("acme"))
    x, y = model.samples.x.tolist(), model.samples.y.tolist()
    question = {"samples": {"x": x, "y": y}, "target": {"tolerance": 0.125}}
    assert as_tenant("acme")("POST", "/v1/jobs", json=question).json()["cached"]
    assert not as_tenant("other")("POST", "/v1/jobs", json=question).json()["cached"]


def test_a_key_used_too_often_has_to_wait(as_tenant, guarded, problem):
    ask = as_tenant(rate=0.01)
    answers = [ask("GET", "/v1/jobs") for _ in range(guarded.settings.burst + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {200}
    problem(answers[-1], 429, "rate-limited")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 100
    assert as_tenant()("GET", "/v1/jobs").status_code == 200


def test_where_no_key_is_needed_one_that_is_sent_counts(empty_service, problem):
    api_keys = empty_service.app.state.resources.api_keys
    _, token = api_keys.create("acme", scope=Scope.SUBMIT)
    client = empty_service.client
    headers = {"Authorization": f"Bearer {token}"}
    client.post("/v1/jobs", json=QUESTION, headers=headers).raise_for_status()
    assert client.get("/v1/jobs").json()["data"] == []
    assert len(client.get("/v1/jobs", headers=headers).json()["data"]) == 1
    wrong = {"Authorization": "Bearer fl_1_2"}
    problem(client.get("/v1/jobs", headers=wrong), 401, "unauthenticated")


def test_a_service_that_was_not_told_needs_keys(storage_settings, problem):
    settings = ServiceSettings(
        redis_url=storage_settings.redis_url, data_dir=storage_settings.data_dir
    )
    with serving(create_app(settings)) as client:
        problem(client.get("/v1/jobs"), 401, "unauthenticated")


def test_no_key_is_in_the_log_or_in_an_answer(as_tenant, api_keys, guarded, caplog):
    with caplog.at_level(logging.DEBUG):
        _, token = api_keys.create("acme", scope=Scope.READ)
        headers = {"Authorization": f"Bearer {token}"}
        refused = guarded.client.post("/v1/jobs", json=QUESTION, headers=headers)
        wrong = {"Authorization": f"Bearer {token}x"}
        unknown = guarded.client.get("/v1/jobs", headers=wrong)
    secret = token.split("_", 2)[2]
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("httpcore")]
    assert secret not in "".join([*ours, refused.text, unknown.text])
