"""What lists of jobs look through for what is wanted: in order, all of it, and so much at once."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.ids import created_at, first_id, new_id
from schemas.jobs import JobFilter, JobStatus
from storage.jobs import MOST_LOOKED_AT
from tests.jobs import queued

OLD = [f"job_{number:05d}" for number in range(2 * MOST_LOOKED_AT + 3)]


@pytest.fixture
def ledger(stores):
    return stores.ledger


def found(ledger, wanted, limit):
    """Pages, by the ids of their jobs."""
    pages, cursor = [], None
    while not pages or cursor is not None:
        records, cursor = ledger.page(limit=limit, cursor=cursor, wanted=wanted)
        pages.append([record.id for record in records])
    return pages


def test_what_is_far_behind_is_found_after_pages_that_are_empty(ledger):
    for start in range(0, len(OLD), 500):
        names = OLD[start : start + 500]
        ledger.add([queued(job, name="old" if job == OLD[0] else None) for job in names])
    assert found(ledger, JobFilter(name="old"), 5) == [[], [], [OLD[0]]]
    assert found(ledger, JobFilter(status=frozenset({JobStatus.FAILED})), 5) == [[], [], []]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_of_what_is_wanted_have_no_gaps(ledger, limit):
    ledger.add([queued(f"job_{number}", name=str(number % 2)) for number in range(7)])
    pages = found(ledger, JobFilter(name="0"), limit)
    assert [job for page in pages for job in page] == ["job_6", "job_4", "job_2", "job_0"]
    assert all(len(page) == limit for page in pages[:-1])


def test_others_jobs_are_not_looked_at(ledger, stores):
    ledger.add([queued("job_1", name="mine"), queued("job_2", name="mine", tenant="other")])
    assert found(ledger, JobFilter(name="mine"), 5) == [["job_1"]]
    assert found(stores.of("other").ledger, JobFilter(name="mine"), 5) == [["job_2"]]


def test_an_id_tells_the_moment_of_creation():
    before = datetime.now(UTC)
    job = new_id("job")
    moment = created_at(job)
    assert before <= moment <= datetime.now(UTC)
    assert first_id("job", moment) < job < first_id("job", moment + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"created_from": datetime(1, 1, 1, tzinfo=UTC)}, 1),
        ({"created_before": datetime(1, 1, 1, tzinfo=UTC)}, 0),
        ({"created_from": datetime(9999, 12, 31, tzinfo=UTC)}, 0),
        ({"created_before": datetime(9999, 12, 31, tzinfo=UTC)}, 1),
    ],
)
def test_times_before_and_after_all_ids_are_none_that_matter(ledger, wanted, count):
    ledger.add([queued(new_id("job"))])
    assert len(ledger.page(limit=5, cursor=None, wanted=JobFilter(**wanted))[0]) == count
