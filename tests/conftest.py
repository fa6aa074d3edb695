"""The real broker and the real store, for every test that needs them."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, settings

from cli.broker import Broker, start_broker
from storage.keys import DEFAULT_TENANT
from storage.settings import StorageSettings, Stores, open_stores
from tests.object_store import ObjectStore
from tests.served import Served
from tests.waiting import HANGS_AFTER_S, patient, until

# What starts many processes, and waits for them.
LONG = ("tests/faults", "tests/worker", "tests/page", "tests/deploy", "tests/cli/test_serve.py")


# A busy machine is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One embedded broker for the whole run; ``broker.url`` is its address."""
    with start_broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def storage_settings(broker: Broker, tmp_path: Path) -> StorageSettings:
    """An empty broker and an empty data directory."""
    client = redis.Redis.from_url(broker.url)
    client.flushall()
    client.close()
    return StorageSettings(redis_url=patient(broker.url), data_dir=tmp_path / "data")


@pytest.fixture
def stores(storage_settings: StorageSettings) -> Stores:
    """The stores on them, empty."""
    found = open_stores(storage_settings, make=True).of(DEFAULT_TENANT)
    found.binding.bind()
    return found


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """``eventually(condition)`` waits until the condition holds and returns what it returned."""
    return until


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """A server that speaks S3, for the whole run."""
    with ObjectStore() as started:
        yield started


@pytest.fixture
def bucket_url(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket; the environment says where it is and who we are."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{object_store.new_bucket()}/some/prefix"


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """``serve(data_dir)`` starts everything; what is left at the end is stopped."""
    started: list[Served] = []

    def start(data_dir: Path, *options: str, **more: Any) -> Served:
        started.append(Served(data_dir, *options, **more))
        return started[-1]

    yield start
    for served in started:
        served.process.terminate()
        served.process.wait(HANGS_AFTER_S)
        served.process.stdout.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that none is left alone at the end."""

    def is_short(item: pytest.Item) -> bool:
        return not item.path.relative_to(config.rootpath).as_posix().startswith(LONG)

    items.sort(key=is_short)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a test has logged in a form that can be told to the process that collects it."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report
