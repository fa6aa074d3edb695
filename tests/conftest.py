"""The real broker and the real store, for every test that needs them."""

import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
import redis

from cli.broker import Broker, start_broker
from storage.keys import DEFAULT_TENANT
from storage.settings import StorageSettings, Stores, open_stores
from tests.object_store import ObjectStore
from tests.served import Served

T = TypeVar("T")

# What starts many processes, and waits for them.
LONG = ("tests/faults", "tests/worker", "tests/page", "tests/deploy", "tests/cli/test_serve.py")


class Eventually(Protocol):
    """Waits for a condition instead of sleeping."""

    def __call__(
        self, condition: Callable[[], T], *, within_s: float = 20.0, every_s: float = 0.01
    ) -> T: ...


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
    return StorageSettings(redis_url=broker.url, data_dir=tmp_path / "data")


@pytest.fixture
def stores(storage_settings: StorageSettings) -> Stores:
    """The stores on them, empty."""
    return open_stores(storage_settings).of(DEFAULT_TENANT)


@pytest.fixture
def eventually() -> Eventually:
    """``eventually(condition)`` waits until the condition holds and returns what it returned."""

    def wait(condition: Callable[[], T], *, within_s: float = 20.0, every_s: float = 0.01) -> T:
        deadline = time.monotonic() + within_s
        while not (value := condition()):
            assert time.monotonic() < deadline, f"did not happen within {within_s} s"
            time.sleep(every_s)
        return value

    return wait


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
        served.process.wait(20)
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
