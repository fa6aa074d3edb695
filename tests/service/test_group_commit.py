"""Submissions that come together are written together, and each is answered for itself."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.errors import QueueFull, StoreFull, Unavailable
from service.group_commit import GroupCommit
from storage.keys import DEFAULT_TENANT
from storage.settings import open_stores
from tests.jobs import queued
from tests.waiting import HANGS_AFTER_S

MANY = 40


class Artifacts:
    """A store that counts its writes, and has room for little."""

    def __init__(self, artifacts):
        self._artifacts = artifacts
        self.groups = []
        self.error = None

    def of(self, tenant):
        return self

    def put_inputs(self, contents):
        if self.error:
            raise self.error
        if any(len(content) > 100 for content in contents.values()):
            raise StoreFull("no room")
        self.groups.append(len(contents))
        self._artifacts.put_inputs(contents)

    def delete_inputs(self, names):
        self._artifacts.delete_inputs(names)


@pytest.fixture
def artifacts(stores):
    return Artifacts(stores.artifacts)


@pytest.fixture
def keep(storage_settings, stores, artifacts):
    """``keep({id: content})`` keeps jobs at the same time; what became of each."""

    def keep_all(contents, *, max_waiting=1000):
        found = open_stores(storage_settings, make=True)
        object.__setattr__(found, "artifacts", artifacts)
        commits = GroupCommit(found, max_waiting=max_waiting)

        async def run():
            kept = [commits.keep(queued(job_id), content) for job_id, content in contents.items()]
            return await asyncio.gather(*kept, return_exceptions=True)

        return asyncio.run(run())

    return keep_all


def test_what_comes_together_is_written_in_few_groups(keep, stores, artifacts):
    contents = {f"job_{number:02}": b"%d" % number for number in range(MANY)}
    assert keep(contents) == [None] * MANY
    assert sum(artifacts.groups) == MANY
    assert len(artifacts.groups) < MANY / 4
    assert stores.ledger.waiting() == MANY
    assert {name: stores.artifacts.get_input(name) for name in contents} == contents


def test_one_that_finds_no_room_costs_the_others_nothing(keep, stores):
    first, large, last = keep({"job_1": b"1", "job_2": bytes(101), "job_3": b"3"})
    assert first is last is None
    assert isinstance(large, StoreFull)
    assert stores.ledger.waiting() == 2


def test_a_queue_that_fills_up_takes_as_many_as_fit_and_keeps_no_input_of_the_rest(
    keep, artifacts, storage_settings
):
    outcomes = keep({f"job_{number}": b"1" for number in range(6)}, max_waiting=4)
    assert outcomes[:4] == [None] * 4
    assert all(isinstance(outcome, QueueFull) for outcome in outcomes[4:])
    inputs = storage_settings.data_dir / "inputs" / DEFAULT_TENANT
    assert len(list(inputs.iterdir())) == 4
    # From then on nothing is written for those that cannot be taken.
    written = len(artifacts.groups)
    (refused,) = keep({"job_7": b"1"}, max_waiting=4)
    assert isinstance(refused, QueueFull)
    assert len(artifacts.groups) == written


def test_a_store_that_is_away_is_said_to_all_without_trying_each(keep, stores, artifacts):
    artifacts.error = Unavailable("store", "gone")
    outcomes = keep({f"job_{number}": b"1" for number in range(MANY)})
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert stores.ledger.waiting() == 0


def test_an_error_of_ours_is_everybodys_and_the_next_are_served(keep, artifacts):
    artifacts.error = ZeroDivisionError()
    outcomes = keep({"job_1": b"1", "job_2": b"2"})
    assert all(isinstance(outcome, ZeroDivisionError) for outcome in outcomes)
    artifacts.error = None
    assert keep({"job_1": b"1"}) == [None]


def test_many_clients_at_once_each_get_their_own_job(empty_service, question):
    client, stores = empty_service.client, empty_service.stores

    def ask(number):
        samples = {"x": [0, 1, 2], "y": [0, 1, number]}
        answer = client.post("/v1/jobs", json={**question, "samples": samples})
        assert answer.status_code == 202
        return answer.json()["id"], answer.json()["samples"]["y_max"]

    with ThreadPoolExecutor(16) as executor:
        made = list(executor.map(ask, range(100)))
    assert stores.ledger.waiting() == len({job_id for job_id, _ in made}) == 100
    assert [y_max for _, y_max in made] == [max(1, number) for number in range(100)]


def test_nobody_is_forgotten_while_writers_come_and_go(storage_settings):
    commits = GroupCommit(open_stores(storage_settings, make=True), max_waiting=10_000)

    async def client(name):
        for number in range(30):
            await commits.keep(queued(f"job_{name}_{number}"), b"1")

    async def run():
        await asyncio.wait_for(asyncio.gather(*map(client, range(6))), HANGS_AFTER_S)

    asyncio.run(run())
    assert open_stores(storage_settings, make=True).ledger.waiting() == 180
