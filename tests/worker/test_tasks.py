"""One job in this process: whose word counts, and what the client is told."""

import pytest

from schemas.errors import FieldError, InvalidInput, NotFound, Unavailable
from schemas.jobs import JobStatus
from schemas.problems import ProblemType
from storage.fit_queue import MAX_ATTEMPTS
from worker import tasks
from worker.tasks import WORKPLACE, Workplace, fit_job


@pytest.fixture(autouse=True)
def workplace(stores):
    token = WORKPLACE.set(Workplace(stores=stores, stopping=lambda: False))
    yield
    WORKPLACE.reset(token)


@pytest.fixture
def engine_raises(monkeypatch):
    def set_error(error):
        def fit(*_, **__):
            raise error

        monkeypatch.setattr(tasks, "fit", fit)

    return set_error


def test_an_attempt_that_lost_its_job_leaves_no_trace(stores, record, monkeypatch):
    job_id = record()

    def fit(*_, should_stop, **__):
        stores.ledger.begin(job_id)  # another worker takes over
        assert should_stop()

    monkeypatch.setattr(tasks, "fit", fit)
    fit_job(job_id)
    job = stores.ledger.get(job_id)
    assert (job.status, job.attempts, job.model_id) == (JobStatus.RUNNING, 2, None)
    assert stores.ledger.model_page(limit=10, cursor=None) == ([], None)


def test_an_attempt_that_fails_late_does_not_fail_the_job_of_the_next(stores, record, monkeypatch):
    job_id = record()

    def fit(*_, **__):
        stores.ledger.begin(job_id)
        raise RuntimeError

    monkeypatch.setattr(tasks, "fit", fit)
    fit_job(job_id)
    assert stores.ledger.get(job_id).status is JobStatus.RUNNING


def test_a_job_that_has_ended_is_not_begun_again(stores, record, engine_raises):
    job_id = record()
    attempt = stores.ledger.begin(job_id)
    stores.ledger.succeed(job_id, attempt, model_id="m", met=True, error=0.01)
    engine_raises(AssertionError("must not be called"))
    fit_job(job_id)
    assert stores.ledger.get(job_id).status is JobStatus.SUCCEEDED


def test_an_absent_store_is_left_to_rq_until_the_last_attempt(stores, record, engine_raises):
    job_id = record()
    engine_raises(Unavailable("store", "disk full on /secret/path"))
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(Unavailable):
            fit_job(job_id)
    fit_job(job_id)
    problem = stores.ledger.get(job_id).problem
    assert problem.type is ProblemType.UNAVAILABLE
    assert "secret" not in problem.detail


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            InvalidInput(FieldError(path=("target", "tolerance"), detail="is too small")),
            ProblemType.INVALID_INPUT,
            "target.tolerance: is too small",
        ),
        (NotFound("sample set", "ab"), ProblemType.INTERNAL, "sample set of this job is gone"),
        (ZeroDivisionError("a secret"), ProblemType.INTERNAL, "worker's log"),
    ],
)
def test_the_problem_says_what_the_client_can_do(stores, record, engine_raises, error, kind, words):
    job_id = record()
    engine_raises(error)
    fit_job(job_id)
    job = stores.ledger.get(job_id)
    assert job.status is JobStatus.FAILED
    assert job.problem.type is kind
    assert words in job.problem.detail
    assert "secret" not in job.problem.model_dump_json()
