"""A model that is damaged on the disk: as good as none, over HTTP too."""

import pytest


@pytest.fixture
def damaged(empty_service, make_model):
    """A model of which one bit has changed, after it has been asked for."""
    model = make_model().store(empty_service.stores)
    assert empty_service.client.get(f"/v1/models/{model.id}").status_code == 200
    path = empty_service.settings.data_dir / "models/default" / f"{model.id}.zip"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    return model


@pytest.mark.parametrize("path", ["", "/network", "/breakpoints", "/samples", "/plot.svg"])
def test_a_damaged_model_is_not_found_and_the_log_names_it(
    empty_service, damaged, problem, caplog, path
):
    problem(empty_service.client.get(f"/v1/models/{damaged.id}{path}"), 404, "not-found")
    assert f"models/default/{damaged.id}.zip is damaged" in caplog.text
    assert empty_service.client.get("/v1/models").json()["data"] == []


def test_the_question_of_a_damaged_model_is_a_new_one(empty_service, damaged):
    question = {
        "samples": {"x": damaged.samples.x.tolist(), "y": damaged.samples.y.tolist()},
        "target": {"tolerance": damaged.tolerance},
    }
    answer = empty_service.client.post("/v1/jobs", json=question)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    damaged.store(empty_service.stores)
    answer = empty_service.client.post("/v1/jobs", json=question)
    assert (answer.status_code, answer.json()["model_id"]) == (201, damaged.id)
