"""What every answer tells a browser, and that the pages of the API work under it."""

import base64
import hashlib
import re

import pytest

NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGES = ("/docs", "/redoc", "/docs/oauth2-redirect")


def directives(response):
    """The policy of an answer, by directive."""
    parts = response.headers["content-security-policy"].split(";")
    return {name: values for name, *values in map(str.split, parts)}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/openapi.json"),
        ("GET", "/v1/jobs"),
        ("GET", "/nowhere"),
        ("PUT", "/docs"),
        ("POST", "/v1/jobs"),
        ("GET", "/docs"),
        ("GET", "/static-offline-docs/swagger-ui.css"),
    ],
)
def test_every_answer_says_how_it_may_be_used(client, method, path):
    headers = client.request(method, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    # The proxy's to send.
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("path", ["/healthz", "/v1/jobs", "/openapi.json", "/nowhere"])
def test_an_answer_of_the_api_may_load_nothing_and_is_not_kept(client, path):
    response = client.get(path)
    assert response.headers["content-security-policy"] == NOTHING
    assert response.headers["cache-control"] == "no-store"


def test_an_error_on_the_address_of_a_page_is_no_page(client):
    assert client.put("/docs").headers["content-security-policy"] == NOTHING


def test_an_unexpected_error_has_the_headers_too(empty_service):
    @empty_service.app.get("/fails")
    def fails():
        raise RuntimeError("on purpose")

    response = empty_service.client.get("/fails")
    assert response.status_code == 500
    assert response.headers["content-security-policy"] == NOTHING
    assert response.headers["cache-control"] == "no-store"


def test_what_never_changes_may_still_be_kept(client, model):
    response = client.get(f"/v1/models/{model.id}/network")
    assert "immutable" in response.headers["cache-control"]
    again = client.get(
        f"/v1/models/{model.id}/network", headers={"If-None-Match": response.headers["etag"]}
    )
    assert again.status_code == 304
    assert "immutable" in again.headers["cache-control"]


def test_an_event_stream_keeps_its_own_word_on_caching(client, question):
    job = client.post("/v1/jobs", json=question).json()
    with client.stream("GET", job["links"]["events"]) as response:
        assert response.headers["cache-control"] == "no-cache"


def test_a_plot_may_style_itself_and_show_its_own_images_and_nothing_else(client, model):
    response = client.get(f"/v1/models/{model.id}/plot.svg")
    assert 'style="' in response.text
    assert directives(response) == {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "frame-ancestors": ["'none'"],
    }


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_of_a_page_names_each_script_in_it_and_no_other(client, path):
    response = client.get(path)
    inline = re.findall(r"<script>(.*?)</script>", response.text, flags=re.DOTALL)
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in inline
    ]
    assert directives(response)["script-src"] == ["'self'", *hashes]
    # Nothing that would need what the policy forbids: handlers in attributes, other hosts.
    assert not re.search(r"<[^>]*\son\w+=", response.text)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", response.text)


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_of_a_page_is_that_of_its_head(client, path):
    name = "content-security-policy"
    assert client.head(path).headers[name] == client.get(path).headers[name]


def test_a_page_may_ask_the_api_and_be_framed_by_nobody(client):
    for path in ("/docs", "/redoc"):
        policy = directives(client.get(path))
        assert policy["default-src"] == ["'none'"]
        assert policy["connect-src"] == ["'self'"]
        assert policy["frame-ancestors"] == ["'none'"]
        assert "'unsafe-eval'" not in policy["script-src"]


def test_the_files_of_a_page_are_asked_for_again_not_sent_again(client):
    first = client.get("/static-offline-docs/swagger-ui.css")
    assert first.headers["cache-control"] == "no-cache"
    headers = {"If-None-Match": first.headers["etag"]}
    assert client.get("/static-offline-docs/swagger-ui.css", headers=headers).status_code == 304
