"""An API whose store has no room left, by a limit on the size of what its process may write."""

import resource
import sys

import pytest

from storage import keys
from tests.processes import Api

MEBIBYTE = 1024 * 1024

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits others")


@pytest.fixture
def api(storage_settings, tmp_path, eventually):
    environment = {
        "FOLDLINE_REDIS_URL": storage_settings.redis_url,
        "FOLDLINE_REQUIRE_KEYS": "false",
        "FOLDLINE_DATA_DIR": str(storage_settings.data_dir),
    }
    api = Api(environment, log=tmp_path / "api.log")
    try:
        eventually(api.ready)
        yield api
    finally:
        api.stop()


def limit(api, size):
    """From now on files of this process end here, in bytes; it goes on where it was."""
    resource.prlimit(api.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_question_that_finds_no_room_is_refused_and_leaves_nothing(
    api, question, problem, storage_settings
):
    # Its own log is a file as well, of more bytes than these: what does not fit there is lost.
    limit(api, 64)
    document = problem(api.client.post("/v1/jobs", json=question), 507, "store-full")
    assert "no room" in document["detail"]
    assert str(storage_settings.data_dir) not in document["detail"]
    assert api.client.get("/v1/jobs").json()["data"] == []
    kept = [path for path in storage_settings.data_dir.rglob("inputs/**/*") if path.is_file()]
    # What binds the store to its broker was there before.
    assert kept == [storage_settings.data_dir / keys.OWNER]
    assert api.client.get("/healthz").status_code == 200
    limit(api, 0)
    problem(api.client.get("/readyz"), 507, "store-full")

    limit(api, resource.RLIM_INFINITY)
    assert api.client.post("/v1/jobs", json=question).status_code == 202


@pytest.mark.parametrize(
    ("kind", "most"), [("application/json", MEBIBYTE), ("text/csv", 8 * MEBIBYTE)]
)
def test_a_batch_that_finds_no_room_while_it_is_read_is_refused(api, problem, kind, most):
    limit(api, most)
    table = b"x" + b",f" * 1_000 + (b"\n0" + b"," * 1_000) * 6_000
    answer = api.client.post("/v1/batches", content=table, headers={"Content-Type": kind})
    problem(answer, 507, "store-full")
    assert api.client.get("/v1/batches").json()["data"] == []
