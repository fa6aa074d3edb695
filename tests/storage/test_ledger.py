"""The record of jobs: who may write, what never changes, and the order of lists."""

import pytest
import redis

from cli.broker import start_broker
from schemas.errors import NotFound, Unavailable
from schemas.jobs import JobStatus, Outline, Phase, Progress
from schemas.models import ModelFacts
from schemas.options import FitOptions
from schemas.problems import Problem, ProblemType
from storage import keys
from storage.connection import connect
from storage.ended import RedisEndedJobs
from storage.jobs import RedisJobLedger
from storage.models import RedisModelList
from storage.ports import Claim, Heard
from storage.setbacks import Setback
from tests.jobs import queued, take

BECAUSE = Problem(type=ProblemType.INTERNAL, title="Internal error", status=500, detail="because")


def claim_of(ledger, holder="one"):
    (claim,) = take(ledger, holder=holder)
    return claim


@pytest.fixture
def ledger(stores):
    return stores.ledger


@pytest.fixture
def add(ledger):
    """Adds a job with this id."""

    def add_job(job_id="job_1", **limits):
        record = queued(
            job_id,
            name="a name",
            metadata={"key": "value"},
            options=FitOptions(seed=2**62 + 1),
        )
        return record if ledger.add([record], **limits) == [True] else None

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
    for number in range(1, 4):
        claim = claim_of(ledger)
        assert claim == Claim("job_1", number)
        ledger.give_back(claim)
    assert ledger.get("job_1").attempts == 3


def test_a_job_starts_when_it_is_first_claimed(ledger, add):
    add()
    ledger.give_back(claim_of(ledger))
    started = ledger.get("job_1").started_at
    claim_of(ledger)
    assert ledger.get("job_1").started_at == started
    assert ledger.get("job_1").status is JobStatus.RUNNING


def test_jobs_are_claimed_oldest_first_and_once(ledger, add):
    for number in range(4):
        add(f"job_{number}")
    claims = take(ledger, 3) + take(ledger, 3, holder="two")
    assert [claim.job_id for claim in claims] == [f"job_{number}" for number in range(4)]
    assert take(ledger) == []


def test_how_many_are_to_be_begun_before_a_job_is_known_while_it_waits(ledger, add):
    ids = [add(job_id).id for job_id in ("job_1", "job_2", "job_3")]
    assert [ledger.waiting_before(job_id) for job_id in ids] == [0, 1, 2]
    (claim,) = take(ledger, holder="w")
    assert [ledger.waiting_before(job_id) for job_id in ids] == [None, 0, 1]
    ledger.give_back(claim)
    assert [ledger.waiting_before(job_id) for job_id in ids] == [0, 1, 2]


def test_a_job_given_back_keeps_its_place(ledger, add):
    add("job_1")
    claim = claim_of(ledger)
    add("job_0")
    assert ledger.give_back(claim) is JobStatus.QUEUED
    assert claim_of(ledger).job_id == "job_1"


def test_a_job_given_back_without_a_crash_may_be_so_for_ever(ledger, add):
    add()
    for _ in range(10):
        assert ledger.give_back(claim_of(ledger)) is JobStatus.QUEUED


def test_the_third_crash_fails_a_job(ledger, add):
    add()
    fates = [ledger.give_back(claim_of(ledger), setback=Setback.CRASH) for _ in range(3)]
    assert fates == [JobStatus.QUEUED, JobStatus.QUEUED, JobStatus.FAILED]
    job = ledger.get("job_1")
    assert job.problem.type is ProblemType.WORKER_LOST
    assert "3 times" in job.problem.detail
    assert (ledger.waiting(), job.finished_at is None) == (0, False)


def test_of_the_last_crash_it_is_said_that_memory_ran_out(ledger, add):
    add()
    for setback in (Setback.CRASH, Setback.CRASH, Setback.OUT_OF_MEMORY):
        ledger.give_back(claim_of(ledger), setback=setback)
    assert "ran out of memory" in ledger.get("job_1").problem.detail


def test_the_tenth_loss_of_its_worker_fails_a_job_and_is_no_crash(ledger, add):
    add()
    fates = []
    for _ in range(10):
        claim_of(ledger)
        fates += ledger.give_back_all("one", setback=Setback.LOSS).values()
    assert fates == [JobStatus.QUEUED] * 9 + [JobStatus.FAILED]
    assert "died or fell silent 10 times" in ledger.get("job_1").problem.detail
    assert (ledger.figures().crashes, ledger.figures().losses) == (0, 10)


def test_the_third_crash_of_what_it_was_handed_out_by_fails_a_job(ledger, add):
    add()
    fates = []
    for holder in ("one", "two", "three"):
        claim_of(ledger, holder)
        fates += ledger.give_back_all(holder, setback=Setback.CRASH).values()
    assert fates == [JobStatus.QUEUED, JobStatus.QUEUED, JobStatus.FAILED]
    assert "broke down 3 times" in ledger.get("job_1").problem.detail


def test_what_is_taken_back_without_a_setback_may_be_so_for_ever(ledger, add):
    add()
    for _ in range(10):
        claim_of(ledger)
        assert ledger.give_back_all("one") == {"job_1": JobStatus.QUEUED}


def test_a_claim_holds_until_its_job_is_given_back_cancelled_or_done(ledger, add):
    for number in range(4):
        add(f"job_{number}")
    kept, cancelled, done, back = take(ledger, 4)
    ledger.cancel(cancelled.job_id)
    ledger.succeed(done, model_id="m", met=True, error=0.01)
    ledger.give_back(back)
    assert [ledger.holds(claim) for claim in (kept, cancelled, done, back)] == [True] + [False] * 3
    again = claim_of(ledger, "two")
    assert ledger.holds(again)
    assert not ledger.holds(back)


def test_all_that_was_handed_out_together_is_given_back_but_what_was_lost(ledger, add):
    for number in range(3):
        add(f"job_{number}")
    first, second, third = take(ledger, 3)
    ledger.cancel(first.job_id)
    ledger.give_back(second)
    claim_of(ledger, "two")
    assert ledger.give_back_all("one") == {third.job_id: JobStatus.QUEUED}
    assert ledger.get(second.job_id).status is JobStatus.RUNNING
    assert ledger.give_back_all(None) == {second.job_id: JobStatus.QUEUED}


def test_a_full_queue_takes_no_more(ledger, add):
    add("job_1")
    assert add("job_2", max_waiting=1) is None
    with pytest.raises(NotFound):
        ledger.get("job_2")
    assert ledger.page(limit=5, cursor=None)[0] == [ledger.get("job_1")]


def test_cancelling_ends_what_is_not_final(ledger, add):
    add("job_1")
    add("job_2")
    claim = claim_of(ledger)
    assert ledger.cancel("job_1") is JobStatus.RUNNING
    assert ledger.cancel("job_2") is JobStatus.QUEUED
    assert ledger.cancel("job_2") is JobStatus.CANCELLED
    assert ledger.get("job_1").status is JobStatus.CANCELLED
    assert ledger.give_back(claim, setback=Setback.CRASH) is None
    assert ledger.waiting() == 0
    with pytest.raises(NotFound):
        ledger.cancel("job_3")


def test_progress_is_what_the_attempt_reported_last(ledger, add):
    add()
    claim = claim_of(ledger)
    for phase, progress in [
        (Phase.PHASE1, Progress(fraction=0.1)),
        (Phase.PHASE2, Progress(fraction=0.9, error=1e-300)),
    ]:
        assert ledger.report(claim, phase=phase, progress=progress)
        job = ledger.get("job_1")
        assert (job.phase, job.progress) == (phase, progress)


RAMP, STEEPER = Outline(x=[0.0, 1.0], y=[0.0, 2.0]), Outline(x=[0.0, 1.0], y=[0.0, 3.0])


def _tell(ledger, claim, outline=None):
    progress = Progress(fraction=0.5)
    return ledger.report(claim, phase=Phase.PHASE2, progress=progress, outline=outline)


@pytest.fixture
def brief(storage_settings):
    """What is in the broker for seconds only: names of keys, and seconds that are left."""
    broker = connect(storage_settings.redis_url)

    def look():
        names = [name.decode() for name in broker.scan_iter()]
        left = {name: broker.ttl(name) for name in names}
        return {name: seconds for name, seconds in left.items() if 0 <= seconds <= 10}

    return look


def test_of_a_job_that_nobody_follows_no_outline_is_kept(ledger, add, brief):
    add()
    claim = claim_of(ledger)
    assert _tell(ledger, claim, RAMP) is Heard.WRITTEN
    ledger.events("job_1", after=None)
    assert _tell(ledger, claim, RAMP) is Heard.WRITTEN
    assert brief() == {}


def test_whoever_follows_a_job_sees_the_outline_of_its_latest_event(ledger, add):
    add()
    claim = claim_of(ledger)
    assert [event.current for _, event in ledger.follow("job_1", after=None)] == [None, None]
    assert _tell(ledger, claim, RAMP) is Heard.AND_FOLLOWED
    assert ledger.follow("job_1", after=None)[-1][1].current == RAMP
    _tell(ledger, claim, STEEPER)
    events = ledger.follow("job_1", after=None)
    assert [event.current for _, event in events] == [None, None, None, STEEPER]
    # The events are the same, whoever looks.
    bare = [(name, event.model_copy(update={"current": None})) for name, event in events]
    assert bare == ledger.events("job_1", after=None)
    assert ledger.follow("job_1", after=events[1][0]) == events[2:]
    assert ledger.follow("job_1", after=events[-1][0]) == []


def test_an_outline_is_of_no_other_event_than_its_own(ledger, add):
    add()
    ledger.follow("job_1", after=None)
    claim = claim_of(ledger)
    _tell(ledger, claim, RAMP)
    _tell(ledger, claim)
    ledger.give_back(claim)
    _tell(ledger, claim, STEEPER)
    again = claim_of(ledger, "two")
    _tell(ledger, again)
    told = [event.current for _, event in ledger.follow("job_1", after=None)]
    assert told == [None, None, RAMP, None, None, None, None]


def test_an_attempt_that_lost_the_job_draws_nothing(ledger, add, brief):
    add()
    ledger.follow("job_1", after=None)
    lost = claim_of(ledger)
    ledger.cancel("job_1")
    assert _tell(ledger, lost, RAMP) is Heard.REFUSED
    assert list(brief()) == [f"{keys.FOLLOWED_PREFIX}job_1"]


def test_what_is_kept_for_followers_goes_by_itself(ledger, add, brief):
    add()
    ledger.follow("job_1", after=None)
    _tell(ledger, claim_of(ledger), RAMP)
    assert set(brief()) == {f"{keys.FOLLOWED_PREFIX}job_1", f"{keys.OUTLINE_PREFIX}job_1"}


def test_what_is_kept_for_followers_is_not_in_the_log_of_the_broker(tmp_path):
    with start_broker(tmp_path / "broker") as broker:
        ledger = RedisJobLedger(connect(broker.url), tenant="any")
        ledger.add([queued("job_1", tenant="any")])
        ledger.follow("job_1", after=None)
        _tell(ledger, claim_of(ledger), RAMP)
        assert ledger.follow("job_1", after=None)[-1][1].current == RAMP
        assert connect(broker.url).exists(f"{keys.OUTLINE_PREFIX}job_1")
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.aof"))
    assert b"foldline:events:job_1" in written
    assert b"foldline:outline:" not in written
    assert b"foldline:followed:" not in written


def _report(ledger, claim):
    return ledger.report(claim, phase=Phase.PHASE2, progress=Progress(fraction=0.5))


def _succeed(ledger, claim):
    return ledger.succeed(claim, model_id="m1", met=True, error=0.01)


def _fail(ledger, claim):
    return ledger.fail(claim, problem=BECAUSE)


WRITES = pytest.mark.parametrize("write", [_report, _succeed, _fail])


@WRITES
def test_the_attempt_that_holds_the_job_may_write(ledger, add, write):
    add()
    assert write(ledger, claim_of(ledger))


@WRITES
def test_an_attempt_that_lost_the_job_changes_nothing(ledger, add, write):
    add()
    lost = claim_of(ledger)
    ledger.give_back(lost)
    claim_of(ledger, "two")
    before = ledger.get("job_1")
    assert not write(ledger, lost)
    assert ledger.get("job_1") == before


@WRITES
def test_a_job_that_was_not_claimed_cannot_be_written(ledger, add, write):
    before = add()
    for attempt in (0, 1):
        assert not write(ledger, Claim("job_1", attempt))
    assert ledger.get("job_1") == before


@WRITES
@pytest.mark.parametrize("finish", [_succeed, _fail])
def test_a_final_job_never_changes(ledger, add, finish, write):
    add()
    claim = claim_of(ledger)
    assert finish(ledger, claim)
    before = ledger.get("job_1")
    assert not write(ledger, claim)
    assert take(ledger, holder="two") == []
    assert ledger.get("job_1") == before


def test_a_job_that_succeeded_has_its_model(ledger, add):
    add()
    _succeed(ledger, claim_of(ledger))
    job = ledger.get("job_1")
    assert (job.status, job.model_id, job.met) == (JobStatus.SUCCEEDED, "m1", True)
    assert job.created_at <= job.started_at <= job.finished_at


def test_a_job_that_failed_has_its_reason(ledger, add):
    add()
    _fail(ledger, claim_of(ledger))
    job = ledger.get("job_1")
    assert (job.status, job.problem) == (JobStatus.FAILED, BECAUSE)
    assert job.finished_at is not None


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


def test_a_broker_that_is_away_is_unavailable(tmp_path):
    nobody = connect(f"unix://{tmp_path}/nobody.sock")
    away = RedisJobLedger(nobody, tenant="any")
    models, ended = RedisModelList(nobody, tenant="any"), RedisEndedJobs(nobody)
    for call in (
        away.ping,
        away.waiting,
        lambda: away.holds(Claim("job_1", 1)),
        lambda: away.cancel("job_1"),
        lambda: away.get("job_1"),
        lambda: away.claim(["job_1"], holder="one"),
        lambda: away.page(limit=1, cursor=None),
        lambda: models.page(limit=1, cursor=None),
        lambda: models.add("m", created_ms=1, facts=ModelFacts(met=True)),
        lambda: ended.before(1, limit=1),
        lambda: _report(away, Claim("job_1", 1)),
        lambda: _succeed(away, Claim("job_1", 1)),
        lambda: _fail(away, Claim("job_1", 1)),
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


def test_a_job_that_has_vanished_costs_the_others_nothing(ledger, add, storage_settings):
    for number in range(3):
        add(f"job_{number}")
    connect(storage_settings.redis_url).unlink(keys.job_key("job_1"))
    assert [record.id for record in ledger.page(limit=5, cursor=None)[0]] == ["job_2", "job_0"]
    assert [claim.job_id for claim in take(ledger, 3)] == ["job_0", "job_2"]
