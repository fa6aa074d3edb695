"""The record of jobs: who may write, what never changes, and the order of lists."""

from datetime import UTC, datetime

import pytest
import redis

from schemas.errors import NotFound, Unavailable
from schemas.jobs import JobRecord, JobStatus, Phase, Progress
from schemas.options import FitOptions
from schemas.problems import Problem, ProblemType
from schemas.samples import canonical_samples
from schemas.target import Target
from storage import keys
from storage.redis_store import RedisJobLedger
from storage.settings import connect

BECAUSE = Problem(type=ProblemType.INTERNAL, title="Internal error", status=500, detail="because")


@pytest.fixture
def ledger(stores):
    return stores.ledger


@pytest.fixture
def add(ledger):
    """Adds a job with this id."""

    def add_job(job_id="job_1"):
        record = JobRecord(
            id=job_id,
            status=JobStatus.QUEUED,
            name="a name",
            metadata={"key": "value"},
            samples=canonical_samples([0, 1], [0, 1]).summary(),
            target=Target(tolerance=0.1),
            options=FitOptions(seed=2**62 + 1),
            created_at=datetime.now(UTC),
        )
        ledger.add(record)
        return record

    return add_job


def test_a_job_is_read_as_it_was_added(ledger, add):
    assert add() == ledger.get("job_1")


@pytest.mark.parametrize("job_id", ["job_2", "", "\x00", "é" * 1_000, "../job_1", "job_1 "])
def test_an_unknown_job_is_not_found(ledger, add, job_id):
    add()
    with pytest.raises(NotFound) as caught:
        ledger.get(job_id)
    assert caught.value.kind == "job"
    assert caught.value.identifier == job_id


def test_attempts_are_numbered_from_one(ledger, add):
    add()
    assert [ledger.begin("job_1") for _ in range(3)] == [1, 2, 3]
    assert ledger.get("job_1").attempts == 3


def test_an_unknown_job_cannot_be_begun(ledger):
    assert ledger.begin("job_1") is None
    with pytest.raises(NotFound):
        ledger.get("job_1")


def test_a_job_starts_when_its_first_attempt_does(ledger, add):
    add()
    ledger.begin("job_1")
    started = ledger.get("job_1").started_at
    ledger.begin("job_1")
    assert ledger.get("job_1").started_at == started
    assert ledger.get("job_1").status is JobStatus.RUNNING


def test_progress_is_what_the_attempt_reported_last(ledger, add):
    add()
    attempt = ledger.begin("job_1")
    for phase, progress in [
        (Phase.PHASE1, Progress(fraction=0.1)),
        (Phase.PHASE2, Progress(fraction=0.9, error=1e-300)),
    ]:
        assert ledger.report("job_1", attempt, phase=phase, progress=progress)
        job = ledger.get("job_1")
        assert (job.phase, job.progress) == (phase, progress)


def _report(ledger, attempt):
    return ledger.report("job_1", attempt, phase=Phase.PHASE2, progress=Progress(fraction=0.5))


def _succeed(ledger, attempt):
    return ledger.succeed("job_1", attempt, model_id="m1", met=True, error=0.01)


def _fail(ledger, attempt):
    return ledger.fail("job_1", attempt, problem=BECAUSE)


WRITES = pytest.mark.parametrize("write", [_report, _succeed, _fail])


@WRITES
def test_the_attempt_that_holds_the_job_may_write(ledger, add, write):
    add()
    assert write(ledger, ledger.begin("job_1"))


@WRITES
def test_an_attempt_that_lost_the_job_changes_nothing(ledger, add, write):
    add()
    lost = ledger.begin("job_1")
    ledger.begin("job_1")
    before = ledger.get("job_1")
    assert not write(ledger, lost)
    assert ledger.get("job_1") == before
    assert ledger.open_jobs() == ["job_1"]


@WRITES
def test_a_job_that_was_not_begun_cannot_be_written(ledger, add, write):
    before = add()
    for attempt in (0, 1):
        assert not write(ledger, attempt)
    assert ledger.get("job_1") == before


@WRITES
@pytest.mark.parametrize("finish", [_succeed, _fail])
def test_a_final_job_never_changes(ledger, add, finish, write):
    add()
    attempt = ledger.begin("job_1")
    assert finish(ledger, attempt)
    before = ledger.get("job_1")
    assert not write(ledger, attempt)
    assert ledger.begin("job_1") is None
    assert ledger.get("job_1") == before


def test_a_job_that_succeeded_has_its_model(ledger, add):
    add()
    _succeed(ledger, ledger.begin("job_1"))
    job = ledger.get("job_1")
    assert (job.status, job.model_id, job.met) == (JobStatus.SUCCEEDED, "m1", True)
    assert job.created_at <= job.started_at <= job.finished_at


def test_a_job_that_failed_has_its_reason(ledger, add):
    add()
    _fail(ledger, ledger.begin("job_1"))
    job = ledger.get("job_1")
    assert (job.status, job.problem) == (JobStatus.FAILED, BECAUSE)
    assert job.finished_at is not None


def test_open_jobs_are_those_that_are_not_final(ledger, add):
    for number in range(4):
        add(f"job_{number}")
    for job_id in ("job_1", "job_2", "job_3"):
        ledger.begin(job_id)
    ledger.succeed("job_2", 1, model_id="m", met=False, error=0.01)
    ledger.fail("job_3", 1, problem=BECAUSE)
    assert ledger.open_jobs() == ["job_0", "job_1"]


def _pages(page, limit):
    found, cursor = [], None
    while True:
        entries, cursor = page(limit=limit, cursor=cursor)
        found.append(entries)
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_hold_every_job_once_newest_first(ledger, add, limit):
    # Added in another order than that of their names.
    for number in (3, 0, 6, 1, 5, 2, 4):
        add(f"job_{number}")
    pages = _pages(ledger.page, limit)
    ids = [job.id for page in pages for job in page]
    assert ids == [f"job_{number}" for number in range(6, -1, -1)]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_no_jobs_make_one_empty_page(ledger):
    assert ledger.page(limit=5, cursor=None) == ([], None)


def test_pages_stay_where_they_are_while_jobs_are_added(ledger, add):
    for number in range(10, 14):
        add(f"job_{number}")
    first, cursor = ledger.page(limit=2, cursor=None)
    add("job_14")
    add("job_15")
    second, last = ledger.page(limit=2, cursor=cursor)
    assert [job.id for job in (*first, *second)] == ["job_13", "job_12", "job_11", "job_10"]
    assert last is None


def test_models_are_listed_newest_first_and_once(ledger):
    for model_id, created_ms in [("b", 5), ("a", 30), ("c", 4), ("a", 30)]:
        ledger.add_model(model_id, created_ms=created_ms)
    assert _pages(ledger.model_page, 2) == [["a", "b"], ["c"]]


def test_a_broker_that_is_away_is_unavailable(tmp_path):
    away = RedisJobLedger(connect(f"unix://{tmp_path}/nobody.sock"))
    for call in (
        away.ping,
        away.open_jobs,
        lambda: away.get("job_1"),
        lambda: away.begin("job_1"),
        lambda: away.page(limit=1, cursor=None),
        lambda: away.model_page(limit=1, cursor=None),
        lambda: away.add_model("m", created_ms=1),
        lambda: _report(away, 1),
        lambda: _succeed(away, 1),
        lambda: _fail(away, 1),
    ):
        with pytest.raises(Unavailable) as caught:
            call()
        assert caught.value.part == "broker"


def test_a_broker_that_cannot_do_it_is_unavailable_too(ledger, broker):
    client = redis.Redis.from_url(broker.url)
    client.set(keys.job_key("job_1"), "not a hash")
    client.close()
    with pytest.raises(Unavailable):
        ledger.get("job_1")
