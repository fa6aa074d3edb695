"""Scripts of other origins: kept out, unless the settings name their origin."""

import pytest
from pydantic import ValidationError

from service.settings import ServiceSettings

FRIEND, STRANGER = "https://app.example.org", "https://else.example.org"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,idempotency-key",
}


@pytest.fixture
def friendly(storage_settings, run_service):
    """A client of a service that lets the scripts of one other origin in."""
    with run_service(redis_url=storage_settings.redis_url, cors_origins=[FRIEND]) as service:
        yield service.client


def access_control(response):
    """The headers of an answer about other origins."""
    return {name for name in response.headers if name.startswith("access-control-")}


def test_without_the_setting_no_origin_is_let_in(client, problem):
    assert not access_control(client.get("/healthz", headers={"Origin": FRIEND}))
    preflight = client.options("/v1/jobs", headers={"Origin": FRIEND, **PREFLIGHT})
    problem(preflight, 405, "method-not-allowed")
    assert not access_control(preflight)


def test_a_named_origin_may_read_answers_and_the_headers_it_needs(friendly):
    response = friendly.get("/v1/jobs", headers={"Origin": FRIEND})
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert "Origin" in response.headers["vary"]
    exposed = set(response.headers["access-control-expose-headers"].split(", "))
    assert exposed == {
        "Location",
        "ETag",
        "X-Request-ID",
        "Retry-After",
        "Preference-Applied",
        "Idempotent-Replayed",
    }


def test_a_named_origin_may_ask_a_question(friendly):
    response = friendly.options("/v1/jobs", headers={"Origin": FRIEND, **PREFLIGHT})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "DELETE" in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"]
    assert allowed == PREFLIGHT["Access-Control-Request-Headers"]


def test_a_named_origin_reads_errors_too(friendly, problem):
    for method, path, status, kind in [
        ("GET", "/nowhere", 404, "not-found"),
        ("POST", "/v1/jobs", 415, "unsupported-media-type"),
    ]:
        response = friendly.request(method, path, headers={"Origin": FRIEND})
        problem(response, status, kind)
        assert response.headers["access-control-allow-origin"] == FRIEND


def test_any_other_origin_stays_out(friendly):
    response = friendly.get("/v1/jobs", headers={"Origin": STRANGER})
    assert "access-control-allow-origin" not in response.headers
    preflight = friendly.options("/v1/jobs", headers={"Origin": STRANGER, **PREFLIGHT})
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers


def test_cookies_are_never_asked_for(friendly):
    for response in (
        friendly.get("/v1/jobs", headers={"Origin": FRIEND, "Cookie": "a=b"}),
        friendly.options("/v1/jobs", headers={"Origin": FRIEND, **PREFLIGHT}),
    ):
        assert "access-control-allow-credentials" not in response.headers


def test_an_answer_to_a_preflight_has_an_id_and_the_security_headers(friendly):
    response = friendly.options("/v1/jobs", headers={"Origin": FRIEND, **PREFLIGHT})
    assert response.headers["x-request-id"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_origins_are_a_json_list_in_the_environment(monkeypatch):
    monkeypatch.setenv("FOLDLINE_CORS_ORIGINS", f'["{FRIEND}", "http://localhost:3000"]')
    assert ServiceSettings().cors_origins == [FRIEND, "http://localhost:3000"]


@pytest.mark.parametrize("origin", ["*", "http://[::1]:8080", "https://app.example.org:8443"])
def test_what_browsers_call_an_origin_is_one(origin):
    assert ServiceSettings(cors_origins=[origin]).cors_origins == [origin]


@pytest.mark.parametrize(
    "origin", ["", "null", "app.example.org", f"{FRIEND}/", f"{FRIEND}/page", "https://App.org"]
)
def test_what_would_never_match_is_refused_with_what_would(origin):
    with pytest.raises(ValidationError, match=r"as in https://app\.example\.org:8443"):
        ServiceSettings(cors_origins=[origin])
