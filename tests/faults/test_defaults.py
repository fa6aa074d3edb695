"""With the settings everybody starts with, and each part started alone, as on several machines."""

import sys

import pytest

from tests.processes import Api, end, start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties children to us")


@pytest.fixture
def environment(storage_settings):
    return {
        "FOLDLINE_REDIS_URL": storage_settings.redis_url,
        "FOLDLINE_DATA_DIR": str(storage_settings.data_dir),
        "FOLDLINE_WORKER_SWEEP_S": "2",
    }


def test_the_job_of_a_killed_worker_is_begun_again(environment, tmp_path, eventually):
    logs = [tmp_path / f"{name}.log" for name in ("api", "first", "second")]
    api = Api(environment, log=logs[0])
    workers = [start("worker", environment=environment, log=logs[1])]
    try:
        eventually(lambda: api.ready() and "ready" in logs[1].read_text())
        x = [number / 99 for number in range(100)]
        asked = {
            "samples": {"x": x, "y": [value**3 for value in x]},
            # Out of reach for this architecture, so that it takes all its time.
            "target": {"tolerance": 1e-12},
            "options": {"architecture": "compelled", "effort": "thorough", "time_limit": 86_400},
        }
        job = api.client.post("/v1/jobs", json=asked).json()["links"]["self"]
        eventually(lambda: api.client.get(job).json()["status"] == "running")
        workers[0].kill()
        workers[0].wait()
        workers.append(start("worker", environment=environment, log=logs[2]))
        eventually(lambda: api.client.get(job).json()["attempts"] == 2)
        assert api.client.post(f"{job}/cancel").status_code == 200
    finally:
        for worker in workers:
            end(worker)
        api.stop()
