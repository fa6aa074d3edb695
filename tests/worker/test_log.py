"""What a worker writes to the log: JSON, and whatever is about a job has its id."""

import json

from schemas.jobs import JobStatus
from tests.waiting import HANGS_AFTER_S

# What the stand-in engine does, by seed.
ANSWER, _, DIE, FAIL = range(4)


def test_lines_about_a_job_have_its_id(stores, submit, start_worker, eventually, tmp_path):
    written = tmp_path / "log"
    worker = start_worker("one", log=written)
    jobs = [submit(seed) for seed in (ANSWER, DIE, FAIL)]
    for job_id in jobs:
        eventually(lambda job_id=job_id: stores.ledger.get(job_id).finished_at)
    assert stores.ledger.get(jobs[0]).status is JobStatus.SUCCEEDED
    worker.terminate()
    assert worker.wait(HANGS_AFTER_S) == 0
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    for job_id in jobs:
        about = [line for line in lines if job_id in line["event"]]
        assert len(about) >= 2
        assert {line["job_id"] for line in about} == {job_id}
    # A crash of the engine, which knows questions, not jobs.
    (crash,) = [line for line in lines if "exception" in line]
    assert (crash["logger"], crash["job_id"]) == ("worker.numerics.many", jobs[2])
    others = [line for line in lines if "job" not in line["event"] and line is not crash]
    assert not any("job_id" in line for line in others)
