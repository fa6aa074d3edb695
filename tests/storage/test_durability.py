"""A broker is asked how it is set up, and the log says what that means."""

import logging

import pytest

from cli.broker import start_broker
from storage.connection import connect
from storage.durability import Durability

LOSSES = {
    "appendonly": ("no", "jobs are lost when the broker ends"),
    "appendfsync": ("everysec", "a power failure loses the last jobs"),
    "maxmemory-policy": ("allkeys-lru", "jobs are dropped when memory runs short"),
}


@pytest.fixture
def own_broker(tmp_path):
    """A broker of this test's own, to be set up badly."""
    with start_broker(tmp_path / "own") as started, connect(started.url) as connection:
        yield connection


@pytest.fixture
def said(caplog):
    """What was logged, each with its level."""
    caplog.set_level(logging.INFO, "storage.durability")
    return lambda: [(record.levelname, record.getMessage()) for record in caplog.records]


def test_the_embedded_broker_is_durable(own_broker, said):
    assert Durability(own_broker).look() is True
    assert [level for level, _ in said()] == ["INFO"]


@pytest.mark.parametrize("names", [[name] for name in LOSSES] + [list(LOSSES)])
def test_one_warning_names_each_wrong_setting_and_its_consequence(own_broker, said, names):
    for name in names:
        own_broker.config_set(name, LOSSES[name][0])
    durability = Durability(own_broker)
    assert durability.look() is False
    assert durability.look() is False
    ((level, words),) = said()
    assert level == "WARNING"
    for name, (value, loss) in LOSSES.items():
        assert (f"{name} is '{value}'" in words) == (loss in words) == (name in names)


def test_a_broker_that_is_set_up_better_is_believed(own_broker, said):
    own_broker.config_set("appendfsync", "no")
    durability = Durability(own_broker)
    assert durability.look() is False
    own_broker.config_set("appendfsync", "always")
    assert durability.look() is True
    assert [level for level, _ in said()] == ["WARNING", "INFO"]


def test_a_broker_that_keeps_its_settings_to_itself_is_not_accused(own_broker, said):
    own_broker.acl_setuser("default", commands=["-config"])
    assert Durability(own_broker).look() is None
    ((level, words),) = said()
    assert level == "INFO"
    assert "could not be checked" in words


def test_a_broker_that_is_away_is_not_accused(own_broker, said):
    own_broker.shutdown(nosave=True)
    assert Durability(own_broker).look() is None
    assert [level for level, _ in said()] == ["INFO"]
