"""Settings of the numerics' tests: one thread, as a worker has, and patience with busy machines."""

import pytest
import torch
from hypothesis import settings

settings.register_profile("numerics", deadline=None, max_examples=40)


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    torch.set_num_threads(1)


def pytest_configure():
    settings.load_profile("numerics")
