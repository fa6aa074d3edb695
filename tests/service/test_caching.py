"""Answers that never change, and heads without bodies."""

import pytest

THINGS = pytest.mark.parametrize("thing", ["", "/network", "/breakpoints", "/samples", "/plot.svg"])


@THINGS
def test_what_never_changes_may_be_kept(client, model, thing):
    response = client.get(f"/v1/models/{model.id}{thing}")
    assert "immutable" in response.headers["cache-control"]
    assert "private" in response.headers["cache-control"]
    tag = response.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(f"/v1/models/{model.id}{thing}", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    other = client.get(f"/v1/models/{model.id}{thing}", headers={"If-None-Match": '"other"'})
    assert other.content == response.content


def test_every_form_has_a_tag_of_its_own(client, model):
    address = f"/v1/models/{model.id}/breakpoints"
    tags = {
        client.get(address, params={"format": form}).headers["etag"] for form in ("json", "csv")
    }
    assert len(tags) == 2


@pytest.mark.parametrize("path", ["/healthz", "/v1/jobs", "/v1/models/{id}/network", "/docs"])
def test_head_is_get_without_its_body(client, model, path):
    address = path.format(id=model.id)
    head, get = client.head(address), client.get(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == get.headers.get(name)


def test_head_of_what_is_not_there_is_not_found(client):
    assert client.head("/v1/models/none").status_code == 404


def test_allow_names_head_where_there_is_get(client):
    assert client.put("/v1/jobs").headers["allow"] == "GET, HEAD, POST"
