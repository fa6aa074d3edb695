"""Settings of the numerics' tests: one thread, as a worker has, and patience with busy machines."""

import pytest
from hypothesis import settings

from worker.numerics.devices import one_thread

settings.register_profile("numerics", deadline=None, max_examples=40)


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    with one_thread():
        yield


def pytest_configure():
    settings.load_profile("numerics")
