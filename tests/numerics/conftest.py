"""Settings of the numerics' tests: one thread, as a worker has, fewer examples than elsewhere."""

import pytest
import torch
from hypothesis import settings

settings.register_profile("numerics", parent=settings.get_profile("patient"), max_examples=40)


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="package")
def _fewer_examples():
    settings.load_profile("numerics")
    yield
    settings.load_profile("patient")
