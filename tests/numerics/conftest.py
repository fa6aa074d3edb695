"""Settings of the numerics' tests: one thread, as a worker has, fewer examples than elsewhere."""

import pytest
from hypothesis import settings

from worker.numerics.devices import one_thread

settings.register_profile("numerics", parent=settings.get_profile("patient"), max_examples=40)


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(autouse=True, scope="package")
def _fewer_examples():
    settings.load_profile("numerics")
    yield
    settings.load_profile("patient")
