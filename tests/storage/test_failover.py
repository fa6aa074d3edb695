"""A broker whose master changes: what goes on by itself, and what is told in between."""

import asyncio
import contextlib
import socket
import threading

import pytest
import redis

from cli.broker import start_broker
from schemas.errors import Unavailable
from storage.changes import Changes
from storage.connection import connect, connect_patiently, master_of
from storage.jobs import RedisJobLedger
from tests.jobs import queued, take
from tests.sentinels import Watched
from tests.waiting import HANGS_AFTER_S


@pytest.fixture
def watched(tmp_path):
    with Watched(tmp_path / "watched") as started:
        yield started


def goes_on(action):
    """What the action returns once the broker is there; nothing while it is away."""
    try:
        return action()
    except Unavailable:
        return None


def test_a_ledger_goes_on_with_the_promoted_replica(watched, eventually):
    connection = connect(watched.url)
    ledger = RedisJobLedger(connection)
    assert ledger.add([queued("job_1")]) == [True]
    assert master_of(connection) == f"mymaster at 127.0.0.1:{watched.master()}"
    watched.replicate()

    watched.kill_master()
    with pytest.raises(Unavailable):
        ledger.add([queued("job_2")])
    # Of the scripts it has none yet, and the pipeline is the first to need one.
    assert eventually(lambda: goes_on(lambda: ledger.add([queued("job_3")]))) == [True]
    assert master_of(connection) == f"mymaster at 127.0.0.1:{watched.master()}"
    assert [claim.job_id for claim in take(ledger, 3, holder="worker")] == ["job_1", "job_3"]


def test_changes_are_heard_of_the_promoted_replica(watched, eventually):
    ledger = RedisJobLedger(connect(watched.url))

    async def add_heard(changes, job):
        with changes.of(job) as changed:
            # The first word is that one listens.
            await changed.wait()
            changed.clear()
            await asyncio.to_thread(ledger.add, [queued(job)])
            await changed.wait()

    async def hear():
        changes = Changes(watched.url)
        listening = asyncio.create_task(changes.listen())
        await add_heard(changes, "job_1")
        watched.kill_master()
        await asyncio.to_thread(eventually, lambda: goes_on(ledger.waiting) is not None)
        await add_heard(changes, "job_2")
        listening.cancel()

    asyncio.run(asyncio.wait_for(hear(), HANGS_AFTER_S))


def test_a_master_that_no_sentinel_knows_is_told(watched):
    elsewhere = watched.url.replace("/mymaster/", "/another/")
    with pytest.raises(Unavailable, match="names a master 'another': one knows no master"):
        RedisJobLedger(connect(elsewhere)).ping()


def test_sentinels_that_are_away_or_refuse_are_told_without_a_password(watched):
    wrong = watched.url.replace("of%3Athe%3Fsentinels", "wr0ng")
    for url in (wrong, "redis+sentinel://:wr0ng@127.0.0.1:1,127.0.0.1:2/m?sentinel_password=wr0ng"):
        with pytest.raises(Unavailable) as caught:
            RedisJobLedger(connect(url)).ping()
        assert "127.0.0.1:2" in str(caught.value) or "password" in str(caught.value)
        assert "wr0ng" not in str(caught.value)


@pytest.fixture
def own_broker(tmp_path):
    with start_broker(tmp_path) as started:
        yield started


@pytest.mark.parametrize(
    "no_master",
    [("REPLICAOF", "127.0.0.1", "1"), ("CONFIG", "SET", "min-replicas-to-write", "1")],
    ids=["demoted", "without its replicas"],
)
def test_a_server_that_may_not_write_counts_as_away(own_broker, no_master):
    # RQ would end a worker for any other error.
    with connect_patiently(own_broker.url) as rq, connect(own_broker.url) as connection:
        ledger = RedisJobLedger(connection)
        ledger.ping()
        connection.execute_command(*no_master)
        with pytest.raises(Unavailable):
            ledger.add([queued("job_1")])
        with pytest.raises(Unavailable):
            ledger.claim(["job_1"], holder="worker")
        with pytest.raises(redis.ConnectionError):
            rq.lpush("queue", 1)


def test_whoever_waits_at_a_server_that_is_demoted_hears_that_it_is_away(own_broker, eventually):
    found = []

    def wait():
        with connect_patiently(own_broker.url) as rq, contextlib.suppress(redis.ConnectionError):
            found.append(rq.blpop("queue", 0))

    waiting = threading.Thread(target=wait)
    waiting.start()
    with connect(own_broker.url) as connection:
        eventually(lambda: connection.info("clients")["blocked_clients"] == 1)
        connection.replicaof("127.0.0.1", "1")
        # It tries again, and is refused as a writer.
        waiting.join()
    assert found == []


class Relay:
    """An address that leads to one server, and to another once it is told; a context manager."""

    def __init__(self, path):
        self.path = path
        self._ends = [socket.create_server(("127.0.0.1", 0))]
        self._threads = []
        self.url = f"redis://127.0.0.1:{self._ends[0].getsockname()[1]}/0"
        self._run(self._accept)

    def _run(self, function, *arguments):
        self._threads.append(threading.Thread(target=function, args=arguments))
        self._threads[-1].start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._ends[0].accept()
                far = socket.socket(socket.AF_UNIX)
                self._ends += (near, far)
                far.connect(self.path)
                self._run(self._pass_on, near, far)
                self._run(self._pass_on, far, near)

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65_536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()


def test_behind_one_address_the_promoted_server_is_found(own_broker, tmp_path, eventually):
    def path(broker):
        return broker.url.removeprefix("unix://").partition("?")[0]

    with start_broker(tmp_path / "another") as promoted, Relay(path(own_broker)) as relay:
        ledger = RedisJobLedger(connect(relay.url))
        assert ledger.add([queued("job_1")]) == [True]
        relay.path = path(promoted)
        connect(own_broker.url).replicaof("127.0.0.1", "1")
        # The connection is still one to the server that was demoted.
        assert eventually(lambda: goes_on(lambda: ledger.add([queued("job_2")]))) == [True]
        assert [claim.job_id for claim in take(ledger, 2, holder="worker")] == ["job_2"]
